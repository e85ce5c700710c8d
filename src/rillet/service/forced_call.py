"""An answer that has to call a tool, from a model that may not want to.

A model is asked as ever first: the call in its own form is its best. What it says stands back until
it calls; says it nothing but words, it is asked once more, in the form of a call that a grammar
holds it to. Its words are dropped then, as OpenAI has it. Thoughts are shown as they come.
"""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from rillet.service.output_parser import call_id
from rillet.service.thought_first import together
from rillet.wire import llamacpp
from rillet.words.errors import InvalidRequest, RilletError, ServerError
from rillet.words.events import Event, Failure, Finish, Text, Thinking, ToolCall
from rillet.words.requests import ChatRequest, JsonObject

Batch = Sequence[Event]
Events = AsyncGenerator[Batch, None]
_HELD = (Text, Finish, Failure)
_NOT_SCHEMAS = ("enum", "const", "default", "examples")


def in_form(request: ChatRequest) -> ChatRequest | None:
    """The request for a call and nothing else; None where none is forced, or no grammar can."""
    if request.tool_choice != "required" or not request.tools:
        return None
    form = call_schema(request.tools)
    try:
        llamacpp.format_schema(form)
    except InvalidRequest:
        return None
    return msgspec.structs.replace(request, format=form)


def call_schema(tools: Sequence[JsonObject]) -> JsonObject:
    """The schema of a call of one of the tools: its name, and arguments as it wants them."""
    calls, parameters = [], {}
    for i, tool in enumerate(tools):
        function = tool["function"]
        place = f"#/$defs/tool{i}"
        schema = {"type": "object", **(function.get("parameters") or {})}
        parameters[f"tool{i}"] = _moved(schema, place)
        name = {"const": function["name"]}
        properties = {"name": name, "arguments": {"$ref": place}}
        calls.append({"type": "object", "properties": properties, "required": list(properties)})
    call: JsonObject = {"anyOf": calls} if len(calls) > 1 else calls[0]
    return {**call, "$defs": parameters}


def _moved(schema: Any, place: str) -> Any:
    """A schema whose references are right when its root stands at `place`."""
    if isinstance(schema, list):
        return [_moved(value, place) for value in schema]
    if not isinstance(schema, dict):
        return schema
    moved = {k: v if k in _NOT_SCHEMAS else _moved(v, place) for k, v in schema.items()}
    if isinstance(reference := moved.get("$ref"), str) and reference.startswith("#"):
        moved["$ref"] = place + reference[1:]
    return moved


async def forced_call(first: Events, again: Callable[[], Awaitable[Events]]) -> Events:
    """The events of `first`, or of a second answer in form where the first one calls nothing."""
    held: list[Event] = []
    called = False
    try:
        async with aclosing(first) as events:
            async for batch in events:
                if not called and any(type(event) is ToolCall for event in batch):
                    batch, called = [*held, *batch], True
                if not called:
                    held += [event for event in batch if type(event) in _HELD]
                    batch = [event for event in batch if type(event) not in _HELD]
                if batch:
                    yield batch
    except ServerError as error:
        if called or not _gave_up(error):
            raise
    if called:
        return
    end = held[-1] if held else None
    if type(end) is Finish and end.reason != "stop":  # there is no room for a second answer
        yield held
        return
    if type(end) is Failure and not _gave_up(end.error):
        yield held
        return
    async with aclosing(_in_words(await again())) as events:
        async for batch in events:
            last = batch[-1]
            if type(end) is Finish and type(last) is Finish:
                batch = [*batch[:-1], together(end, last)]
            yield batch


def _gave_up(error: RilletError) -> bool:
    """Whether the engine broke the answer off, as where a model calls a tool that is not there."""
    return isinstance(error, ServerError) and (error.status or 500) >= 500


async def _in_words(events: Events) -> Events:
    """An answer in form, its words read as the call that they are. Its thoughts were shown."""
    words, called = "", False
    async with aclosing(events) as batches:
        async for batch in batches:
            words += "".join(event.text for event in batch if type(event) is Text)
            rest = [event for event in batch if type(event) not in (Text, Thinking)]
            called = called or any(type(event) is ToolCall for event in rest)
            if rest and type(rest[-1]) is Finish and not called:
                rest.insert(-1, _call(words))
            if rest:
                yield rest


def _call(words: str) -> Event:
    """A call, or the words as they are where they broke off."""
    try:
        call = json.loads(words)
    except (ValueError, RecursionError):
        return Text(words)
    if not isinstance(call, dict) or not isinstance(call.get("arguments"), dict):
        return Text(words)
    return ToolCall(str(call.get("name")), call["arguments"], call_id())
