import os
from pathlib import Path

import gguf
import pytest

from rillet.engine import read_model_header
from rillet.engine.preflight import metadata_of
from rillet.engine.relaying import relay
from rillet.model.gguf.ollama_layout import is_ollama_layout, relaid
from rillet.model.gguf.ollama_projectors import PROJECTORS
from rillet.service.service import Service
from rillet.words.errors import LoadFailed, ServerError
from rillet.words.events import Event, Finish, Progress, Text
from rillet.words.models import CreateRequest
from rillet.words.requests import GenerateRequest

from .conftest import Opened
from .newer_layouts import NEWER_PAIRS
from .projector import png, put
from .two_layouts import PAIRS

ALL = {**PAIRS, **NEWER_PAIRS}


async def answered(service: Service, model: str | Path, *images: str) -> list[Event]:
    options = {"num_predict": 24, "temperature": 0, "num_ctx": 2048}
    request = GenerateRequest(
        model=str(model), prompt="w1 w2 w3", raw=True, options=options, images=images or None
    )
    generation = await service.generate(request)
    return [event async for batch in generation for event in batch]


def text(events: list[Event]) -> str:
    assert isinstance(events[-1], Finish), events
    return "".join(event.text for event in events if isinstance(event, Text))


@pytest.mark.parametrize("kind", ALL)
async def test_both_layouts_say_the_same(kind: str, opened: Opened, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.gguf", tmp_path / "theirs.gguf"
    ALL[kind].write(ours, ollama=False)
    ALL[kind].write(theirs, ollama=True)
    assert not is_ollama_layout(read_model_header(ours))
    assert is_ollama_layout(read_model_header(theirs))
    async with opened() as service:
        said = text(await answered(service, theirs))
        assert said and said == text(await answered(service, ours))


@pytest.mark.parametrize("kind", ALL)
def test_what_is_made_is_what_llama_cpp_has(kind: str, tmp_path: Path) -> None:
    ours, theirs, made = (tmp_path / f"{name}.gguf" for name in ("ours", "theirs", "made"))
    ALL[kind].write(ours, ollama=False)
    ALL[kind].write(theirs, ollama=True)
    for _ in relay(theirs, made, relaid(read_model_header(theirs), metadata_of(theirs))):
        pass
    wanted, found = gguf.GGUFReader(ours), gguf.GGUFReader(made)
    for key, field in wanted.fields.items():
        if not key.startswith("GGUF."):  # how many there are
            other = found.get_field(key)
            assert other and other.contents() == field.contents(), key
    weights = [{each.name: each.data.tolist() for each in of.tensors} for of in (wanted, found)]
    assert weights[0] == weights[1]


async def create(service: Service, name: str, *paths: Path) -> None:
    files = {f"{number}.gguf": put(service, path) for number, path in enumerate(paths)}
    async for _ in service.create(CreateRequest(model=name, files=files)):
        pass


async def test_one_that_sees_no_more_says_so(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(PROJECTORS, "mistral3")  # as one of a family that we do not know yet
    path = tmp_path / "model.gguf"
    PAIRS["mistral3"].write(path, ollama=True)
    async with opened() as service:
        with pytest.raises(ServerError, match="image") as caught:
            text(await answered(service, str(path), png()))
        assert caught.value.status == 400


async def test_eyes_that_the_engine_does_not_take_leave_the_words(
    opened: Opened, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ours, theirs = tmp_path / "ours.gguf", tmp_path / "theirs.gguf"
    PAIRS["gemma3"].write(ours, ollama=False)
    PAIRS["gemma3"].write(theirs, ollama=True)
    data = theirs.read_bytes()
    assert data.count(b"mm.mm_input_projection.weight") == 1
    theirs.write_bytes(
        data.replace(b"mm.mm_input_projection.weight", b"mm.mm_input_projection.wrong!")
    )
    async with opened() as service:
        assert text(await answered(service, theirs)) == text(await answered(service, ours))
    assert ".mmproj" in caplog.text


async def test_it_is_made_once(opened: Opened, tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "model.gguf"
    PAIRS["gemma3"].write(path, ollama=True)
    async with opened() as service:
        await answered(service, path)
        made = files(cache)
        old, killed = cache / "old.gguf", cache / "tmpkilled"
        old.touch()
        killed.mkdir()
        (killed / "half.gguf").touch()  # of a process that was killed while it wrote
        for path_left in (old, killed):
            os.utime(path_left, (0, 0))
    async with opened() as service:
        await answered(service, path)
        left = {path: path.stat().st_ino for path in (old, killed)}
        assert files(cache) == {**made, **left}
    PAIRS["mistral3"].write(path, ollama=True)  # another model in its place
    async with opened() as service:
        await answered(service, path)
    assert made.items() < files(cache).items() and not files(cache).keys() & left.keys()


def files(cache: Path) -> dict[Path, int]:
    return {path: path.stat().st_ino for path in cache.iterdir()}


async def test_who_waits_is_told(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    PAIRS["gemma3"].write(path, ollama=True)
    async with opened(patience=0.0) as service:
        events = await answered(service, path)
        assert any(isinstance(event, Progress) and event.status == "loading" for event in events)


async def test_no_place_for_it_is_a_clear_error(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))  # no folder can be made in it
    path = tmp_path / "model.gguf"
    PAIRS["gemma3"].write(path, ollama=True)
    async with opened() as service:
        with pytest.raises(LoadFailed, match="Ollama's own layout"):
            text(await answered(service, path))
