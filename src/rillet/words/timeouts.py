"""The four clocks of a streamed answer."""

from msgspec import Struct

from rillet.words.errors import InvalidRequest


class Timeouts(Struct, frozen=True):
    """How long to wait, in seconds; None waits for ever.

    `connect`: until the connection stands. `first_token`: from sending until the first content;
    long, since a model may have to be loaded; a server that reports progress extends it.
    `between_tokens`: between two pieces of content; bytes without content (keep-alives, blank
    lines, comments) do not count. `total`: the whole call. Time that the caller spends between two
    pieces counts for `total` alone.
    """

    connect: float | None = 5.0
    first_token: float | None = 600.0
    between_tokens: float | None = 60.0
    total: float | None = None

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            seconds = getattr(self, name)
            number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
            if seconds is not None and not (number and seconds >= 0):
                raise InvalidRequest(f"Timeouts.{name} is seconds or None, not {seconds!r}")
