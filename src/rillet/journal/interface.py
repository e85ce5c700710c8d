"""What a journal promises, whatever keeps it.

Laws:
* A record is a header and events with the numbers 1, 2, 3, …; it ends with one `Finish` or
  `Failure`. What a reader has seen stays seen: an event is shown to readers only when the store
  has it.
* `Log.append` neither waits nor blocks: a writer is never slowed by a reader or a disk.
* Retention counts from the end of a record. To stay within its limits a store drops ended records,
  the oldest first; a record that still grows is never dropped, `Full` is raised in its place.
* Times are Unix seconds.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from msgspec import Struct

from rillet.words.errors import ServerError
from rillet.words.events import Event


class Full(ServerError):
    """The journal takes no further record, or no more of this one."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=507)


class Limits(Struct, frozen=True):
    """Sizes are bytes as the store counts them; `retention` is seconds after the end."""

    stream: int = 32 << 20
    owner: int = 128 << 20
    total: int = 256 << 20
    retention: float = 900.0


class Header(Struct, frozen=True):
    """What is known of a record when it begins.

    `owner` is a digest of the key that began it ("" for no key). `request` is the JSON of an
    `operation` ("generate" or "chat"), from which another process can go on. `face` is what the
    server needs to write the answer again as it began; a journal does not look into it.
    `on_disconnect` is how many seconds it may run without a reader: 0 is not at all, negative is
    for ever.
    """

    operation: str
    request: bytes
    owner: str = ""
    face: bytes = b""
    on_disconnect: float = 0.0
    created: float = 0.0


class Known(Struct, frozen=True):
    """A record from outside: its header, its last number (0: nothing yet), whether it has ended."""

    header: Header
    last: int = 0
    ended: bool = False


class Batch(Struct, frozen=True):
    """Events that follow one another; the first one has the number `first`."""

    first: int
    events: Sequence[Event]


class Log(Protocol):
    """The writing end of one record. Its one writer lives in this process."""

    @property
    def last(self) -> int:
        """The number of the last event that was appended."""

    def append(self, events: Sequence[Event]) -> None:
        """Add events; a `Finish` or `Failure` ends the record. Raises `Full` at its limit,
        after which only an end is taken."""

    async def settled(self) -> None:
        """Wait until all that was appended is kept."""


class Journal(Protocol):
    """One store of records. `durable` says that they outlive this process."""

    durable: bool

    async def begin(self, id: str, header: Header) -> Log:
        """A new record. Raises `Full`."""

    async def take_over(self, id: str) -> Log | None:
        """Go on writing a record whose writer is gone; None if it is unknown, ended or written."""

    async def release(self, id: str) -> None:
        """The writer goes and leaves its record as it is, for another one to go on."""

    async def find(self, id: str) -> Known | None:
        """None if there is no such record, or no longer."""

    def follow(self, id: str, after: int = 0) -> AsyncGenerator[Batch, None]:
        """The events behind number `after`, then those that come, to the end of the record.

        Ends without an end of the record only where nobody writes it (any longer), or it is gone.
        """

    async def unfinished(self) -> list[str]:
        """The records that have not ended and that nobody writes."""

    async def delete(self, id: str) -> None:
        """Forget a record; those who follow it see it end."""

    async def expire(self) -> None:
        """Delete what is past its retention, though nobody asks for anything."""

    async def watched(self, id: str) -> bool:
        """Whether a reader in another process follows this record."""

    async def wish_stop(self, id: str) -> None:
        """Tell a writer in another process that it is to stop (`stop_wished` of its journal)."""

    async def stop_wished(self) -> Sequence[str]:
        """The records written here that another process wants stopped. Waits for some."""

    async def close(self) -> None: ...


class Unshared:
    """What a journal says of other processes that no other process uses."""

    async def watched(self, id: str) -> bool:
        return False

    async def wish_stop(self, id: str) -> None:
        pass

    async def stop_wished(self) -> Sequence[str]:
        await asyncio.get_running_loop().create_future()
        return ()
