"""Prompts that do not fit: what stays, with real engines."""

from typing import Any

import pytest

from rillet.service import listener, questions, truncation
from rillet.service.generation import Generation
from rillet.service.truncation import LONGEST_TOKEN, shortened
from rillet.words.errors import ServerError
from rillet.words.events import Finish
from rillet.words.requests import ChatRequest, GenerateRequest, Message

from .asking import CHAT, HELLO, TINY, chat, events, failure, resident, say, start
from .conftest import Opened

WORDS = " ".join(["hello"] * 100)
SMALL = {"num_ctx": 64, "num_predict": 2}


def test_what_is_near_an_end_is_never_cut() -> None:
    text = "".join(chr(97 + at % 26) for at in range(10 * LONGEST_TOKEN))
    assert shortened(text, head=6, tail=6) == text
    cut = shortened(text, head=1, tail=2)
    assert len(cut) == 4 * LONGEST_TOKEN
    assert text.startswith(cut[: 2 * LONGEST_TOKEN]) and text.endswith(cut[2 * LONGEST_TOKEN :])
    assert shortened(text, head=0, tail=0) == text[:LONGEST_TOKEN]


async def test_a_long_prompt_loses_its_middle(opened: Opened) -> None:
    async with opened() as service:
        generation = await start(service, TINY, "word " * 500, options=SMALL)
        finish = (await events(generation))[-1]
        assert isinstance(finish, Finish) and finish.usage
        assert 0 < (finish.usage.prompt_tokens or 0) < 64


@pytest.mark.parametrize("model", [TINY, HELLO, CHAT])
@pytest.mark.parametrize("piece", ["\x01", "\x01 ", " ", "é"])
async def test_no_prompt_near_the_limit_is_refused(opened: Opened, model: str, piece: str) -> None:
    """Of texts whose tokens are as short as can be: the mark at the beginning counts, too."""
    async with opened() as service:
        for length in range(252, 260):
            text = (piece * 260)[:length]
            generation = await start(
                service, model, text, options={"num_ctx": 256, "num_predict": 2}
            )
            assert isinstance((await events(generation))[-1], Finish)


async def test_without_shift_it_is_refused_as_ollama_refuses_it(opened: Opened) -> None:
    async with opened() as service:
        error = await failure(await start(service, TINY, "word " * 500, options=SMALL, shift=False))
        assert isinstance(error, ServerError) and error.status == 400
        assert error.message.startswith("the prompt is longer than the context length")


async def test_without_truncate_the_engine_says_it(opened: Opened) -> None:
    async with opened() as service:
        error = await failure(
            await start(service, TINY, "word " * 500, options=SMALL, truncate=False)
        )
        assert isinstance(error, ServerError) and error.status == 400
        assert "exceeds the available context size" in error.message


async def test_a_long_chat_loses_its_oldest_messages_only(opened: Opened) -> None:
    async with opened() as service:
        turns = [Message("system", "SYSTEM"), *(Message("user", f"no {n}") for n in range(200))]
        await say(service, HELLO, options={"num_ctx": 256})
        model = await service.model(HELLO)
        request = ChatRequest(model=HELLO, messages=turns)
        fitted = await truncation.chat(resident(service), model, request, None)
        kept = fitted.messages
        assert kept[0].content == "SYSTEM" and kept[-1].content == "no 199"
        assert 2 < len(kept) < 100
        assert [turn.content for turn in kept[1:]] == [
            f"no {n}" for n in range(200 - len(kept) + 1, 200)
        ]
        # One more would not have fitted.
        more = ChatRequest(model=HELLO, messages=[turns[0], *turns[-len(kept) :]])
        fitted = await truncation.chat(resident(service), model, more, None)
        assert len(fitted.messages) == len(kept)


