"""Models made, copied and deleted: in the store, from another folder, from the built-in one."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import gguf
import numpy
import pytest
from msgspec.structs import replace

from rillet import builtin
from rillet.model.manifest import (
    MODEL,
    PARAMS,
    PROMPT,
    SYSTEM,
    TEMPLATE,
    Layer,
    config_of,
    encode,
    make_manifest,
)
from rillet.model.names import Digest, ModelName
from rillet.service import changes
from rillet.service.cards import card, entry
from rillet.service.creation import create
from rillet.service.library import BUILT_IN, Library
from rillet.store import ModelStore, import_gguf
from rillet.store.importing import read_gguf
from rillet.words.errors import ModelNotFound, RilletError, ServerError
from rillet.words.models import CreateRequest
from rillet.words.requests import Message
from tests.model.gguf_bytes import U32, changed
from tests.model.gguf_bytes import gguf as gguf_bytes

from .asking import HELLO, TINY, say
from .conftest import Opened


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A store of ours, and one behind it that somebody else fills."""
    other = ModelStore(tmp_path / "other")
    import_gguf(other, Path(HELLO), ModelName.parse("theirs"))
    return Library([ModelStore(tmp_path / "ours"), other], built_in=builtin.model_path())


def split_gguf(part: int, parts: int) -> bytes:
    return gguf_bytes(changed(split__no=(U32, part), split__count=(U32, parts)))


async def made(library: Library, model: str, **fields: Any) -> list[str]:
    """The steps of a create."""
    steps = create(library, CreateRequest(model=model, **fields), pull=no_pull)
    return [step.status async for step in steps]


def kept(library: Library, path: Path) -> Digest:
    return library.store.put_blob((path.read_bytes(),))


def no_pull(request: object) -> Any:
    raise AssertionError("nothing is to be pulled")


async def test_a_model_of_another_folder_is_taken_with_all_it_has(library: Library) -> None:
    ours, theirs = library.stores
    stored = theirs.find(ModelName.parse("theirs"))
    assert stored is not None
    layers = [*stored.manifest.layers, theirs.add_layer(TEMPLATE, b"{{ .Prompt }}!")]
    theirs.write_manifest(
        ModelName.parse("rich"), encode(make_manifest(stored.manifest.config, layers))
    )
    assert (await made(library, "mine", from_="rich", system="S"))[-1] == "success"
    changes.copy(library, "rich", "copied")
    for name, system in (("mine", "S"), ("copied", "")):
        assert ours.find(ModelName.parse(name)) is not None
        model = library.find(name)
        assert (model.template_text, model.system) == ("{{ .Prompt }}!", system)
        assert Path(model.path).is_relative_to(ours.root)
    assert ours.find(ModelName.parse("rich")) is None


async def test_the_built_in_model_gives_its_weights_not_its_name(library: Library) -> None:
    await made(library, "mine", from_=BUILT_IN, parameters={"stop": "END"})
    model = library.find("mine")
    assert model.params == {"stop": ["END"]} and "# rillet-tiny" in model.licenses[-1]
    assert library.stored(ModelName.parse(BUILT_IN)) is None
    with pytest.raises(ServerError, match="built in") as raised:
        changes.delete(library, BUILT_IN)
    assert raised.value.status == 400
    changes.delete(library, "mine")
    with pytest.raises(ModelNotFound):
        changes.delete(library, "mine")


def test_the_built_in_model_tells_its_licence_and_what_it_is_for(library: Library) -> None:
    model = library.find(BUILT_IN)
    assert model.licenses[0] == "Apache-2.0" and "What it is not" in model.licenses[1]


