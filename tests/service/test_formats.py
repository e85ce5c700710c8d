"""Answers in a form, by real engines: the model at hand may want nothing of it, JSON comes all the
same, and to its end. Each schema here once gave blanks, properties or digits up to the last token,
or free text."""

import json
from typing import Any

import pytest

from rillet.words.errors import ServerError
from rillet.words.events import Finish
from rillet.words.requests import ChatRequest, Message

from .asking import CHAT, THINK, TINY, chat, events, start, text
from .conftest import Opened

FLAT = {
    "properties": {
        "ok": {"type": "boolean"},
        "kind": {"enum": ["a", "b"]},
        "n": {"type": "integer"},
        "name": {"type": "string", "maxLength": 8},
    },
    "required": ["ok", "kind", "n", "name"],
    "type": "object",
}
PERSON = {"type": "object", "properties": {"age": {"enum": [1, 2]}}, "required": ["age"]}
NESTED = {
    "$defs": {"p": PERSON},
    "properties": {"all": {"type": "array", "items": {"$ref": "#/$defs/p"}, "maxItems": 2}},
    "required": ["all"],
}
OTHERS = [
    {"type": "array", "items": {"type": "null"}, "minItems": 2.0, "maxItems": 2.0},
    {"type": "number", "minimum": 0, "maximum": 9, "multipleOf": 1e-16},
    {"oneOf": [{"type": "string", "maxLength": 3}, {"type": "string", "maxLength": 5}]},
    {"type": "string", "pattern": "^(?=a)a$", "maxLength": 4},
    {"type": "string", "format": "time"},
    {"type": "string", "format": "email"},
    {"type": "string", "const": 5},
    {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]},
    {"type": "array", "items": {"type": "number", "minimum": 0}, "minItems": 2, "maxItems": 2},
    {"type": "number", "minimum": -180, "maximum": 180},
    {"type": "number", "exclusiveMaximum": 0},
    {"type": "integer", "maximum": -5, "multipleOf": 5},
    {"type": "string", "format": "duration"},
    {"allOf": [{"properties": {"a": {"const": 1}}}, PERSON], "required": ["a"]},
]


@pytest.mark.parametrize("model", ["rillet-tiny", CHAT])
async def test_json_comes_to_its_end(opened: Opened, model: str) -> None:
    async with opened() as service:
        for schema in (FLAT, PERSON, NESTED):
            for seed in range(4):
                value, written = await formed(service, model, schema, seed)
                assert set(value) == set(schema["properties"]), written
                assert written == json.dumps(value, ensure_ascii=False) or "\\" in written
        for schema in OTHERS:
            await formed(service, model, schema, 1)


async def formed(service: Any, model: str, schema: dict[str, Any], seed: int) -> tuple[Any, str]:
    options = {"num_predict": 200, "seed": seed, "temperature": 2.0}
    generation = await start(service, model, "As JSON:", format=schema, options=options)
    found = await events(generation)
    written, last = text(found), found[-1]
    assert isinstance(last, Finish) and last.reason == "stop", (schema, written)
    return json.loads(written), written


async def test_numbers_may_be_below_nothing(opened: Opened) -> None:
    """What counts their places knows numbers from 0 up only."""
    schema = {"type": "number", "minimum": -90.5, "maximum": -80}
    async with opened() as service:
        for model in ("rillet-tiny", CHAT):
            value, _ = await formed(service, model, schema, 1)
            assert -90.5 <= value <= -80


async def test_numbers_of_a_chat_come_to_their_end(opened: Opened) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}
    async with opened() as service:
        for seed in range(4):
            found = await chat(service, CHAT, "hi", format=schema, options={"seed": seed})
            assert isinstance(json.loads(text(found))["n"], int | float)


@pytest.mark.parametrize("form", ["json", {"properties": {"a": {"type": "string"}}}])
async def test_half_a_character_at_the_limit_loses_nothing(opened: Opened, form: Any) -> None:
    """The engine, asked for the chat, ends some of these seeds in an error."""
    hot = {"temperature": 8.0, "top_k": 0, "top_p": 1.0}
    async with opened() as service:
        for seed in range(20, 40):
            options = {"num_predict": 20 + seed, "seed": seed, **hot}
            assert text(await chat(service, TINY, "hi", format=form, options=options))[0] == "{"


async def test_a_form_changes_nothing_of_the_prompt(opened: Opened) -> None:
    async with opened() as service:
        counts = set()
        for form in (None, "json", PERSON):
            last = (await chat(service, TINY, "hi", format=form, options={"num_predict": 3}))[-1]
            assert isinstance(last, Finish) and last.usage
            counts.add(last.usage.prompt_tokens)
        assert len(counts) == 1
        with pytest.raises(ServerError, match="exceeds the available context"):  # nothing is cut
            await chat(service, TINY, "hi " * 3000, format=PERSON, options={"num_ctx": 512})


@pytest.mark.parametrize("think", [True, False])
async def test_a_chat_in_a_form_that_ends_in_half_a_character_is_given(
    opened: Opened, think: bool
) -> None:
    """Each answer goes on where the one with a smaller limit ended."""
    form = {"enum": ["äö日本😀é"]}
    async with opened() as service:
        before = ""
        for limit in range(1, 40):
            options = {"num_predict": limit, "seed": 1}
            found = await chat(service, THINK, "hi", format=form, options=options, think=think)
            assert text(found).startswith(before)
            before = text(found)
        assert json.loads(before) == "äö日本😀é"


async def test_a_beginning_that_no_answer_in_that_form_has(opened: Opened) -> None:
    turns = [Message("user", "hi"), Message("assistant", "{Hello")]
    async with opened() as service:
        request = ChatRequest(model=THINK, messages=turns, format="json")
        with pytest.raises(ServerError, match="is not the beginning of one in this format") as told:
            text(await events(await service.chat(request)))  # type: ignore[arg-type]
        assert told.value.status == 400


@pytest.mark.parametrize("model", [THINK, TINY])
async def test_behind_an_answer_there_is_one_in_the_form(opened: Opened, model: str) -> None:
    """As agents ask, who want what they have found once more, as an object."""
    async with opened() as service:
        for said, begun in (("Hello", False), ('{"age": 1}', False), ('{"age":', True)):
            turns = [Message("user", "hi"), Message("assistant", said)]
            request = ChatRequest(model=model, messages=turns, format=PERSON)
            answer = text(await events(await service.chat(request)))  # type: ignore[arg-type]
            assert json.loads(said + answer if begun else answer)["age"] in (1, 2)
            assert (await service.render(request)).rstrip().endswith(said) == begun
