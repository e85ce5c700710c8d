"""Our own client over OpenAI's API through the worst network there is, and readers who leave."""

import asyncio
import os
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import rillet
from rillet.words.events import Event, Finish, Reconnected, Text
from rillet.words.replies import fold

from .conftest import Server
from .cutting import CuttingProxy

MODEL = "rillet-tiny"
MESSAGES = [{"role": "user", "content": "write me a story about python."}]
OPTIONS: dict[str, Any] = {"temperature": 0, "num_predict": 60, "seed": 7}
KINDS = ["chat", "generate"]


def begun(client: Any, kind: str, **more: Any) -> Any:
    options = {**OPTIONS, **more.pop("options", {})}
    if kind == "chat":
        return client.stream_chat(MODEL, MESSAGES, options=options, **more)
    return client.stream_generate(MODEL, MESSAGES[0]["content"], options=options, **more)


def port(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


def joined(events: Sequence[Event]) -> str:
    assert isinstance(events[-1], Finish)
    return "".join(event.text for event in events if isinstance(event, Text))


async def read_async(place: str, kind: str) -> tuple[list[Event], str]:
    async with rillet.AsyncClient(place, api="openai") as client:
        stream = begun(client, kind)
        return [event async for event in stream], stream.id


def read(place: str, kind: str) -> tuple[list[Event], str]:
    with rillet.Client(place, api="openai") as client:
        stream = begun(client, kind)
        return list(stream), stream.id


@pytest.mark.parametrize("kind", KINDS)
async def test_a_cut_stream_goes_on(server: Server, kind: str) -> None:
    expected = joined((await asyncio.to_thread(read, server.url, kind))[0])
    with CuttingProxy(port(server), cuts=1.0, most=3000) as proxy:
        found = [
            await asyncio.to_thread(read, proxy.place, kind),
            await read_async(proxy.place, kind),
        ]
    for events, _ in found:
        assert any(isinstance(event, Reconnected) for event in events)
        assert joined(events) == expected
        usage = fold(events).usage
        assert usage is not None and usage.completion_tokens == 60


def test_who_is_patient_no_longer_has_what_came(server: Server) -> None:
    with CuttingProxy(port(server), cuts=0.0) as proxy:
        client = rillet.Client(proxy.place, api="openai", reconnect=0.5)
        stream = begun(client, "chat", options={"num_predict": 3000})
        first = next(stream)
    with client, pytest.raises(rillet.StreamTruncated, match="did not come back") as caught:
        list(stream)
    with rillet.Client(server.url) as other:
        left = other.resume(stream.id)
        next(left)
        left.stop()
    assert isinstance(first, Text)
    assert caught.value.partial is not None
    assert caught.value.partial.text.startswith(first.text)


@pytest.mark.parametrize("api", ["ollama", "openai"])
def test_who_leaves_comes_back_later(server: Server, api: Any) -> None:
    with rillet.Client(server.url, api=api) as client:
        expected = begun(client, "chat").reply().text
        for count in (1, 7):
            seen = ""
            stream = begun(client, "chat", on_disconnect="keep")
            for at, piece in enumerate(stream.text(), 1):
                seen += piece
                if at == count:
                    name, after = stream.detach(), stream.last
            assert not stream.stopped and name == stream.id
            rest = client.resume(name, after=after).reply()
            assert rest.complete and seen + rest.text == expected


async def test_an_answer_is_begun_and_left(server: Server) -> None:
    async with rillet.AsyncClient(server.url) as client:
        expected = (await begun(client, "chat").reply()).text
        name = await begun(client, "chat", on_disconnect=30).detach()
        assert (await client.resume(name).reply()).text == expected


def test_who_says_cancel_is_taken_at_the_word(server: Server) -> None:
    # A schema keeps the small model writing: by itself it may be done before the hang-up is seen.
    wish = {"type": "array", "items": {"type": "integer"}, "minItems": 300}
    long: dict[str, Any] = {"format": wish, "options": {"num_predict": 3000}}
    with rillet.Client(server.url) as client:
        name = begun(client, "chat", on_disconnect="cancel", **long).detach()
        # A reader who comes before the hang-up is seen keeps it going: so this only looks.
        asked = urllib.request.Request(f"{server.url}/api/streams/{name}", method="HEAD")
        until = time.monotonic() + 60
        while urllib.request.urlopen(asked).headers["rillet-state"] != "done":
            assert time.monotonic() < until
            time.sleep(0.01)
        assert client.resume(name).reply().done_reason == "cancel"


@pytest.mark.parametrize("wrong", ["never", -1, True, 100_000])
def test_a_wish_that_is_none_is_refused(server: Server, wrong: Any) -> None:
    with rillet.Client(server.url) as client, pytest.raises(rillet.InvalidRequest):
        begun(client, "chat", on_disconnect=wrong)


@pytest.mark.slow
def test_many_streams_through_a_cutting_proxy(server: Server) -> None:
    """A count by RILLET_TEST_STREAMS; 1,000 by hand, fewer in CI. Half of them with asyncio."""
    count = int(os.environ.get("RILLET_TEST_STREAMS", "40"))

    async def others() -> list[tuple[list[Event], str]]:
        async def another(number: int) -> tuple[list[Event], str]:
            async with places:
                return await read_async(proxy.place, KINDS[number % 2])

        places = asyncio.Semaphore(16)
        return await asyncio.gather(*(another(number) for number in range(count // 2)))

    with CuttingProxy(port(server), cuts=0.9, most=4000) as proxy:
        with ThreadPoolExecutor(16) as threads:
            kinds = [KINDS[number % 2] for number in range(count - count // 2)]
            found = list(threads.map(lambda kind: read(proxy.place, kind), kinds))
        found += asyncio.run(others())
    with rillet.Client(server.url) as client:
        for events, name in found:
            assert joined(events) == client.resume(name).reply().text != ""
    print({"streams": len(found), "cuts": proxy.count})
    assert proxy.count > count
