"""OpenAI's Responses over a real socket; the forms of events are tested with the encoder."""

import json
import re

from rillet.words.errors import ServerError
from rillet.words.events import Finish, Text, ToolCall

from .conftest import Running
from .scripted import ScriptedGeneration, failing

ASK = {"model": "tiny", "input": "hi"}


async def test_a_whole_response(server: Running) -> None:
    answer = (await server.ask("POST", "/v1/responses", ASK)).json()
    assert answer["status"] == "completed"
    assert answer["output"][0]["content"][0]["text"] == "Hello"


async def test_a_stream_counts_its_events(server: Running) -> None:
    answer = await server.ask("POST", "/v1/responses", {**ASK, "stream": True})
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-cache"
    records = [json.loads(data) for data in re.findall(r"^data: (.*)$", answer.body.decode(), re.M)]
    assert [record["sequence_number"] for record in records] == list(range(len(records)))
    assert records[-1]["type"] == "response.completed"


async def test_an_error_in_mid_stream_is_said(server: Running) -> None:
    server.operations.next = failing(ServerError("engine died"), after=[Text("x")])
    answer = await server.ask("POST", "/v1/responses", {**ASK, "stream": True})
    last = json.loads(re.findall(r"^data: (.*)$", answer.body.decode(), re.M)[-1])
    assert last["type"] == "response.failed"
    assert last["response"]["error"]["message"] == "engine died"


async def test_an_unknown_model(server: Running) -> None:
    answer = await server.ask("POST", "/v1/responses", {**ASK, "model": "nope", "stream": True})
    assert (answer.status, answer.headers["cache-control"]) == (404, "no-cache")
    assert answer.json()["error"]["message"] == "model 'nope' not found"


async def test_only_errors_of_streams_that_were_understood_are_not_to_be_kept(
    server: Running,
) -> None:
    for path in ("/v1/responses", "/v1/messages"):
        for body in ({"model": "nope", "max_tokens": 1}, {"model": "tiny", "stream": "x"}):
            answer = await server.ask("POST", path, {**ASK, **body})
            assert answer.status in (400, 404) and "cache-control" not in answer.headers


async def test_blanks_before_a_call_are_no_item(server: Running) -> None:
    call, end = ToolCall("f", {"a": 1}, "c1"), Finish("stop")
    for text, kinds in (("\n\n", ["function_call"]), ("So", ["message", "function_call"])):
        server.operations.next = ScriptedGeneration(((Text(text),), (call,), (end,)))
        answer = (await server.ask("POST", "/v1/responses", ASK)).json()
        assert [item["type"] for item in answer["output"]] == kinds


async def test_an_input_is_missed_only_where_the_model_is_there(server: Running) -> None:
    for model, status, text in (
        ("nope", 404, "model 'nope' not found"),
        ("tiny", 400, "input is required"),
    ):
        answer = await server.ask("POST", "/v1/responses", {"model": model, "input": []})
        assert (answer.status, answer.json()["error"]["message"]) == (status, text)


async def test_instructions_alone_are_answered(server: Running) -> None:
    answer = await server.ask("POST", "/v1/responses", {"model": "tiny", "instructions": "Say hi"})
    assert answer.status == 200
    (request,) = server.operations.asked
    assert [(turn.role, turn.content) for turn in request.messages] == [("system", "Say hi")]


async def test_a_number_that_no_float_holds_breaks_no_answer(server: Running) -> None:
    """It stands in fields that are only repeated, or that nobody knows."""
    for stream in ("false", "true"):
        item = '{"role":"user","content":"hi","x":1e400}'
        body = f'{{"model":"tiny","input":[{item}],"metadata":{{"a":1e400}},"stream":{stream}}}'
        answer = await server.ask("POST", "/v1/responses", body.encode())
        assert answer.status == 200 and b'"metadata":{"a":null}' in answer.body
        assert b'"status":"completed"' in answer.body
