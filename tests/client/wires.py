"""The wires of the table: the same story told on each, byte for byte as a server would."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rillet.client.aio import AsyncClient
from rillet.client.settings import Api
from rillet.client.sync import Client
from rillet.testing import CHUNKED, LAST_CHUNK, Script, chunk

USAGE = {"prompt_tokens": 5, "completion_tokens": 3}


@dataclass(frozen=True)
class Wire:
    """How one wire says things. `kind`: "generate" or "chat"; `sse` says how records are framed."""

    name: str
    api: Api
    kind: str
    sse: bool

    def start(self, client: Client | AsyncClient) -> Any:
        """A stream of this wire; `Stream` or `AsyncStream` after the client."""
        if self.kind == "generate":
            return client.stream_generate("m", "Hi")
        return client.stream_chat("m", [{"role": "user", "content": "Hi"}])

    def content(self, literal: bytes) -> bytes:
        """The JSON of a record with one piece of text, given as a JSON literal."""
        if self.api == "ollama":
            said = b'"response":' + literal
            if self.kind == "chat":
                said = b'"message":{"role":"assistant","content":%s}' % literal
            return b'{"model":"m","created_at":"2026-11-22T10:00:00Z",%s,"done":false}' % said
        said = b'"text":' + literal
        if self.kind == "chat":
            said = b'"delta":{"content":%s}' % literal
        return b'{"id":"c","choices":[{"index":0,%s,"finish_reason":null}]}' % said

    def minimal(self, text: str) -> bytes:
        """The same with nothing else in it."""
        return json.dumps(
            {
                ("ollama", "generate"): {"response": text},
                ("ollama", "chat"): {"message": {"content": text}},
                ("openai", "generate"): {"choices": [{"text": text}]},
                ("openai", "chat"): {"choices": [{"delta": {"content": text}}]},
            }[self.api, self.kind]
        ).encode()

    def last(self, literal: bytes = b'""') -> bytes:
        """The JSON of the record that says the end, with a text in it."""
        if self.api == "openai":
            return self.content(literal).replace(b'"finish_reason":null', b'"finish_reason":"stop"')
        counts = b'"done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":3}'
        return self.content(literal).removesuffix(b'"done":false}') + counts

    def frame(self, record: bytes) -> bytes:
        return b"data: " + record + b"\n\n" if self.sse else record + b"\n"

    def tokens(self, texts: Iterable[str]) -> list[bytes]:
        return [self.frame(self.content(json.dumps(text).encode())) for text in texts]

    def literals(self, literals: Iterable[bytes]) -> list[bytes]:
        return [self.frame(self.content(literal)) for literal in literals]

    def ending(self, literal: bytes = b'""') -> list[bytes]:
        """The frames that end an answer properly."""
        frames = [self.frame(self.last(literal))]
        if self.api == "openai":
            usage = json.dumps({"id": "c", "choices": [], "usage": USAGE}).encode()
            frames += [self.frame(usage), self.frame(b"[DONE]")]
        return frames

    def failing(self, error: Any) -> bytes:
        return self.frame(json.dumps({"error": error}).encode())

    def whole(self, text: str) -> bytes:
        """One JSON answer in place of a stream."""
        if self.api == "ollama":
            record = json.loads(self.last(json.dumps(text).encode()))
            return json.dumps(record).encode()
        choice: dict[str, Any] = {"index": 0, "finish_reason": "stop"}
        if self.kind == "chat":
            choice["message"] = {"role": "assistant", "content": text}
        else:
            choice["text"] = text
        return json.dumps({"object": "x", "choices": [choice], "usage": USAGE}).encode()


WIRES = (
    Wire("generate NDJSON", "ollama", "generate", sse=False),
    Wire("chat NDJSON", "ollama", "chat", sse=False),
    Wire("completions SSE", "openai", "generate", sse=True),
    Wire("chat SSE", "openai", "chat", sse=True),
)


def chunked(frames: Iterable[bytes]) -> Script:
    """A whole answer, each frame a chunk of its own."""
    return [CHUNKED, *map(chunk, frames), LAST_CHUNK]
