"""The error for an answer that was to be JSON and is none."""

from typing import TYPE_CHECKING

from rillet.words.errors import MalformedStream
from rillet.words.replies import Reply

if TYPE_CHECKING:
    from rillet.text.partial_json import MalformedJson

_SHOWN = 40  # characters of the answer around the place


def no_json(malformed: "MalformedJson", reply: Reply) -> MalformedStream:
    """Where it stops being JSON, with all of it as `.partial`."""
    at = malformed.position
    shown = reply.text[max(0, at - _SHOWN // 2) : at + _SHOWN // 2]
    error = MalformedStream(
        f"The answer is no JSON from character {at} on ({malformed.reason}): {shown!r}",
        hint="Ask with `format`; the whole answer is in .partial",
    )
    error.partial = reply
    return error
