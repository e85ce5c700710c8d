"""Responses in the background: resumed, ended, deleted; also by the package of OpenAI."""

import json
from typing import Any

import pytest

from rillet.words.events import Finish, Text

from .scripted import HELLO, STOP
from .test_recorded_answers import Stopping, recording

ASKED = {"model": "tiny", "input": "hi", "background": True}


def numbers(body: bytes) -> list[int]:
    return [
        json.loads(line[6:])["sequence_number"]
        for line in body.split(b"\n")
        if line.startswith(b"data: ")
    ]


async def test_events_from_any_place() -> None:
    async with recording() as server:
        whole = await server.ask("POST", "/v1/responses", {**ASKED, "stream": True})
        first = json.loads(whole.body.split(b"\n")[1][6:])
        path = f"/v1/responses/{first['response']['id']}?stream=true"
        assert numbers(whole.body) == list(range(len(numbers(whole.body))))
        for place in range(-1, len(numbers(whole.body))):
            rest = await server.ask("GET", f"{path}&starting_after={place}")
            assert numbers(rest.body) == numbers(whole.body)[place + 1 :]
        again = await server.ask("GET", path)
        assert numbers(again.body) == numbers(whole.body)


async def test_without_a_stream_it_is_asked_for_later() -> None:
    async with recording() as server:
        generation = Stopping((*HELLO[:-1], (STOP,))).hold(1)
        server.operations.next = generation
        begun = (await server.ask("POST", "/v1/responses", ASKED)).json()
        path = f"/v1/responses/{begun['id']}"
        assert begun["status"] == "queued" and begun["background"] is True
        assert (await server.ask("GET", path)).json()["status"] == "in_progress"
        generation.let(3)
        reading = await server.ask("GET", path + "?stream=true")
        assert b"response.completed" in reading.body
        done = (await server.ask("GET", path)).json()
        assert done["status"] == "completed"
        assert done["output"][0]["content"][0]["text"] == "Hello"


async def test_it_is_cancelled_and_deleted() -> None:
    async with recording() as server:
        server.operations.next = Stopping().hold(1)
        begun = (await server.ask("POST", "/v1/responses", ASKED)).json()
        path = f"/v1/responses/{begun['id']}"
        ended = await server.ask("POST", f"{path}/cancel")
        assert (ended.status, ended.json()["status"]) == (200, "cancelled")
        stream = (await server.ask("GET", path + "?stream=true")).body
        assert b'"status":"cancelled"' in stream and b"response.completed" not in stream
        gone = (await server.ask("DELETE", path)).json()
        assert gone == {"id": begun["id"], "object": "response", "deleted": True}
        assert (await server.ask("GET", path)).status == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_what_is_not_there(method: str) -> None:
    async with recording() as server:
        for id in ("resp_1", "resp_" + "0" * 32, "resp_1/input_items"):
            answer = await server.ask(method, f"/v1/responses/{id}")
            assert answer.status == 404 and f"'{id}' not found" in answer.json()["error"]["message"]


async def test_what_is_no_response_is_no_path() -> None:
    async with recording() as server:
        for method, name in (("GET", "x"), ("POST", "compact"), ("POST", "input_tokens")):
            answer = await server.ask(method, f"/v1/responses/{name}")
            assert (answer.status, answer.body) == (404, b"404 page not found")


async def test_the_package_of_openai_resumes() -> None:
    openai = pytest.importorskip("openai", reason="the package openai is not installed")
    async with recording() as server:
        texts = tuple((Text(f"{number} "),) for number in range(20))
        generation = Stopping((*texts, (Finish("stop"),))).hold(10)
        server.operations.next = generation
        async with openai.AsyncOpenAI(
            base_url=f"http://127.0.0.1:{server.port}/v1", api_key="k", max_retries=0
        ) as client:
            events: list[Any] = []
            stream = await client.responses.create(
                model="tiny", input="hi", background=True, stream=True
            )
            async for event in stream:
                events.append(event)
                if len(events) == 8:
                    break
            await stream.close()
            generation.let(21)
            id = events[0].response.id
            rest = await client.responses.retrieve(
                id, stream=True, starting_after=events[-1].sequence_number
            )
            events += [event async for event in rest]
        assert [event.sequence_number for event in events] == list(range(len(events)))
        deltas = [e.delta for e in events if e.type == "response.output_text.delta"]
        assert "".join(deltas) == "".join(f"{number} " for number in range(20))
        assert events[-1].type == "response.completed"
