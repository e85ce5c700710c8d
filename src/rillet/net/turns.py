"""One reader at a time: a flow that two drive at once would take one's answer for the other's."""

from rillet.words.errors import InvalidRequest


class Turn:
    """Held by `with` while somebody reads. Raises `InvalidRequest` where somebody else does."""

    __slots__ = ("_free",)

    def __init__(self) -> None:
        self._free = [None]  # taking and giving back an item are each one step of the interpreter

    def __enter__(self) -> None:
        try:
            self._free.pop()
        except IndexError:
            raise InvalidRequest(
                "The stream is being read already, by another thread or task",
                hint="Let one read it and hand the pieces on",
            ) from None

    def __exit__(self, *ending: object) -> None:
        self._free.append(None)
