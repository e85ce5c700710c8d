"""One answer of a registry: read with a limit, and turned into the error that it is."""

from time import monotonic
from types import TracebackType
from typing import Self

from rillet.net.aio import AsyncExchange
from rillet.net.faults import Cut, TimedOut
from rillet.net.http1 import Head, Headers
from rillet.service.registry.patience import LONGEST_PAUSE, Interrupted, RegistryError
from rillet.service.registry.place import Place
from rillet.service.registry.tokens import denied

_SMALL = 65536  # bytes of an answer that is not a blob or a manifest
_SHOWN = 4096  # characters of it in an error
_PASSING = (408, 425, 429)
_PASSING_OF_BLOBS = (400, 403)  # as with Ollama, which asks again whatever comes


class Answer:
    """An answer whose head is there. Leaving its `async with` hangs up, if it is not read whole."""

    def __init__(self, exchange: AsyncExchange, head: Head, place: Place, stall: float) -> None:
        self._exchange = exchange
        self._stall = stall
        self.head = head
        self.place = place

    @property
    def status(self) -> int:
        return self.head.status

    @property
    def headers(self) -> Headers:
        return self.head.headers

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exchange.close()

    async def read(self) -> bytes:
        """Content as it comes; b"" at the proper end. Raises `Interrupted`."""
        try:
            return await self._exchange.read(monotonic() + self._stall)
        except TimedOut:
            raise Interrupted(
                f"{self.place.host} sent nothing for {self._stall:g} s", stalled=True
            ) from None
        except Cut as cut:
            raise Interrupted(f"{self.place.host} hung up: {cut}") from None

    async def whole(self, limit: int = _SMALL) -> bytes:
        """All of it. Raises `RegistryError` above `limit` bytes."""
        content = bytearray()
        while data := await self.read():
            content += data
            if len(content) > limit:
                raise RegistryError(f"{self.place.host} answers with more than {limit} bytes")
        return bytes(content)

    async def refusal(self, *, foreign: bool = False, blob: bool = False) -> RegistryError:
        """The error that this answer is; `foreign`: it is of a host that we were sent to; `blob`:
        it is about one, and whoever was given the manifest may have its blobs."""
        if self.status == 401 and not foreign:
            return denied()
        if self.status == 404 and not foreign:
            return RegistryError("file does not exist", code=404)
        try:
            said = (await self.whole()).decode(errors="replace")[:_SHOWN]
        except (Interrupted, RegistryError):
            said = ""
        wish = self.headers.get("retry-after", "")
        return RegistryError(
            f"{self.status}: {said}",
            code=self.status,
            # A signed address that has run out says 403, 400, 404 …; asked again, the registry
            # gives another.
            passing=foreign
            or self.status >= 500
            or self.status in _PASSING
            or (blob and self.status in _PASSING_OF_BLOBS),
            retry_after=min(float(wish), LONGEST_PAUSE) if wish.isdecimal() else 0.0,
        )
