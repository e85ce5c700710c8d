import asyncio
import math
import struct
from pathlib import Path

import pytest

from rillet.words.errors import ServerError
from rillet.words.models import EmbeddingRequest
from rillet.words.requests import EmbedRequest

from .asking import EMBED, HELLO, TINY, resident, say, until
from .conftest import Opened


async def test_vectors_have_length_one_and_keep_their_order(opened: Opened) -> None:
    async with opened() as service:
        texts = [f"text {number}" for number in range(40)]
        found = await service.embed(EmbedRequest(model=EMBED, input=texts))
        assert len(found.embeddings) == 40
        assert all(
            math.isclose(math.hypot(*vector), 1, rel_tol=1e-6) for vector in found.embeddings
        )
        for place in (0, 17, 39):
            alone = await service.embed(EmbedRequest(model=EMBED, input=texts[place]))
            assert alone.embeddings[0] == pytest.approx(found.embeddings[place], abs=1e-4)
        assert found.prompt_eval_count and found.total_duration > found.load_duration >= 0


def ranking(folder: Path) -> Path:
    """The model for embeddings, with another pooling."""
    key = b"llama.pooling_type" + struct.pack("<I", 4)  # a number of 32 bits
    mean, rank = (key + struct.pack("<I", pooling) for pooling in (1, 4))
    path = folder / "ranks.gguf"
    path.write_bytes(Path(EMBED).read_bytes().replace(mean, rank))
    return path


async def test_a_model_that_ranks(opened: Opened, tmp_path: Path) -> None:
    """The engine answers with what lay in its memory."""
    path = ranking(tmp_path)
    async with opened() as service:
        with pytest.raises(ServerError, match="ranks texts") as caught:
            await service.embed(EmbedRequest(model=str(path), input="hi"))
        assert caught.value.status == 400
        with pytest.raises(ServerError, match="ranks texts"):
            await service.embedding(EmbeddingRequest(model=str(path), prompt="hi"))


async def test_many_requests_at_once(opened: Opened) -> None:
    async with opened() as service:
        requests = [EmbedRequest(model=EMBED, input=["a", "b c"]) for _ in range(30)]
        found = await asyncio.gather(*map(service.embed, requests))
        first = [pytest.approx(vector) for vector in found[0].embeddings]
        assert all(each.embeddings == first for each in found)
        assert resident(service).slots.free == 1


async def test_a_text_that_is_too_long(opened: Opened) -> None:
    async with opened() as service:
        long = "word " * 5000
        found = await service.embed(EmbedRequest(model=EMBED, input=long))
        assert len(found.embeddings) == 1 and found.prompt_eval_count <= 2048
        with pytest.raises(ServerError, match="input length exceeds") as caught:
            await service.embed(EmbedRequest(model=EMBED, input=["a", long], truncate=False))
        assert caught.value.status == 400
        huge = await service.embed(EmbedRequest(model=EMBED, input="x" * (8 << 20)))
        assert len(huge.embeddings) == 1


@pytest.mark.parametrize("num_ctx", [256, 300, 1 << 20])
async def test_a_context_that_the_engine_does_not_round_up_is_not_filled(
    opened: Opened, num_ctx: int
) -> None:
    async with opened() as service:
        request = EmbedRequest(model=TINY, input="word " * 5000, options={"num_ctx": num_ctx})
        found = await service.embed(request)
        assert len(found.embeddings) == 1
        assert found.prompt_eval_count >= min(num_ctx, resident(service).process.num_ctx) - 1


@pytest.mark.parametrize(
    ("num_ctx", "length", "read", "fits"),
    [
        (8, 7, 5, True),
        (8, 11, 7, False),
        (8, 30, 7, False),
        (16, 15, 10, True),
        (16, 30, 15, False),
    ],
)
async def test_as_many_tokens_are_read_as_ollama_reads(
    opened: Opened, num_ctx: int, length: int, read: int, fits: bool
) -> None:
    """It keeps a place for an end, which this model does not add."""
    text = "the cat sat on a mat the cat sat on a mat"[:length]
    request = EmbedRequest(model=EMBED, input=text, options={"num_ctx": num_ctx})
    async with opened() as service:
        assert (await service.embed(request)).prompt_eval_count == read
        request.truncate = False
        if fits:
            assert (await service.embed(request)).prompt_eval_count == read
        else:
            with pytest.raises(ServerError, match="input length exceeds"):
                await service.embed(request)


async def test_nothing_gives_nothing(opened: Opened) -> None:
    async with opened() as service:
        for empty in ([], ""):
            found = await service.embed(EmbedRequest(model=EMBED, input=empty))
            assert found.embeddings == []
        assert await service.embedding(EmbeddingRequest(model=EMBED)) == []
        assert len(resident(service).model.path) > 0


async def test_an_empty_text_among_others_is_a_clear_answer(opened: Opened) -> None:
    async with opened() as service:
        found = await service.embed(EmbedRequest(model=EMBED, input=["", "a"]))
        assert len(found.embeddings) == 2


async def test_dimensions_are_cut_and_the_rest_has_length_one(opened: Opened) -> None:
    async with opened() as service:
        found = await service.embed(EmbedRequest(model=EMBED, input="a", dimensions=8))
        assert len(found.embeddings[0]) == 8
        assert math.isclose(math.hypot(*found.embeddings[0]), 1, rel_tol=1e-6)
        one = await service.embedding(EmbeddingRequest(model=EMBED, prompt="a"))
        assert len(one) == 64
        assert math.isclose(math.hypot(*one), 1, rel_tol=1e-6)


async def test_a_model_that_completes_embeds_as_well_beside_its_answers(opened: Opened) -> None:
    async with opened() as service:
        assert await say(service)
        found = await service.embed(EmbedRequest(model=HELLO, input="a"))
        assert len(found.embeddings[0]) == 64
        assert await say(service)
        assert len(service.residents.all()) == 2


async def test_who_leaves_gives_back_the_turn(opened: Opened) -> None:
    async with opened() as service:
        await service.embed(EmbedRequest(model=EMBED, input="a"))
        task = asyncio.create_task(
            service.embed(EmbedRequest(model=EMBED, input=["word " * 900] * 64))
        )
        await until(lambda: resident(service).slots.free == 0)
        task.cancel()
        await asyncio.wait((task,))
        assert resident(service).slots.free == 1 and resident(service).users == 0
        await service.embed(EmbedRequest(model=EMBED, input="a"))
