"""Server-sent events through the worst network there is, read by a client that is not ours."""

import asyncio
import json
import os
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .conftest import Server
from .cutting import CuttingProxy
from .sse_readers import Reading, is_end, read, read_async, text

PROMPT = [{"role": "user", "content": "write me a story about python."}]
ASKED: dict[str, Any] = {
    "model": "rillet-tiny",
    "messages": PROMPT,
    "stream": True,
    "temperature": 0,
    "max_tokens": 60,
}
PATHS = ["/v1/chat/completions", "/v1/messages"]


def journal(server: Server, reading: Reading) -> str:
    """The text of the record, read without the proxy."""
    with urllib.request.urlopen(f"{server.url}/api/streams/{reading.name}") as answer:
        lines = answer.read().decode().split("\n")
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert any(is_end(record) for record in data)
    return "".join(map(text, data))


def check(server: Server, reading: Reading) -> None:
    assert "".join(reading.texts) == journal(server, reading) != ""
    assert reading.numbers == sorted(set(reading.numbers))


def port(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


@pytest.mark.parametrize("path", PATHS)
async def test_a_cut_stream_goes_on(server: Server, path: str) -> None:
    with CuttingProxy(port(server), cuts=1.0, most=3000) as proxy:
        found = [
            await asyncio.to_thread(read, proxy.place, path, ASKED),
            await read_async(proxy.place, path, ASKED),
        ]
    for reading in found:
        assert reading.cuts
        check(server, reading)


@pytest.mark.slow
def test_many_streams_through_a_cutting_proxy(server: Server) -> None:
    """A count by RILLET_TEST_STREAMS; 1,000 by hand, fewer in CI."""
    count = int(os.environ.get("RILLET_TEST_STREAMS", "40"))

    def one(number: int) -> Reading:
        return read(proxy.place, PATHS[number % 2], ASKED)

    async def others() -> list[Reading]:
        async def another(number: int) -> Reading:
            async with places:
                return await read_async(proxy.place, PATHS[number % 2], ASKED)

        places = asyncio.Semaphore(16)
        return await asyncio.gather(*(another(number) for number in range(count // 2)))

    with CuttingProxy(port(server), cuts=0.9, most=4000) as proxy:
        with ThreadPoolExecutor(16) as threads:
            found = list(threads.map(one, range(count - count // 2)))
        found += asyncio.run(others())
    for reading in found:
        check(server, reading)
    cuts = sum(reading.cuts for reading in found)
    print(json.dumps({"streams": len(found), "cuts": cuts}))
    assert cuts > count
