"""Names and addresses of models that live elsewhere, as Ollama's create keeps them."""

import pytest

from rillet.model.remote import name_there, remote_url


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("ollama.com", "https://ollama.com:443"),
        ("http://ollama.com", "https://ollama.com:443"),
        ("https://ollama.com", "https://ollama.com:11434"),
        ("h", "http://h:11434"),
        ("h:99999", "http://h:99999"),
        ("h:", "http://h:"),
        ("127.0.0.1:11434/x/", "http://127.0.0.1:11434/x"),
        ("HTTP://u:p@H/a//b/..", "http://u:p@H:11434/a"),
        ("h?x=1#f", "http://h:11434?x=1#f"),
        ("http://", "http://localhost:11434"),
        ("http://[::1]:5/", "http://[::1]:5"),
        ("::1", "http://[::1]:11434"),
        ("/../foo/", "http://localhost:11434/foo"),
        ("//", "http://localhost:11434/"),
    ],
)
def test_an_address_is_kept_in_full(given: str, kept: str) -> None:
    assert remote_url(given) == kept


@pytest.mark.parametrize("given", [" ", "http://[::1", "%zz", "h:x", "1://h"])
def test_what_is_no_address(given: str) -> None:
    with pytest.raises(ValueError, match="no "):
        remote_url(given)


@pytest.mark.parametrize(
    ("given", "there"),
    [
        ("gpt-oss:120b", "gpt-oss:120b"),
        (" X:CLOUD ", "X"),
        ("x:7b-cloud", "x:7b"),
        ("x:7b:cloud", "x:7b"),
        ("ns/x:local", "ns/x"),
        ("host:5/ns/x-cloud", "host:5/ns/x-cloud"),
    ],
)
def test_the_name_there_does_not_say_where(given: str, there: str) -> None:
    assert name_there(given) == there
