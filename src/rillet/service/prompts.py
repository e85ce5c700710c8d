"""From a request to what the engine is asked: which template, which messages, what fits.

Two ways, as Ollama's server has them: a model's TEMPLATE in Go's language (or the request's) is
rendered here; else the engine applies the Jinja template that stands in the GGUF file.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rillet.model.template import Template, TemplateError
from rillet.service import listener
from rillet.service.library import Model
from rillet.service.residents import Resident
from rillet.words.errors import ServerError
from rillet.words.requests import ChatRequest, GenerateRequest, Message, MessageToolCall

Thought = bool | str | None


def check_generate(model: Model, request: GenerateRequest) -> None:
    """What can be refused before anything is loaded, in Ollama's order. Raises `ServerError`."""
    _check_kind(model, request.model, "generate")
    if request.raw and (request.template or request.system or request.context):
        raise ServerError("raw mode does not support template, system, or context", status=400)
    _check_think(model, request.model, request.think)
    if request.suffix and not model.can("insert"):
        raise _cannot(model, "insert")
    _check_images(model, bool(request.images))
    check_format(request.format)


def check_chat(model: Model, request: ChatRequest) -> None:
    """What can be refused before anything is loaded, in Ollama's order. Raises `ServerError`."""
    _check_kind(model, request.model, "chat")
    if request.tools and not model.can("tools"):
        raise _cannot(model, "tools")
    _check_think(model, request.model, request.think)
    _check_images(model, any(turn.images for turn in request.messages))
    check_format(request.format)


def _check_kind(model: Model, name: str, verb: str) -> None:
    if not model.can("completion"):
        raise ServerError(f'"{name}" does not support {verb}', status=400)


def _check_think(model: Model, name: str, think: Thought) -> None:
    if think and not model.can("thinking"):
        raise ServerError(f'"{name}" does not support thinking', status=400)


def _check_images(model: Model, images: bool) -> None:
    if images and not model.can("vision"):
        raise ServerError(
            f"{model.name.display()} has no eyes: it does not support images", status=400
        )


def _cannot(model: Model, capability: str) -> ServerError:
    return ServerError(f"{model.name.full()} does not support {capability}", status=400)


def check_format(format: Any) -> None:
    """"json" or a schema that an engine can follow; "" and None are no format."""
    import json

    from rillet.wire.schema import check_schema

    if format in (None, "", "json"):
        return
    if not isinstance(format, dict):
        shown = json.dumps(json.dumps(format))
        raise ServerError(
            f'invalid format: {shown}; expected "json" or a valid JSON Schema object', status=400
        )
    check_schema(format)


def messages_of(model: Model, turns: Sequence[Message], system: str | None = None) -> list[Message]:
    """The model's own system and messages before those of the request."""
    system = model.system if system is None else system
    first = turns[0].role.lower() if turns else ""
    head = [Message("system", system)] if system and first != "system" else []
    return [*head, *model.messages, *turns]


def template_of(model: Model, request: GenerateRequest | ChatRequest) -> Template | None:
    """The Go template to render, or None where the engine's Jinja template is used."""
    text = getattr(request, "template", None)
    if not text:
        return model.template
    try:
        return Template.parse(text)
    except TemplateError as error:
        raise ServerError(str(error), status=400) from error


def thinks(model: Model, think: Thought) -> bool:
    """A model that can think does so unless told not to."""
    return model.can("thinking") and think is not False


async def generate_prompt(resident: Resident, model: Model, request: GenerateRequest) -> str:
    """The whole prompt of a generate request, the given context put before it."""
    if request.raw:
        return request.prompt
    template = template_of(model, request)
    system = model.system if request.system is None else request.system
    if template is not None:
        turns = [*([] if request.context else model.messages), Message("user", request.prompt)]
        text = _rendered(template, turns, system=system, suffix=request.suffix or "", think=request.think)
    elif not model.header.chat_template:
        text = f"{system}\n\n{request.prompt}" if system else request.prompt
    else:
        own = () if request.context else model.messages
        turns = [*([Message("system", system)] if system else []), *own, Message("user", request.prompt)]
        text = await listener.apply_template(resident, chat_body(model, turns, None, request.think))
    if request.context:
        text = await listener.detokenize(resident, request.context) + text
    return text


def rendered_chat(template: Template, model: Model, request: ChatRequest) -> str:
    """The prompt of a chat by a Go template."""
    turns = messages_of(model, request.messages)
    return _rendered(template, turns, tools=request.tools, think=request.think)


def _rendered(template: Template, turns: Sequence[Message], **values: Any) -> str:
    try:
        return template.render(messages=turns, now=datetime.now(), **values)
    except TemplateError as error:
        raise ServerError(str(error), status=400) from error


def chat_body(
    model: Model, turns: Sequence[Message], tools: list[dict[str, Any]] | None, think: Thought
) -> dict[str, Any]:
    """Messages, tools and template arguments as the engine's chat routes take them."""
    body: dict[str, Any] = {"messages": [_turn(each) for each in turns]}
    if tools:
        body["tools"] = tools
    if model.can("thinking"):
        arguments: dict[str, Any] = {"enable_thinking": think is not False}
        if isinstance(think, str):
            arguments["reasoning_effort"] = think
        body["chat_template_kwargs"] = arguments
    return body


def _turn(message: Message) -> dict[str, Any]:
    """One message in the engine's (OpenAI's) form: arguments of calls are JSON texts there."""
    turn: dict[str, Any] = {"role": message.role.lower(), "content": message.content}
    if message.images:
        parts: list[dict[str, Any]] = [
            {"type": "image_url", "image_url": {"url": f"data:image/*;base64,{image}"}}
            for image in message.images
        ]
        turn["content"] = [*parts, {"type": "text", "text": message.content}]
    if message.thinking:
        turn["reasoning_content"] = message.thinking
    if message.tool_calls:
        turn["tool_calls"] = [_call(call, number) for number, call in enumerate(message.tool_calls)]
    if message.tool_call_id:
        turn["tool_call_id"] = message.tool_call_id
    if message.tool_name:
        turn["name"] = message.tool_name
    return turn


def _call(call: MessageToolCall, number: int) -> dict[str, Any]:
    import json

    function = call.function
    arguments = json.dumps(function.arguments, ensure_ascii=False)
    return {
        "id": call.id or f"call_{number}",
        "type": "function",
        "function": {"name": function.name, "arguments": arguments},
    }