def adapter(path: Path) -> Path:
    """A LoRA of the model `tiny`, as small as can be."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 1.0)
    for side, shape in (("a", (1, 64)), ("b", (64, 1))):
        weights = numpy.zeros(shape, dtype=numpy.float32)
        writer.add_tensor(f"blk.0.attn_q.weight.lora_{side}", weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


async def test_a_base_gives_what_its_files_cannot_tell(library: Library) -> None:
    info = {"parameter_size": "7B", "model_family": "f", "context_length": 77, "base_name": "b"}
    given: dict[str, Any] = {"renderer": "r", "requires": "1", "parameters": {"seed": 1}}
    await made(library, "base", from_="theirs", info={**info, "capabilities": ["tools"]}, **given)
    await made(library, "mine", from_="base", system="S")
    base, mine = library.find("base"), library.find("mine")
    assert card(mine, verbose=False).template == "{{ .Prompt }}"  # for the renderer is not it
    assert entry(base).details.context_length == 77
    assert entry(mine).details.context_length == mine.header.context_length
    own = config_of(mine.header)
    assert mine.config == replace(own, renderer="r", requires="1", capabilities=("tools",))
    stored = library.stored(mine.name)
    assert stored is not None  # Ollama writes the parameters anew each time, behind what is new
    assert [layer.media_type for layer in stored[1].manifest.layers][-2:] == [SYSTEM, PARAMS]


@pytest.mark.parametrize("digest", ["sha256:" + "0" * 64, "sha256:"])
async def test_an_adapter_that_is_not_there_is_the_askers_fault(
    library: Library, digest: str
) -> None:
    with pytest.raises(ServerError) as raised:
        await made(library, "mine", from_="theirs", adapters={"a.gguf": digest})
    assert raised.value.status == 400


async def test_a_digest_in_capitals_is_no_blobs(library: Library) -> None:
    digest = "sha256:" + kept(library, Path(HELLO)).hex.upper()
    with pytest.raises(ServerError, match=f"open sha256-{digest[7:]}: no such file") as raised:
        await made(library, "mine", files={"a.gguf": digest})
    assert raised.value.status == 500


async def test_an_adapter_is_a_layer(library: Library, tmp_path: Path) -> None:
    digest = kept(library, adapter(tmp_path / "lora.gguf"))
    steps = await made(library, "mine", from_="theirs", adapters={"lora.gguf": str(digest)})
    assert f"using existing layer {digest}" in steps
    model = library.find("mine")
    assert model.adapters == (str(library.store.blob_path(digest)),)
    assert "ADAPTER " in card(model, verbose=False).modelfile
    await made(library, "again", from_="mine")
    assert library.find("again").adapters == model.adapters


async def test_an_adapter_is_loaded(library: Library, opened: Opened, tmp_path: Path) -> None:
    import_gguf(library.store, Path(TINY), ModelName.parse("tiny"))
    digest = kept(library, adapter(tmp_path / "lora.gguf"))
    await made(library, "mine", from_="tiny", adapters={"lora.gguf": str(digest)})
    async with opened() as service:
        service.library = library
        assert await say(service, "mine", options={"num_predict": 2})


async def test_a_file_that_is_no_adapter_is_none(library: Library) -> None:
    digest = str(kept(library, Path(TINY)))
    with pytest.raises(ServerError, match="not an adapter") as raised:
        await made(library, "mine", from_="theirs", adapters={"a.gguf": digest})
    assert raised.value.status == 400
    assert library.store.list() == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "neither"),
        ({"from_": "theirs", "messages": [Message("robot", "x")]}, "role of a message"),
        ({"from_": "theirs", "parameters": {"temperature": "hot"}}, "must be of type float32"),
        ({"from_": "theirs", "template": "{{ if }}"}, "template error"),
        ({"files": {"../a": "sha256:" + "a" * 64}}, "must be relative"),
        ({"files": {"a//b": "sha256:" + "a" * 64}}, "must be relative"),
        ({"files": {"a": "sha256:"}}, "unknown type"),
        ({"files": {}}, "unknown type"),
        ({"from_": "theirs", "adapters": {"a": ""}}, "invalid digest"),
    ],
)
async def test_what_is_refused_before_anything_is_touched(
    library: Library, fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(ServerError, match=says) as raised:
        await made(library, "mine", **fields)
    assert raised.value.status == 400 and not library.store.root.exists()


async def test_weights_that_are_as_wanted_need_no_quantization(library: Library) -> None:
    steps = await made(library, "mine", from_="theirs", quantize="f32")
    assert steps[-1] == "success" and "verifying conversion" not in steps


async def test_weights_are_quantized(library: Library) -> None:
    steps = await made(library, "mine", from_="theirs", quantize="q4_K_M", system="S")
    assert steps[0] == "verifying conversion" and steps[1].startswith("creating new layer sha256:")
    model = library.find("mine")
    assert model.config.file_type == model.header.file_type == "Q4_K_M"
    assert model.system == "S" and model.size < library.find("theirs").size / 2
    steps = await made(library, "again", from_="theirs", quantize="Q4_K")
    assert steps[1] == f"using existing layer {Digest.parse(Path(model.path).name)}"
    with pytest.raises(ServerError, match="only supported for F16, BF16 and F32") as raised:
        await made(library, "third", from_="mine", quantize="F16")
    assert raised.value.status == 500 and library.stored(ModelName.parse("third")) is None


async def test_a_quantized_model_answers(library: Library, opened: Opened) -> None:
    await made(library, "mine", from_="theirs", quantize="q8_0")
    async with opened() as service:
        service.library = library
        assert await say(service, "mine") == "Hello world!"


@pytest.mark.parametrize("kind", ["Q9", "q5_k_m", " "])
async def test_an_unknown_quantization(library: Library, kind: str) -> None:
    with pytest.raises(ServerError, match=f"unsupported quantization type {kind.upper()} - "):
        await made(library, "mine", from_="theirs", quantize=kind)
    assert library.store.list() == []


def split(source: str, folder: Path) -> list[Path]:
    """The model in files of five tensors each."""
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(folder / "m.gguf", "llama", split_max_tensors=5)
    for field in reader.fields.values():
        if not field.name.startswith(("GGUF.", "general.architecture")):
            kind = field.types[0]
            sub = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), kind, sub)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return sorted(folder.glob("m-*.gguf"))


async def test_the_parts_of_a_model_are_joined(
    library: Library, opened: Opened, tmp_path: Path
) -> None:
    parts = split(HELLO, tmp_path)
    assert len(parts) > 1
    files = {part.name: str(kept(library, part)) for part in reversed(parts)}
    steps = await made(library, "mine", files=files)
    assert steps[: len(parts) + 1] == ["parsing GGUF"] * len(parts) + ["verifying conversion"]
    model, before = library.find("mine"), read_gguf(Path(HELLO))
    assert model.header.parts == 1
    assert {(t.name, t.type, t.shape) for t in model.header.tensors} == {
        (t.name, t.type, t.shape) for t in before.tensors
    }
    async with opened() as service:
        service.library = library
        assert await say(service, "mine") == "Hello world!"


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["m-00001-of-00002.gguf"], 'split GGUF "m-00001-of-00002.gguf" has 1 shards, expected 2'),
        (["m.gguf"], 'split GGUF "m.gguf" must use llama.cpp split filename pattern'),
        (["m-00001-of-00003.gguf"], "filename count 3 does not match metadata count 2"),
        (["m-00002-of-00002.gguf"], "filename index 1 does not match metadata index 0"),
        (["a/m-00001-of-00002.gguf", "b/m-00001-of-00002.gguf"], "has duplicate shard index 0"),
    ],
)
async def test_parts_that_do_not_make_a_model(
    library: Library, tmp_path: Path, names: list[str], says: str
) -> None:
    part = tmp_path / "part.gguf"
    part.write_bytes(split_gguf(part=0, parts=2))
    with pytest.raises(ServerError) as raised:
        await made(library, "mine", files=dict.fromkeys(names, str(kept(library, part))))
    assert raised.value.status == 500 and says in raised.value.message
    assert library.store.list() == []


async def test_a_missing_blob_does_not_tell_our_folders(library: Library) -> None:
    with pytest.raises(ServerError, match="open sha256-aaaa") as raised:
        await made(library, "mine", files={"a.gguf": "sha256:" + "a" * 64})
    assert str(library.store.root) not in raised.value.message


@pytest.mark.parametrize(("kind", "data"), [("params", b"[1]"), ("messages", b'[{"role":5}]')])
def test_a_layer_of_the_wrong_form_is_a_clear_error(
    library: Library, kind: str, data: bytes
) -> None:
    store = library.store
    stored = import_gguf(store, Path(HELLO), ModelName.parse("odd"))
    layers = [
        *stored.manifest.layers,
        store.add_layer(f"application/vnd.ollama.image.{kind}", data),
    ]
    store.write_manifest(stored.name, encode(make_manifest(stored.manifest.config, layers)))
    with pytest.raises(RilletError, match="layer of the model cannot be read"):
        library.find("odd")
    assert "odd" not in [model.name.model for model in library.all()]


def test_a_model_whose_weights_are_gone_says_what_to_do(library: Library) -> None:
    store = library.store
    stored = import_gguf(store, Path(HELLO), ModelName.parse("torn"))
    store.blob_path(stored.manifest.layers[0].address).unlink()
    with pytest.raises(ServerError, match="'torn:latest' is not whole: sha256-") as raised:
        library.find("torn")
    assert "rillet pull torn" in raised.value.hint
    assert str(store.root) not in str(raised.value)


def test_a_template_that_we_cannot_read_gives_way_to_the_files_own(library: Library) -> None:
    store = library.store
    for name, file in (("hello", HELLO), ("tiny", TINY)):
        header = read_gguf(Path(file))
        weights = store.put_blob((Path(file).read_bytes(),))
        layer = Layer(media_type=MODEL, digest=str(weights), size=Path(file).stat().st_size)
        config = store.add_layer("application/x", encode(config_of(header)))
        layers = [layer, store.add_layer(TEMPLATE, b"{{ nonsense }}")]
        store.write_manifest(ModelName.parse(name), encode(make_manifest(config, layers)))
    assert library.find("hello").template is None
    with pytest.raises(ServerError, match="template of tiny:latest cannot be used"):
        library.find("tiny")


def test_a_template_of_long_ago_is_used(library: Library) -> None:
    store = library.store
    weights = store.put_blob((Path(TINY).read_bytes(),))
    layer = Layer(media_type=MODEL, digest=str(weights), size=Path(TINY).stat().st_size)
    layers = [layer, store.add_layer(PROMPT, b"Q: {{ .Prompt }}")]
    config = store.add_layer("application/x", encode(config_of(read_gguf(Path(TINY)))))
    store.write_manifest(ModelName.parse("old"), encode(make_manifest(config, layers)))
    assert library.find("old").template_text == "Q: {{ .Prompt }}"


def test_what_nobody_names_goes_when_its_hour_is_over(library: Library) -> None:
    old, new = (library.store.put_blob((data,)) for data in (b"old", b"new"))
    past = time.time() - 4000
    os.utime(library.store.blob_path(old), (past, past))
    library.tidy()
    assert not library.store.has_blob(old) and library.store.has_blob(new)
    assert library.stores[1].has_blob(Digest.of(Path(HELLO).read_bytes()))


def test_a_folder_that_cannot_be_tidied_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".rillet-lock").mkdir()
    Library([ModelStore(tmp_path)], built_in=None).tidy()


def test_an_upload_that_is_there_begins_its_grace_anew(library: Library) -> None:
    digest = library.store.put_blob((b"old",))
    path = library.store.blob_path(digest)
    os.utime(path, (1, 1))

    async def nothing() -> Any:
        raise AssertionError("nothing of it is read")
        yield b""

    assert asyncio.run(changes.put_blob(library, str(digest), nothing())) is False
    assert path.stat().st_mtime > 1


async def test_plain_chatml_is_recognized_as_ollama_does(library: Library) -> None:
    digest = kept(library, Path(HELLO))
    steps = await made(library, "m", files={"m.gguf": str(digest)})
    assert "using autodetected template chatml" in steps
    model = library.find("m")
    shown = card(model, verbose=False)
    assert shown.template.endswith("<|im_start|>assistant\n") and "{{ .Role }}" in shown.template
    assert model.params == {"stop": ["<|im_start|>", "<|im_end|>"]}
    assert model.template is None  # the one in the file says the same, and is used
    await made(library, "n", from_="m", parameters={"seed": 1}, template="{{ .Prompt }}")
    derived = library.find("n")
    assert derived.params == {"seed": 1, **model.params}
    assert card(derived, verbose=False).template == "{{ .Prompt }}"


async def test_a_draft_is_kept_and_shown(library: Library) -> None:
    digest = kept(library, Path(HELLO))
    steps = await made(library, "m", from_="theirs", draft_files={"d.gguf": str(digest)})
    assert steps[0] == "parsing GGUF"
    path = library.store.blob_path(digest)
    assert f"\nDRAFT {path}\n" in card(library.find("m"), verbose=False).modelfile
    for files, says in (({}, "unknown type"), ({"d.gguf": str(Digest.of(b""))}, "no such file")):
        with pytest.raises(ServerError, match=says):
            await made(library, "n", from_="theirs", draft_files=files)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (1, "number into Go value of type []string"),
        (["a", 1], "number into Go value of type string"),
    ],
)
async def test_a_license_is_looked_at_when_it_is_written(
    library: Library, given: Any, says: str
) -> None:
    with pytest.raises(ServerError) as caught:
        await made(library, "m", from_="theirs", license=given)
    assert (caught.value.status, str(caught.value)) == (500, f"json: cannot unmarshal {says}")
    with pytest.raises(ModelNotFound):
        library.find("m")
