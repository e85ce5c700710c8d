"""How each API writes an answer that was recorded, event by event or whole."""

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from rillet.wire import openai
from rillet.wire.ollama_encoder import ChatEncoder, GenerateEncoder
from rillet.words.events import Event
from rillet.words.replies import Reply


class Form(NamedTuple):
    """How a face writes an answer, event by event or whole."""

    event: Callable[[Event], bytes]
    reply: Callable[[Reply], bytes]


class Face(NamedTuple):
    dialect: str
    kind: str
    streams: bool  # where the request does not say it
    coded: Callable[[str, dict[str, Any]], Form]


def _ollama_chat(model: str, asked: dict[str, Any]) -> Form:
    encoder = ChatEncoder(model, time.time_ns)
    return Form(encoder.encode, encoder.encode_reply)


def _ollama_generate(model: str, asked: dict[str, Any]) -> Form:
    encoder = GenerateEncoder(model, time.time_ns)
    return Form(encoder.encode, encoder.encode_reply)


def _openai_chat(model: str, asked: dict[str, Any]) -> Form:
    now = int(time.time())
    encoder = openai.ChatChunkEncoder("chatcmpl-replay", model, now, _usage(asked))
    return Form(
        encoder.encode,
        lambda reply: json.dumps(
            openai.chat_completion(reply, "chatcmpl-replay", model, now)
        ).encode(),
    )


def _openai_completion(model: str, asked: dict[str, Any]) -> Form:
    now = int(time.time())
    encoder = openai.CompletionChunkEncoder("cmpl-replay", model, now, _usage(asked))
    return Form(
        encoder.encode,
        lambda reply: json.dumps(openai.text_completion(reply, "cmpl-replay", model, now)).encode(),
    )


def _usage(asked: dict[str, Any]) -> bool:
    wished = asked.get("stream_options")
    return isinstance(wished, dict) and bool(wished.get("include_usage"))


#: By the path of the request.
FACES = {
    "/api/chat": Face("ollama chat", "application/x-ndjson", True, _ollama_chat),
    "/api/generate": Face("ollama generate", "application/x-ndjson", True, _ollama_generate),
    "/v1/chat/completions": Face("openai chat", "text/event-stream", False, _openai_chat),
    "/v1/completions": Face("openai generate", "text/event-stream", False, _openai_completion),
}
