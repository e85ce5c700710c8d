"""Events of ours as server-sent events: the bytes that every encoder of that kind writes.

Rules:
* A record is one `data:` line: JSON has no raw line ends, so nothing has to be folded.
* A comment holds one line; what a status text brings of line ends becomes spaces.
* Half a surrogate pair cannot be sent; it becomes U+FFFD.
"""

from typing import Any

import msgspec

from rillet.wire import lenient
from rillet.words.events import Progress, Reconnected

_encode = msgspec.json.Encoder().encode

DONE = b"data: [DONE]\n\n"


def json_bytes(value: Any) -> bytes:
    """JSON of texts, numbers, lists, dicts and structs; total for any str."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return _encode(lenient.wholly(msgspec.to_builtins(value)))


def record(value: Any, event: str | None = None) -> bytes:
    """One event with a JSON value."""
    name = b"event: " + event.encode() + b"\n" if event else b""
    return name + b"data: " + json_bytes(value) + b"\n\n"


def comment(event: Progress | Reconnected) -> bytes:
    """What a waiting reader waits for, where the dialect has no record for it.

    A comment line is skipped by every reader of the standard, and it keeps the connection warm.
    """
    if isinstance(event, Reconnected):
        words = ["reconnected", str(event.attempts)]
    else:
        words = [event.status]
        if event.queue_position is not None:
            words.append(str(event.queue_position))
        if event.completed is not None:
            words.append(
                f"{event.completed}/{event.total}" if event.total else str(event.completed)
            )
    text = " ".join(" ".join(words).split())
    return b": " + text.encode("utf-8", "replace") + b"\n\n"
