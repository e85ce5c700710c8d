"""What sees and hears in models of Ollama's own layout."""

from pathlib import Path

import gguf
import numpy
import pytest

from rillet.engine import read_model_header
from rillet.engine.preflight import metadata_of
from rillet.engine.relaying import relay
from rillet.model.gguf.ollama_layout import projector
from rillet.service.service import Service
from rillet.words.events import Finish, Text
from rillet.words.requests import GenerateRequest

from .conftest import Opened
from .projector import wav
from .test_relaid import ALL, answered, create, text
from .two_eyes import EYES, WIDTH, close, picture, write_keys
from .two_layouts import PAIRS, write_eyes

_KINDS = [kind for kind, pair in ALL.items() if pair.senses and pair.theirs in EYES]
_SLOW = ("deepseek-ocr", "qwen3.5moe")  # whose images are always large; that sees like another


@pytest.fixture
def small_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """As large as they are: enlarged ones take seconds."""
    monkeypatch.setattr("rillet.service.loading.least_image_tokens", lambda header: 0)


async def same(service: Service, models: tuple[str, str], *media: str) -> bool:
    """Whether both say the same of each, and something else than of others or of nothing."""
    said: set[str] = {text(await answered(service, models[1]))}
    for each in media:
        first, second = [text(await answered(service, model, each)) for model in models]
        if first != second:
            return False
        said.add(first)
    return len(said) == len(media) + 1


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] * (kind in _SLOW)) for kind in _KINDS]
)
@pytest.mark.usefixtures("small_images")
async def test_both_layouts_see_the_same(kind: str, opened: Opened, tmp_path: Path) -> None:
    ours, theirs, eyes = (tmp_path / f"{name}.gguf" for name in ("ours", "theirs", "eyes"))
    ALL[kind].write(ours, ollama=False)
    ALL[kind].write(theirs, ollama=True)
    write_eyes(eyes, ALL[kind], ours)
    media = [picture(1), picture(2), *([wav()] if EYES[ALL[kind].theirs].ears else [])]
    async with opened() as service:
        await create(service, "ours", ours, eyes)
        await create(service, "theirs", theirs)
        assert await same(service, ("ours", "theirs"), *media)


async def test_llama4_sees_the_same(opened: Opened, tmp_path: Path) -> None:
    """Its words are too large a thing to write here: its eyes before the words of another."""
    words, ours, theirs, made = (tmp_path / f"{name}.gguf" for name in ("w", "ours", "t", "made"))
    PAIRS["mistral3"].write(words, ollama=False)
    EYES["llama4"].write(ours)
    writer = gguf.GGUFWriter(str(theirs), "llama4")
    keys = {"context_length": 64, "block_count": 1, "attention.head_count": 1}
    write_keys(writer, "llama4", {**keys, "embedding_length": WIDTH})
    writer.add_tensor("token_embd.weight", numpy.zeros((16, WIDTH), numpy.float32))
    EYES["llama4"].add(writer, "llama4")
    close(writer)
    layout = projector(read_model_header(theirs), metadata_of(theirs))
    assert layout is not None
    for _ in relay(theirs, made, layout):
        pass
    async with opened() as service:
        for path in (ours, made):
            await create(service, path.stem, words, path)
        assert await same(service, ("ours", "made"), picture(1), picture(2))


@pytest.mark.slow
async def test_qwen_vl_looks_closely(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    PAIRS["qwen2.5vl"].write(path, ollama=True)
    async with opened() as service:
        finish = (await answered(service, path, picture(1)))[-1]
        assert isinstance(finish, Finish) and finish.usage.prompt_tokens > 1024


async def test_an_image_that_is_read_as_a_whole_is_in_one_batch(
    opened: Opened, tmp_path: Path
) -> None:
    ours, eyes = tmp_path / "ours.gguf", tmp_path / "eyes.gguf"
    PAIRS["gemma3"].write(ours, ollama=False)
    small = EYES["gemma3"]
    places = {**small.tensors, "v.position_embd.weight": (36 * 36, 32)}  # 81 tokens of them
    small._replace(tensors=places, keys={**small.keys, "image_size": 36 * small.patch}).write(eyes)
    said: list[float] = []
    async with opened() as service:
        await create(service, "model", ours, eyes)
        for batch in ({}, {"num_batch": 32}, {"num_batch": 512}):
            request = GenerateRequest(
                model="model",
                prompt="w1",
                raw=True,
                images=[picture(1)],
                options={"num_predict": 1, "temperature": 0, **batch},
                logprobs=True,
            )
            events = [event async for each in await service.generate(request) for event in each]
            told = [event.logprobs for event in events if isinstance(event, Text)]
            said += [each[0].logprob for each in told if each]
    assert len(said) == 3 and said == [pytest.approx(said[0], abs=1e-4)] * 3
