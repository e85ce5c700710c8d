"""A client of docs/resume.md on server-sent events, as somebody else would write it.

Records are held back until the `id:` of their event has come; what a cut leaves is thrown away.
"""

import asyncio
import http.client
import json
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import urlsplit

import httpx

HEADERS = {"content-type": "application/json", "rillet-resume": "1"}
BROKEN = (OSError, http.client.HTTPException, httpx.HTTPError)
TRIES = 200


class Reading:
    """What has come of one answer; `feed` takes bytes as they come."""

    def __init__(self) -> None:
        self.name = ""
        self.last = "0"
        self.numbers: list[int] = []
        self.texts: list[str] = []
        self.ended = False
        self.cuts = 0
        self._rest = b""
        self._held: list[str] = []

    def feed(self, data: bytes) -> None:
        *records, self._rest = (self._rest + data).split(b"\n\n")
        for record in records:
            self._take(record.decode())

    def cut(self) -> None:
        self.cuts += 1
        self._rest = b""
        self._held.clear()

    def _take(self, record: str) -> None:
        lines = [line.partition(": ") for line in record.split("\n")]
        self._held += [value for name, _, value in lines if name == "data"]
        for number in [value for name, _, value in lines if name == "id"]:
            self.last = number
            self.numbers.append(int(number))
            self.texts += [text(data) for data in self._held]
            self.ended = self.ended or any(is_end(data) for data in self._held)
            self._held.clear()


def text(data: str) -> str:
    """The text of a record of either dialect."""
    if data == "[DONE]":
        return ""
    record: dict[str, Any] = json.loads(data)
    choices = record.get("choices") or [{}]
    delta = record.get("delta") or choices[0].get("delta") or {}
    return str(delta.get("content") or delta.get("text") or "")


def is_end(data: str) -> bool:
    return data == "[DONE]" or '"message_stop"' in data


def read(place: str, path: str, body: Any) -> Reading:
    """One answer, over as many connections as it takes."""
    reading = Reading()
    for _ in range(TRIES):
        try:
            for data in _connection(place, path, body, reading):
                reading.feed(data)
        except BROKEN:
            pass
        if reading.ended:
            return reading
        assert reading.name, "the head of the answer did not come"
        reading.cut()
        time.sleep(0.01)
    raise AssertionError("it never ended")


def _connection(place: str, path: str, body: Any, reading: Reading) -> Iterator[bytes]:
    connection = http.client.HTTPConnection(urlsplit(place).netloc, timeout=60)
    try:
        if reading.name:
            where, headers = f"/api/streams/{reading.name}", {"last-event-id": reading.last}
            connection.request("GET", where, headers=headers)
        else:
            connection.request("POST", path, json.dumps(body), HEADERS)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        reading.name = answer.headers["rillet-stream"]
        while data := answer.read1(65536):
            yield data
    finally:
        connection.close()


async def read_async(place: str, path: str, body: Any) -> Reading:
    """The same, with another HTTP library."""
    reading = Reading()
    async with httpx.AsyncClient(base_url=place, timeout=60, trust_env=False) as client:
        for _ in range(TRIES):
            try:
                async with _asked(client, path, body, reading) as answer:
                    assert answer.status_code == 200
                    reading.name = answer.headers["rillet-stream"]
                    async for data in answer.aiter_raw():
                        reading.feed(data)
            except BROKEN:
                pass
            if reading.ended:
                return reading
            assert reading.name, "the head of the answer did not come"
            reading.cut()
            await asyncio.sleep(0.01)
    raise AssertionError("it never ended")


def _asked(
    client: httpx.AsyncClient, path: str, body: Any, reading: Reading
) -> AbstractAsyncContextManager[httpx.Response]:
    if not reading.name:
        return client.stream("POST", path, json=body, headers=HEADERS)
    headers = {"last-event-id": reading.last}
    return client.stream("GET", f"/api/streams/{reading.name}", headers=headers)
