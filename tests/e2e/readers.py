"""A client of docs/resume.md, as somebody else would write it: all dialects, nothing of ours.

It keeps what belongs to one event until the event is whole, throws away what a cut left, and comes
back with its cursor until the end was said.
"""

import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

BROKEN = (OSError, http.client.HTTPException)
PATIENCE = 60.0  # seconds


@dataclass
class Record:
    """One JSON record (or "[DONE]"); `number` where it is the last one of its event."""

    data: Any
    number: int = 0

    @property
    def ends(self) -> bool:
        data = self.data
        if data == "[DONE]":
            return True
        kind = str(data.get("type", ""))
        ended = kind in ("message_stop", "error", "response.completed", "response.failed")
        return ended or bool(data.get("done") or data.get("error"))

    def says(self) -> Iterator[tuple[str, Any]]:
        """("thinking" | "text" | name of a call, piece), and ("end", reason or count)."""
        if self.data == "[DONE]":
            return
        data = self.data
        if "message" in data and "done" in data:
            yield from _ollama(data)
        elif "choices" in data:
            yield from _openai(data)
        else:
            yield from _typed(data)


def _ollama(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    message = data["message"]
    for field, kind in (("thinking", "thinking"), ("content", "text")):
        if message.get(field):
            yield kind, message[field]
    for call in message.get("tool_calls") or ():
        yield "call", call["function"]["name"]
        yield "call", json.dumps(call["function"]["arguments"])
    if data["done"]:
        yield "end", data["done_reason"]
        yield "end", data["eval_count"]
        yield "end", data["prompt_eval_count"]


def _openai(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for choice in data["choices"]:
        delta = choice["delta"]
        if delta.get("reasoning"):
            yield "thinking", delta["reasoning"]
        if delta.get("content"):
            yield "text", delta["content"]
        for call in delta.get("tool_calls") or ():
            if call["function"].get("name"):
                yield f"call {call['index']}", call["function"]["name"]
            yield f"call {call['index']}", call["function"]["arguments"]
        if choice.get("finish_reason"):
            yield "end", choice["finish_reason"]
    if data.get("usage"):
        yield "end", data["usage"]["completion_tokens"]
        yield "end", data["usage"]["prompt_tokens"]


def _typed(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Anthropic's events, and those of OpenAI's responses."""
    match data["type"]:
        case "content_block_start" if data["content_block"]["type"] == "tool_use":
            yield f"call {data['index']}", data["content_block"]["name"]
        case "content_block_delta":
            delta = data["delta"]
            if "thinking" in delta:
                yield "thinking", delta["thinking"]
            elif "text" in delta:
                yield "text", delta["text"]
            elif "partial_json" in delta:
                yield f"call {data['index']}", delta["partial_json"]
        case "message_delta":
            yield "end", data["delta"]["stop_reason"]
            yield "end", data["usage"]["output_tokens"]
        case "response.reasoning_summary_text.delta":
            yield "thinking", data["delta"]
        case "response.output_text.delta":
            yield "text", data["delta"]
        case "response.output_item.done" if data["item"]["type"] == "function_call":
            yield "call", data["item"]["name"]
            yield "call", data["item"]["arguments"]
        case "response.completed":
            yield "end", data["response"]["usage"]["output_tokens"]


def follow(place: str, path: str, body: Any) -> Iterator[Record]:
    """All records of one answer, over as many connections as it takes."""
    name, after, until = "", 0, time.monotonic() + PATIENCE
    while True:
        connection = http.client.HTTPConnection(urlsplit(place).netloc, timeout=60)
        try:
            answer, name = _asked(connection, path, body, name, after)
            for records in _events(answer):
                for record in records:
                    if record.number:
                        after = record.number
                    if not name and "response" in record.data:
                        name = record.data["response"]["id"]
                    yield record
                    if record.ends:
                        return
        except BROKEN:
            if time.monotonic() > until:
                raise
        finally:
            connection.close()
        assert name, "the head of the answer did not come"
        assert time.monotonic() < until, "it never ended"
        time.sleep(0.05)


def _asked(
    connection: http.client.HTTPConnection, path: str, body: Any, name: str, after: int
) -> tuple[http.client.HTTPResponse, str]:
    if name.startswith("resp_"):
        where = f"/v1/responses/{name}?stream=true&starting_after={after}"
        connection.request("GET", where)
    elif name:
        connection.request("GET", f"/api/streams/{name}?after={after}")
    else:
        headers = {"content-type": "application/json", "rillet-resume": "1"}
        connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    return answer, name or answer.headers.get("rillet-stream", "")


def _events(answer: http.client.HTTPResponse) -> Iterator[list[Record]]:
    """The records of each whole event."""
    ndjson = answer.headers["content-type"].startswith("application/x-ndjson")
    rest, held = b"", []
    while data := answer.read1(65536):
        *whole, rest = (rest + data).split(b"\n" if ndjson else b"\n\n")
        for block in whole:
            if ndjson:
                record = json.loads(block)
                yield [Record(record, record["seq"])]
                continue
            fields = dict(line.partition(": ")[::2] for line in block.decode().split("\n"))
            if "data" not in fields:
                continue
            text = fields["data"]
            record = text if text == "[DONE]" else json.loads(text)
            number = record.get("sequence_number", 0) if isinstance(record, dict) else 0
            held.append(Record(record, int(fields.get("id", 0)) or number))
            if "id" in fields or "sequence_number" in text:
                yield held
                held = []
