"""How the models of another server are called here."""

import pytest

from rillet.service.upstream_names import Names, shown


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("gpu/tiny", "tiny"),
        ("gpu/tiny:latest", "tiny:latest"),
        ("gpu/TINY", "TINY"),
        ("GPU/library/tiny", "library/tiny"),
        ("gpu/registry.ollama.ai/library/tiny:latest", "registry.ollama.ai/library/tiny:latest"),
        ("gpu/big:7b", "big:7b"),
        ("gpu/big", None),
        ("tiny", None),
        ("gpu/", None),
    ],
)
def test_a_server_that_reads_every_spelling_gets_the_one_that_was_used(
    asked: str, sent: str | None
) -> None:
    assert Names("gpu/", ["tiny:latest", "big:7b"], spelled=True).there(asked) == sent


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("Org/Model", "Org/Model"),
        ("org/model", "org/model"),
        ("org/MODEL:latest", "Org/Model"),
        ("m:awq", "m:awq"),
        ("tiny-q4.gguf", "/models/dir/tiny-q4.gguf"),
        ("/models/dir/tiny-q4.gguf", "/models/dir/tiny-q4.gguf"),
        ("llama-v3", "accounts/fireworks/models/llama-v3"),
        ("other", None),
    ],
)
def test_a_server_that_knows_one_name_gets_that(asked: str, sent: str | None) -> None:
    theirs = ["Org/Model", "org/model", "m:awq", "/models/dir/tiny-q4.gguf"]
    assert Names("", [*theirs, "accounts/fireworks/models/llama-v3"]).there(asked) == sent


@pytest.mark.parametrize(
    ("name", "here"),
    [
        ("C:\\models\\tiny-q4.gguf", "tiny-q4.gguf"),
        ("a/b/c/d", "d"),
        ("org/m", "org/m"),
        ("my model@2", "my-model-2"),
        ("", ""),
    ],
)
def test_what_is_no_name_here_gets_one(name: str, here: str) -> None:
    assert shown("x/", name) == here
