"""Whether an answer is the recorded one, or one that is as good."""

import json
import re
from collections.abc import Mapping
from typing import Any

from .cases import Case, Compare
from .exchange import Answer
from .shapes import Misfit, check, check_same, check_sequence, misfit

#: What an answer that is not the recorded one says of its type.
_MEDIA = {"json": "application/json", "ndjson": "application/x-ndjson", "sse": "text/event-stream"}
#: Headers that hold lists: a server may name more than the recorded one, never less.
_LISTS = ("allow", "vary", "access-control-allow-methods", "access-control-allow-headers")


def judge(case: Case, answer: Answer) -> str:
    """ "recorded" or "improved"; raises `Misfit` for an answer that is neither."""
    recorded = case.response
    try:
        _judge(recorded.status, recorded.headers, case.compare, recorded.body, answer)
        return "recorded"
    except Misfit:
        for other in case.improve.accept if case.improve else ():
            kind = _MEDIA.get(other.mode.partition("-")[0])
            try:
                _judge(other.status, {"content-type": kind} if kind else {}, other, "", answer)
                return "improved"
            except Misfit:
                continue
        raise


def _judge(
    status: int, headers: Mapping[str, str], compare: Compare, body: str, answer: Answer
) -> None:
    if answer.status != status:
        raise misfit("status", status, f"{answer.status} {answer.text}")
    for name, value in headers.items():
        _check_header(name, value, answer.headers.get(name))
    for name in compare.absent_headers:
        if name in answer.headers:
            raise misfit(name, "no such header", answer.headers[name])
    _check_body(compare, body, answer.text)


def _check_header(name: str, wanted: str, value: str | None) -> None:
    if value is None:
        raise misfit(name, wanted, value)
    if name == "content-type":
        same = value.partition(";")[0] == wanted.partition(";")[0]
    elif name in _LISTS:
        same = _words(wanted) <= _words(value)
    else:
        same = value == wanted
    if not same:
        raise misfit(name, wanted, value)


def _words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(",")}


def _check_body(compare: Compare, recorded: str, text: str) -> None:
    match compare.mode:
        case "none":
            pass
        case "exact-text":
            if text.rstrip("\n") != recorded.rstrip("\n"):
                raise misfit("text", repr(recorded), text)
        case "text-shape":
            check(compare.shape, text)
        case "json-exact":
            check_same(json.loads(recorded), _json(text))
        case "json-shape":
            check(compare.shape, _json(text))
        case "ndjson-shape":
            _check_records(compare, lines_of(text), "")
        case "sse-shape":
            _check_records(compare, events_of(text), "data.")
        case other:
            raise ValueError(f"no such mode: {other}")


def _check_records(compare: Compare, records: list[dict[str, Any]], prefix: str) -> None:
    check_sequence(compare.sequence, records)
    for joined in compare.joined:
        whole = "".join(text_at(record, prefix + joined["path"]) for record in records)
        check({"regex": joined["regex"]}, whole, f"all {joined['path']}")


def lines_of(text: str) -> list[dict[str, Any]]:
    """One JSON object a line, each line closed, none empty."""
    if text and not text.endswith("\n"):
        raise misfit("last line", "a newline at its end", text[-80:])
    found = [_json(line) for line in text.split("\n")[:-1]]
    if not all(isinstance(record, dict) for record in found):
        raise misfit("lines", "objects", found)
    return found


def events_of(text: str) -> list[dict[str, Any]]:
    """Server-sent events: {"event": name or None, "data": JSON, or text where it is none}."""
    if text and not text.endswith("\n\n"):
        raise misfit("last event", "a blank line at its end", text[-80:])
    found: list[dict[str, Any]] = []
    for block in text.split("\n\n"):
        fields = [re.fullmatch(r"(event|data|): ?(.*)", line) for line in block.splitlines()]
        if None in fields:
            raise misfit("event", "lines of server-sent events", block)
        named = {match[1]: match[2] for match in fields if match}
        if "data" in named:
            data: Any = named["data"]
            try:
                data = json.loads(data)
            except ValueError:
                pass
            found.append({"event": named.get("event"), "data": data})
    return found


def text_at(value: Any, path: str) -> str:
    """The text at a path such as choices[0].delta.content, or "" where there is none."""
    for part in re.findall(r"\w+", path):
        try:
            value = value[int(part) if isinstance(value, list) else part]
        except (KeyError, IndexError, TypeError):
            return ""
    return value if isinstance(value, str) else ""


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise misfit("JSON", str(error), text) from None
