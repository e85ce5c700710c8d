"""Model names and digests: what Ollama accepts, and nothing that could leave a folder."""

import string
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.model.names import ConflictingSource, Digest, InvalidDigest, ModelName
from rillet.words.errors import InvalidName

HEX = "4e8b1c627efb" + "0" * 52


@pytest.mark.parametrize(
    ("text", "display", "full"),
    [
        ("tiny", "tiny:latest", "registry.ollama.ai/library/tiny:latest"),
        ("  tiny ", "tiny:latest", "registry.ollama.ai/library/tiny:latest"),
        ("library/tiny", "tiny:latest", "registry.ollama.ai/library/tiny:latest"),
        ("registry.ollama.ai/library/tiny:7b", "tiny:7b", "registry.ollama.ai/library/tiny:7b"),
        ("Some/Tiny2:V1", "Some/Tiny2:V1", "registry.ollama.ai/Some/Tiny2:V1"),
        ("no.pe:1.5b-q4_K_M", "no.pe:1.5b-q4_K_M", "registry.ollama.ai/library/no.pe:1.5b-q4_K_M"),
        ("localhost:5000/x/m", "localhost:5000/x/m:latest", "localhost:5000/x/m:latest"),
        ("hf.co/org/Repo-1.2B:Q4_K_M", "hf.co/org/Repo-1.2B:Q4_K_M", "hf.co/org/Repo-1.2B:Q4_K_M"),
        ("http://h/n/m:t", "h/n/m:t", "h/n/m:t"),
        ("h/library/m", "h/library/m:latest", "h/library/m:latest"),
        ("_m", "_m:latest", "registry.ollama.ai/library/_m:latest"),
        ("a" * 80, "a" * 80 + ":latest", f"registry.ollama.ai/library/{'a' * 80}:latest"),
    ],
)
def test_a_name_is_completed_and_shortened(text: str, display: str, full: str) -> None:
    name = ModelName.parse(text)
    assert name.display() == str(name) == display
    assert name.full() == full


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "bad name", "-tiny", ".tiny", "tiny:", ":7b", "a/b/c/d", "tiny/", "/tiny",
        "../tiny", "..", "a/../b", "tiny:..", "tiny:a/b", "/etc/passwd", "a.b/nope", "a:b:c",
        "tiny@sha256:" + "0" * 64, "a" * 81, "m:" + "t" * 81, "n" * 81 + "/m", "h" * 351 + "/n/m",
        "tïny", "a\\b", "a\0b", "a\nb", "ftp://h/n/m", "://m", "http://x/y", "a" * 5000,
        "n:1/m", "c:\\m",
    ],
)  # fmt: skip
def test_what_is_not_a_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        ModelName.parse(text)


def test_the_longest_host_is_accepted() -> None:
    assert ModelName.parse("h" * 350 + "/n/m").host == "h" * 350


def test_case_does_not_matter_for_lookup_only() -> None:
    upper, lower = ModelName.parse("TINY:V1"), ModelName.parse("tiny:v1")
    assert upper.key() == lower.key()
    assert upper != lower
    assert upper.display() == "TINY:V1"


@pytest.mark.parametrize(
    ("text", "display", "cloud", "local"),
    [
        ("x:cloud", "x:cloud", True, False),
        ("x:7b:cloud", "x:7b-cloud", True, False),
        ("x:120b-cloud", "x:120b-cloud", True, False),
        ("x:local", "x:latest", False, True),
        ("x:7b:local", "x:7b", False, True),
        ("x:cloudy", "x:cloudy", False, False),
    ],
)
def test_source_suffixes(text: str, display: str, cloud: bool, local: bool) -> None:
    name = ModelName.parse(text)
    assert (name.display(), name.is_cloud, name.force_local) == (display, cloud, local)


@pytest.mark.parametrize("text", ["x:cloud:local", "x:local:cloud"])
def test_both_sources_at_once_have_their_own_words(text: str) -> None:
    with pytest.raises(ConflictingSource) as caught:
        ModelName.parse(text)
    assert caught.value.message == f'use either :local or :cloud, not both: "{text}"'


def test_parts_from_a_folder_are_checked_too() -> None:
    assert ModelName.from_path_parts("h", "n", "m", "t").full() == "h/n/m:t"
    with pytest.raises(InvalidName):
        ModelName.from_path_parts("h", "n", "..", "t")


@given(st.text(max_size=60) | st.text(alphabet="ab./:-_\\~$ ", max_size=30))
def test_no_text_makes_a_path_that_leaves_its_folder(text: str) -> None:
    try:
        name = ModelName.parse(text)
    except InvalidName:
        return
    parts = name.path_parts()
    path = PurePosixPath("manifests", *parts)
    assert path.parts == ("manifests", *parts)
    assert not {"", ".", ".."} & set(parts)
    assert not any(set(part) & set("/\\\0") for part in parts)


_word = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=20)
_dotted = st.builds(lambda a, b: a + b, _word, st.text(string.ascii_lowercase + ".-_", max_size=9))


@given(st.builds(ModelName, model=_dotted, tag=_word, namespace=_word, host=_dotted))
def test_every_name_survives_its_own_spelling(name: ModelName) -> None:
    # Only the words that choose a source are read apart.
    if name.tag not in ("local", "cloud"):
        assert ModelName.parse(name.full()) == name
        assert ModelName.parse(name.display()).key() == name.key()
    assert ModelName.from_path_parts(*name.path_parts()) == name


@pytest.mark.parametrize("mark", [":", "-"])
def test_digest_spellings(mark: str) -> None:
    digest = Digest.parse(f"sha256{mark}{HEX.upper()}")
    assert str(digest) == f"sha256:{HEX}"
    assert digest.blob_name == f"sha256-{HEX}"
    assert digest.short == "4e8b1c627efb"


@pytest.mark.parametrize(
    "text",
    ["", "sha256:", "sha256:12", HEX, f"sha1:{HEX}", f"sha256:{HEX}0", f"sha256/{HEX}",
     f"sha256:{HEX}\n", f"sha256:../{HEX[3:]}", f"SHA256:{HEX}"],
)  # fmt: skip
def test_what_is_not_a_digest_is_refused(text: str) -> None:
    with pytest.raises(InvalidDigest, match="invalid digest format"):
        Digest.parse(text)


def test_digest_of_bytes() -> None:
    assert Digest.of(b"").short == "e3b0c44298fc"