async def test_a_chat_of_ten_thousand_messages_is_fitted_in_some_questions(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    count = truncation._tokens

    async def counted(*args: Any) -> int:  # the real one: only how often it is asked is noted
        asked.append(await count(*args))
        return asked[-1]

    monkeypatch.setattr(truncation, "_tokens", counted)
    async with opened() as service:
        await say(service, CHAT, options={"num_predict": 1, "num_ctx": 256})
        found = await chat(service, CHAT, *["hello"] * 10_000, options={"num_predict": 1})
        assert isinstance(found[-1], Finish)
        assert 2 < len(asked) < 20


@pytest.mark.parametrize("truncate", [True, False])
async def test_a_message_that_fits_alone_is_never_touched(opened: Opened, truncate: bool) -> None:
    async with opened() as service:
        await say(service, HELLO)
        request = ChatRequest(model=HELLO, messages=[Message("user", "hi")], truncate=truncate)
        model = await service.model(HELLO)
        assert await truncation.chat(resident(service), model, request, None) is request


async def test_megabytes_that_cannot_fit_never_reach_the_engine(opened: Opened) -> None:
    """Where they did, it took minutes for them, or died of them."""
    long = "word " * 200_000
    async with opened() as service:
        request = GenerateRequest(model=HELLO, prompt=long, options=SMALL)
        finish = (await events(await service.generate(request)))[-1]  # type: ignore[arg-type]
        assert isinstance(finish, Finish) and finish.context
        num_ctx = resident(service).num_ctx
        assert len(finish.context) < 3 * num_ctx * LONGEST_TOKEN < len(long)
        model = await service.model(HELLO)
        chat_of_one = ChatRequest(model=HELLO, messages=[Message("user", long)])
        fitted = await truncation.chat(resident(service), model, chat_of_one, None)
        kept = fitted.messages[0].content
        assert num_ctx * LONGEST_TOKEN < len(kept) < 3 * num_ctx * LONGEST_TOKEN
        assert long.endswith(kept[-1000:]) and chat_of_one.messages[0].content == long


async def test_nor_do_a_system_and_a_context_of_that_size(opened: Opened) -> None:
    """A hundred thousand of some tokens kept the engine busy until it was given up."""
    for more in ({"system": "word " * 200_000}, {"context": [1] * 20_000}):
        async with opened() as service:
            request = GenerateRequest(model=HELLO, prompt="hi", options=SMALL, **more)  # type: ignore[arg-type]
            finish = (await events(await service.generate(request)))[-1]  # type: ignore[arg-type]
            assert isinstance(finish, Finish) and finish.context
            num_ctx = resident(service).num_ctx
            most = 9 * num_ctx if "context" in more else 3 * num_ctx * LONGEST_TOKEN
            assert num_ctx < len(finish.context) < most


async def test_an_empty_context_is_one(opened: Opened) -> None:
    request = GenerateRequest(model=HELLO, prompt="hi", context=[])
    assert questions.bounded(request, 64) == request


async def test_tokens_of_megabytes_are_counted_in_pieces(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All at once they took gigabytes of the engine, and a second of everybody's."""
    text = "a few words " * 100
    async with opened() as service:
        await say(service, HELLO)
        tokens = await listener.tokenize(resident(service), text)
        monkeypatch.setattr(listener, "_PIECE", 150)  # megabytes would take seconds
        assert len(tokens) <= await listener.count(resident(service), text) <= len(tokens) + 8
        assert await listener.count(resident(service), "") == 1


async def prompt_tokens(generation: Generation) -> int | None:
    finish = (await events(generation))[-1]
    assert isinstance(finish, Finish) and finish.usage
    return finish.usage.prompt_tokens


@pytest.mark.parametrize(
    ("num_keep", "kept"), [(None, 35), (0, 33), (32, 49), (50, 58), (62, 63), (999, 63), (-1, 63)]
)
async def test_as_many_tokens_are_kept_as_ollama_keeps(
    opened: Opened, num_keep: int | None, kept: int
) -> None:
    """Counted by Ollama 0.33.0, with this model: its own first token is kept besides."""
    async with opened() as service:
        options = {"num_ctx": 64, "num_predict": 1, "num_keep": num_keep}
        assert await prompt_tokens(await start(service, CHAT, WORDS, options=options)) == kept


@pytest.mark.parametrize(
    ("words", "kept"), [("hello world the sky", 35), ("hello world the sky is", 45)]
)
async def test_a_chat_that_just_fits_keeps_all_its_messages(
    opened: Opened, words: str, kept: int
) -> None:
    """The first token, which is not in the text, does not count there: the middle goes instead.
    With a word more, the oldest message goes."""
    roles = ("user", "assistant", "user")
    turns = [Message("system", "be good"), *(Message(role, words) for role in roles)]
    async with opened() as service:
        options = {"num_ctx": 64, "num_predict": 1}
        generation = await service.chat(ChatRequest(model=CHAT, messages=turns, options=options))
        assert isinstance(generation, Generation)
        assert await prompt_tokens(generation) == kept
