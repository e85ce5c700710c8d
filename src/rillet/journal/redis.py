"""The journal in Redis: several servers share it, and one goes on where another one died.

    rillet:{id}:h   the header                      rillet:{id}:e   a stream, one entry a commit
    rillet:{id}:w   the writer's lease              rillet:{id}:r   a reader elsewhere was here
    rillet:{id}:s   somebody wants it stopped

Laws:
* An entry's id is `<number of its last event>-1`, so a cursor is a place in the stream.
* A record has a writer as long as its lease is there, which the writer renews. After `LEASE`
  seconds without that, whoever follows it may take it over.
* Ended records expire by Redis' own clock; what a killed server left, after `ABANDONED` seconds.
* Redis has its own bounds (maxmemory): of the limits here, those of one record and of retention
  are kept.
Source: Redis' documentation of streams (XADD, XREAD) and of expiry.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from typing import Any

from rillet.journal.interface import Batch, Full, Header, Known, Limits
from rillet.journal.packing import pack, pack_header, unpack, unpack_header
from rillet.journal.sqlite import ON_DISK
from rillet.journal.tail import ends
from rillet.words.errors import StoreError
from rillet.words.events import Event

INTERVAL = 0.005  # seconds between two commits
LEASE = 6.0  # seconds
ABANDONED = 86_400  # seconds
_CONNECT = 2.0  # seconds until a connection to Redis stands
_ANSWER = 10.0  # seconds that Redis may be silent, more than a reader waits there
_BLOCK = 1000  # milliseconds that a reader waits before it looks whether there is a writer
_ENTRIES = 64


class _Live:
    """The writing end of a record."""

    def __init__(self, journal: "RedisJournal", id: str, last: int) -> None:
        self.id = id
        self.last = last
        self.kept = last
        self.size = 0
        self.pending: list[Event] = []
        self.ended = False
        self.lost = False
        self._journal = journal

    def append(self, events: Sequence[Event]) -> None:
        if self.ended:
            return
        ending = ends(events)
        if not ending and (self.lost or self.size > self._journal.limits.stream):
            raise Full("the answer cannot be recorded any further")
        self.ended = ending
        self.last += len(events)
        self.pending += events
        self._journal.dirty(self)

    async def settled(self) -> None:
        while self.kept < self.last and not self.lost:
            await self._journal.flushed()


class RedisJournal:
    """Records on the Redis server at `url`. For one event loop; connects when it is first used."""

    durable = True

    def __init__(
        self,
        url: str,
        limits: Limits = ON_DISK,
        lease: float = LEASE,
    ) -> None:
        try:
            import redis.asyncio
        except ImportError as error:
            raise StoreError(
                "The package redis is not installed", hint="Get it with: pip install rillet[redis]"
            ) from error
        self.limits = limits
        waits: Any = {"socket_connect_timeout": _CONNECT, "socket_timeout": _ANSWER}
        try:
            self._redis: Any = redis.asyncio.Redis.from_url(url, **waits)
        except ValueError as error:
            raise StoreError(
                f"The journal {url} cannot be used: {error}",
                hint="Redis is named as in redis://host:6379/0, rediss://… or unix:///path",
            ) from error
        self._lease = lease
        self._token = secrets.token_hex(8)
        self._live: dict[str, _Live] = {}
        self._dirty: dict[str, _Live] = {}
        self._flushing: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._wishes: asyncio.Queue[str] = asyncio.Queue()

    async def begin(self, id: str, header: Header) -> _Live:
        await self._asked(lambda: self._redis.set(_key(id, "h"), pack_header(header), ex=ABANDONED))
        live = await self._leased(id, 0)
        if live is None:
            raise Full("the journal has a record of this name")
        return live

    async def take_over(self, id: str) -> _Live | None:
        known = await self.find(id)
        if known is None or known.ended or id in self._live:
            return None
        live = await self._leased(id, known.last)
        if live is not None:  # between the look and the lease another writer may have added some
            again = await self.find(id)
            if again is None or again.ended:
                await self.release(id)
                return None
            live.last = live.kept = again.last
        return live

    async def release(self, id: str) -> None:
        if live := self._live.get(id):
            await live.settled()
            self._live.pop(id, None)
            await self._asked(lambda: self._redis.delete(_key(id, "w")))

    async def find(self, id: str) -> Known | None:
        pipe = self._redis.pipeline(transaction=False)
        pipe.get(_key(id, "h"))
        pipe.xrevrange(_key(id, "e"), count=1)
        header, entries = await self._asked(pipe.execute)
        if header is None:
            return None
        last, ended = 0, False
        if entries:
            last, ended = _number(entries[0][0]), ends(unpack(entries[0][1][b"b"]))
        return Known(unpack_header(header), last, ended)

    async def follow(self, id: str, after: int = 0) -> AsyncGenerator[Batch, None]:
        at = after
        while True:
            key = _key(id, "e")
            found = await self._asked(
                lambda: self._redis.xread({key: f"{at}-1"}, count=_ENTRIES, block=_BLOCK)  # noqa: B023
            )
            for entry, fields in found[0][1] if found else ():
                events = unpack(fields[b"b"])
                first = _number(entry) - len(events) + 1
                skipped = max(0, after + 1 - first)
                at = _number(entry)
                yield Batch(first + skipped, events[skipped:])
                if ends(events):
                    return
            if not found and not await self._attended(id):
                return

    async def unfinished(self) -> list[str]:
        """None: who follows a record takes it over when its writer is gone."""
        return []

    async def delete(self, id: str) -> None:
        self._live.pop(id, None)
        await self._asked(lambda: self._redis.delete(*(_key(id, part) for part in "hewrs")))

    async def expire(self) -> None:
        """Redis does that by its own clock."""

    async def watched(self, id: str) -> bool:
        return bool(await self._asked(lambda: self._redis.exists(_key(id, "r"))))

    async def wish_stop(self, id: str) -> None:
        await self._asked(lambda: self._redis.set(_key(id, "s"), b"1", ex=60))

    async def stop_wished(self) -> Sequence[str]:
        return [await self._wishes.get()]

    async def close(self) -> None:
        while self._dirty or (self._flushing is not None and not self._flushing.done()):
            await self.flushed()
        if self._renewing is not None:
            self._renewing.cancel()
        for id in list(self._live):
            with suppress(StoreError):  # its lease ends by itself
                await self.release(id)
        await self._redis.aclose()

    # The way of events to the server

    def dirty(self, live: _Live) -> None:
        """This record has something to commit."""
        self._dirty[live.id] = live
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())

    async def flushed(self) -> None:
        """Wait for the commit that is on its way."""
        if self._flushing is not None:
            await asyncio.wait((self._flushing,))

    async def _flush(self) -> None:
        while self._dirty:
            await asyncio.sleep(INTERVAL)
            lives, self._dirty = list(self._dirty.values()), {}
            pipe = self._redis.pipeline(transaction=False)
            counts = []
            for live in lives:
                events, live.pending = live.pending, []
                body = pack(events)
                live.size += len(body)
                counts.append(len(events))
                last = live.kept + len(events)
                pipe.xadd(_key(live.id, "e"), {b"b": body}, id=f"{last}-1")
                keep = int(self.limits.retention) if live.ended else ABANDONED
                pipe.expire(_key(live.id, "e"), keep)
                pipe.expire(_key(live.id, "h"), keep)
                if live.ended:
                    pipe.delete(_key(live.id, "w"))
            try:
                await pipe.execute()
            except Exception:  # what is not kept must not be shown: who follows sees no more
                for live in lives:
                    live.lost = True
                    self._live.pop(live.id, None)
                continue
            for live, count in zip(lives, counts, strict=True):
                live.kept += count
                if live.ended:
                    self._live.pop(live.id, None)

    async def _leased(self, id: str, last: int) -> _Live | None:
        took = await self._asked(
            lambda: self._redis.set(_key(id, "w"), self._token, nx=True, px=int(self._lease * 1000))
        )
        if not took:
            return None
        live = self._live[id] = _Live(self, id, last)
        if self._renewing is None:
            self._renewing = asyncio.create_task(self._renew())
        return live

    async def _renew(self) -> None:
        """Keep the leases, and hear who is to stop."""
        while True:
            await asyncio.sleep(self._lease / 6)
            ids = list(self._live)
            if not ids:
                continue
            pipe = self._redis.pipeline(transaction=False)
            for id in ids:
                pipe.pexpire(_key(id, "w"), int(self._lease * 1000))
                pipe.getdel(_key(id, "s"))
            try:
                found = await pipe.execute()
            except Exception:
                continue  # the commits notice as well, and say so
            for at, id in enumerate(ids):
                if found[2 * at + 1]:
                    self._wishes.put_nowait(id)

    async def _attended(self, id: str) -> bool:
        """Whether somebody writes this record. A reader from another server leaves a mark."""
        if id in self._live:
            return True
        await self._asked(lambda: self._redis.set(_key(id, "r"), b"1", ex=5))
        return bool(await self._asked(lambda: self._redis.exists(_key(id, "w"))))

    async def _asked(self, work: Callable[[], Any]) -> Any:
        import redis

        try:
            return await work()
        except redis.RedisError as error:
            raise StoreError(f"The journal in Redis cannot be reached: {error}") from error


def _key(id: str, part: str) -> str:
    return f"rillet:{{{id}}}:{part}"


def _number(entry: bytes) -> int:
    return int(entry.partition(b"-")[0])
