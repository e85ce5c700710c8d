"""Responses that are to be stored, which is OpenAI's default, as long as there is room for them.

A later request goes on with one by its id (`previous_response_id`), and shows an item of one by the
id of the item (`item_reference`). They are in memory alone: a restart forgets them, and where room
is needed the conversation goes that nobody has used for the longest.
Source: OpenAI's API reference (responses/create, conversation state).
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from rillet.wire.openai_responses import earlier_response, input_items, is_kept, with_input
from rillet.wire.sse_encoding import json_bytes

_Json = dict[str, Any]
Keep = Callable[[_Json], None]

MOST_BYTES = 64 << 20
MOST_RESPONSES = 4096


class _Turn(Struct, frozen=True):
    """A response as its client got it, with what was new in its request.

    `earlier` is the id of the response that it goes on with, or "".
    """

    response: _Json
    input: list[_Json]
    earlier: str


class _Kept(Struct, frozen=True):
    """A turn as JSON: so it takes no more memory than is counted for it."""

    owner: str
    turn: bytes
    items: list[str]  # the ids of its output

    def read(self) -> _Turn:
        return _decode(self.turn)


_decode = msgspec.json.Decoder(_Turn).decode


class KeptResponses:
    """By their ids, each for its owner alone; the one that was used last stands last."""

    def __init__(self, most_bytes: int = MOST_BYTES, most: int = MOST_RESPONSES) -> None:
        self._most_bytes, self._most = most_bytes, most
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._holders: dict[str, str] = {}  # of items: the id of their response
        self._bytes = 0

    def remembered(self, body: Any, owner: str) -> tuple[Any, Keep]:
        """A request with all that it refers to, and what keeps its response, if it is to be stored.

        What is not here stays as it is, and is refused with whatever else is wrong in the request.
        """
        earlier, given, stored = earlier_response(body), input_items(body), is_kept(body)
        own = [self._whole(item, owner) for item in given]
        before = self.conversation(earlier, owner) if earlier else []

        def keep(response: _Json) -> None:
            if stored:
                self.keep(owner, response, own, earlier)

        if before is None or not (before or own != given):
            return body, keep
        return with_input(body, before + own), keep

    def keep(self, owner: str, response: _Json, input: list[_Json], earlier: str = "") -> None:
        turn = json_bytes(_Turn(response, input, earlier))
        items = [item["id"] for item in response["output"]]
        self._kept[response["id"]] = _Kept(owner, turn, items)
        self._holders.update(dict.fromkeys(items, response["id"]))
        self._bytes += len(turn)
        while self._bytes > self._most_bytes or len(self._kept) > self._most:
            self.forget(next(iter(self._kept)))

    def forget(self, id: str) -> None:
        gone = self._kept.pop(id)
        self._bytes -= len(gone.turn)
        for item in gone.items:
            self._holders.pop(item, None)

    def response(self, id: str, owner: str) -> _Json | None:
        turn = self._of(id, owner)
        return turn.response if turn else None

    def conversation(self, id: str, owner: str) -> list[_Json] | None:
        """What was said up to the end of that response; None where not all of it is there."""
        turns: list[_Turn] = []
        while id:
            turn = self._of(id, owner)
            if turn is None:
                return None
            turns.append(turn)
            id = turn.earlier
        turns.reverse()
        for turn in turns:
            self._kept.move_to_end(turn.response["id"])
        return [item for turn in turns for item in (*turn.input, *turn.response["output"])]

    def _whole(self, item: Any, owner: str) -> Any:
        """The item that a reference means; what is none, or one to what is not here, as it is."""
        if not isinstance(item, dict) or item.get("type") != "item_reference":
            return item
        id = item.get("id")
        turn = self._of(self._holders.get(id, ""), owner) if isinstance(id, str) else None
        found = [one for one in turn.response["output"] if one["id"] == id] if turn else []
        return found[0] if found else item

    def _of(self, id: str, owner: str) -> _Turn | None:
        kept = self._kept.get(id)
        return kept.read() if kept and kept.owner == owner else None
