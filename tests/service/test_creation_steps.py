"""The lines of a create and where it breaks off: facts recorded from Ollama 0.33."""

from pathlib import Path
from typing import Any

import pytest

from rillet.model.names import ModelName
from rillet.service.cards import card
from rillet.service.creation import create
from rillet.service.library import Library
from rillet.store import ModelStore, import_gguf
from rillet.words.errors import ServerError
from rillet.words.models import CreateRequest
from rillet.words.requests import Message

from .asking import TINY

TEXT = b"not a model"
WEIGHTS = Path(TINY).read_bytes()
ABSENT = "sha256:" + "0" * 64


@pytest.fixture
def library(tmp_path: Path) -> Library:
    store = ModelStore(tmp_path)
    import_gguf(store, Path(TINY), ModelName.parse("base"))
    return Library([store], built_in=None)


async def told(library: Library, **fields: Any) -> list[str]:
    """The lines, digests left out; a failure as its status and text."""
    lines = []
    try:
        async for step in create(library, CreateRequest(model="new", **fields), pull=no_pull):
            lines.append(step.status.partition(" sha256:")[0])
    except ServerError as error:
        lines.append(f"{error.status} {error.message}")
    return lines


def no_pull(request: object) -> Any:
    raise AssertionError("nothing is to be pulled")


def kept(library: Library, data: bytes) -> str:
    return str(library.store.put_blob((data,)))


PARSED, USED = "parsing GGUF", "using existing layer"
DONE = ["writing manifest", "success"]
NOT_GGUF = "400 supplied file was not in GGUF format"


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        ({"x.gguf": "tiny"}, [PARSED, "verifying conversion", USED, *DONE]),
        ({"x": "tiny"}, [PARSED, "verifying conversion", USED, *DONE]),
        ({"x.gguf": "text"}, [PARSED, NOT_GGUF]),
        ({"x": "text"}, ["400 unknown type"]),
        ({"x": ABSENT}, ["400 unknown type"]),
        ({"x": "sha256:12"}, ["400 unknown type"]),
        ({"x.gguf": "sha256:12"}, [PARSED, "500 invalid digest format"]),
        ({"x.gguf": ""}, ["400 invalid digest format"]),
        ({"b.gguf": "tiny", "a.gguf": "text"}, [PARSED, NOT_GGUF]),
        ({"./x.gguf": "tiny"}, ["400 file path must be relative"]),
        ({"": "tiny"}, ["400 file path must be relative"]),
        ({"C:\\x.gguf": "tiny"}, [PARSED, "verifying conversion", USED, *DONE]),
        ({}, ["400 unknown type"]),
    ],
)
async def test_files(library: Library, files: dict[str, str], lines: list[str]) -> None:
    known = {"tiny": kept(library, WEIGHTS), "text": kept(library, TEXT)}
    files = {path: known.get(digest, digest) for path, digest in files.items()}
    assert await told(library, files=files) == lines


@pytest.mark.parametrize(
    ("adapters", "lines"),
    [
        ({}, ["400 unknown type"]),
        ({"x": "text"}, ["400 unknown type"]),
        ({"../x.gguf": "text"}, [PARSED, NOT_GGUF]),
        ({"a.gguf": "text", "b.gguf": "text"}, ["400 only one adapter is currently supported"]),
    ],
)
async def test_adapters(library: Library, adapters: dict[str, str], lines: list[str]) -> None:
    text = kept(library, TEXT)
    assert await told(library, from_="base", adapters=dict.fromkeys(adapters, text)) == lines


async def test_files_in_safetensors_are_told_to_be_converted(library: Library) -> None:
    (line,) = await told(library, files={"model.safetensors": ABSENT})
    assert line.startswith("500 ") and "convert_hf_to_gguf" in line


async def test_a_template_is_looked_at_after_the_files(library: Library) -> None:
    digest = kept(library, WEIGHTS)
    wrong = "400 template error: template: :1: unexpected {{end}}"
    lines = await told(library, files={"x.gguf": digest}, template="{{ end }}")
    assert lines == [PARSED, "verifying conversion", wrong]
    assert await told(library, from_="base", template="{{ end }}") == [wrong]


async def test_a_replaced_layer_has_no_line(library: Library) -> None:
    await told(library, from_="base", system="one")
    lines = await told(library, from_="new", system="two")
    assert lines == [USED, "creating new layer", *DONE]


async def test_what_only_the_replaced_model_needed_goes(library: Library) -> None:
    await told(library, from_="base", system="once")
    blob = library.store.blob_path(parse(library))
    await told(library, from_="base")
    assert not blob.exists()


def parse(library: Library) -> Any:
    stored = library.store.find(ModelName.parse("new"))
    assert stored is not None
    return stored.manifest.layers[-1].address


@pytest.mark.parametrize(
    ("info", "says"),
    [
        ({"model_family": 1}, 'info field "model_family" must be a string'),
        ({"context_length": "1"}, 'info field "context_length" must be a number'),
        ({"context_length": -1}, 'info field "context_length" must be a non-negative integer'),
        ({"embedding_length": 1.5}, 'info field "embedding_length" must be a non-negative integer'),
    ],
)
async def test_info_of_a_wrong_type(library: Library, info: dict[str, Any], says: str) -> None:
    assert await told(library, from_="base", info=info) == [f"400 {says}"]


async def test_info_goes_before_what_the_file_says(library: Library) -> None:
    info = {"model_family": "x", "parameter_size": "7B", "capabilities": ["vision", "completion"]}
    await told(library, from_="base", info=info)
    shown = card(library.find("new"), verbose=False)
    assert (shown.details.family, shown.details.families) == ("x", ["x", "llama"])
    assert shown.details.parameter_size == "7B"
    assert shown.capabilities == ["vision", "completion"]


async def test_an_empty_license_is_one(library: Library) -> None:
    await told(library, from_="base", license=["", "x"])
    assert card(library.find("new"), verbose=False).license == "\nx"


async def test_messages_are_kept_whole(library: Library) -> None:
    said = [Message("tool", "22", tool_name="f"), Message("assistant", "x", thinking="y")]
    await told(library, from_="base", messages=said)
    assert library.find("new").messages == tuple(said)


async def test_options_of_a_question_stand_in_the_modelfile_alone(library: Library) -> None:
    await told(library, from_="base", parameters={"top_k": 3})
    shown = card(library.find("new"), verbose=False, options={"seed": 1})
    assert shown.parameters == f"{'top_k':<30} 3"
    assert "PARAMETER seed 1\n" in shown.modelfile
