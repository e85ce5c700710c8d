"""Responses that are stored: gone on with, shown by the ids of their items, forgotten."""

import json
import re
from typing import Any

import pytest

from rillet.server.kept_responses import KeptResponses
from rillet.words.events import Event, Finish, Thinking, ToolCall

from .conftest import Running
from .scripted import ScriptedGeneration

ASK: dict[str, Any] = {"model": "tiny", "input": "hi"}
CALLING: tuple[tuple[Event, ...], ...] = (
    (Thinking("hm"), ToolCall("f", {"a": 1}, "c1")),
    (Finish("stop"),),
)
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "22"}


def said(server: Running) -> list[tuple[str, str]]:
    return [(turn.role, turn.content) for turn in server.operations.asked[-1].messages]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_conversation_goes_on_by_the_id_of_its_last_response(
    server: Running, stream: bool
) -> None:
    id = ""
    for text in ("one", "two", "three"):
        body = {**ASK, "input": text, "stream": stream, "previous_response_id": id or None}
        answer = await server.ask("POST", "/v1/responses", {**body, "instructions": "S" + text})
        told = (
            json.loads(re.findall(r"^data: (.*)$", answer.body.decode(), re.M)[-1])
            if stream
            else {}
        )
        response = told.get("response") or answer.json()
        assert (response["store"], response["previous_response_id"]) == (False, id or None)
        id = response["id"]
    assert said(server) == [
        ("system", "Sthree"),
        *(("user", "one"), ("assistant", "Hello")),
        *(("user", "two"), ("assistant", "Hello")),
        ("user", "three"),
    ]
    kept = await server.ask("GET", f"/v1/responses/{id}")
    assert kept.json() == response


async def test_that_it_is_stored_is_told_to_who_asked_for_it_in_words(server: Running) -> None:
    for told, said in ((True, {"store": True}), (False, {"store": False}), (False, {})):
        assert (await server.ask("POST", "/v1/responses", ASK | said)).json()["store"] is told


async def test_items_are_shown_by_their_ids(server: Running) -> None:
    """As the `ai` package for JavaScript does in a loop of tools."""
    server.operations.next = ScriptedGeneration(CALLING)
    first = (await server.ask("POST", "/v1/responses", ASK)).json()
    server.operations.next = None
    references = [{"type": "item_reference", "id": item["id"]} for item in first["output"]]
    user = {"role": "user", "content": "hi"}
    second = {**ASK, "input": [user, *references, RESULT]}
    answer = await server.ask("POST", "/v1/responses", second)
    assert answer.status == 200, answer.body
    turn = server.operations.asked[-1].messages[1]
    assert (turn.thinking, turn.tool_calls[0].function.arguments) == ("hm", {"a": 1})
    assert said(server)[2] == ("tool", "22")


@pytest.mark.parametrize("way", ["not stored", "another's", "deleted", "never was"])
async def test_what_is_not_here_is_said(server: Running, way: str) -> None:
    body = {**ASK, "store": way != "not stored"}
    response = (await server.ask("POST", "/v1/responses", body)).json()
    id = response["id"] if way != "never was" else "resp_7"
    if way == "deleted":
        gone = await server.ask("DELETE", f"/v1/responses/{id}")
        assert gone.json() == {"id": id, "object": "response", "deleted": True}
    headers = {"authorization": "Bearer other"} if way == "another's" else {}
    answer = await server.ask(
        "POST", "/v1/responses", {**ASK, "previous_response_id": id}, headers=headers
    )
    assert answer.status == 400
    assert answer.json()["error"]["message"].startswith(f"Previous response with id '{id}' not")
    reference = [{"type": "item_reference", "id": response["output"][0]["id"]}]
    answer = await server.ask("POST", "/v1/responses", {**ASK, "input": reference}, headers=headers)
    if way != "never was":
        assert "is not kept here, send it whole" in answer.json()["error"]["message"]
        assert (await server.ask("GET", f"/v1/responses/{id}", headers=headers)).status == 404


def response(id: str) -> dict[str, Any]:
    return {"id": id, "output": [{"id": f"msg_{id}", "text": "x" * 100}], "store": False}


def test_where_room_is_needed_the_conversation_goes_that_was_not_used_for_the_longest() -> None:
    kept = KeptResponses(most_bytes=1100)
    for id, earlier in (("a", ""), ("b", "a"), ("c", "")):
        kept.keep("", response(id), [], earlier)
    assert kept.conversation("b", "")
    kept.keep("", response("d"), [{"text": "x" * 400}])
    assert kept.response("c", "") is None and kept.conversation("b", "") and kept.response("d", "")
    kept.keep("", response("e"), [{"text": "x" * 2000}])
    assert not any(kept.response(id, "") for id in "abcde")
    reference = {"type": "item_reference", "id": "msg_a"}
    assert kept.remembered({"input": [reference]}, "")[0] == {"input": [reference]}


def test_a_conversation_without_its_beginning_is_none() -> None:
    kept = KeptResponses(most=2)
    for id, earlier in (("a", ""), ("b", "a"), ("c", "b")):
        kept.keep("", response(id), [], earlier)
    assert kept.conversation("c", "") is None and kept.response("c", "")
