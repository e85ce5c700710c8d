"""/api/generate, /api/chat, /api/embed, /api/embeddings over a real socket."""

import pytest

from rillet.words.errors import Busy, ServerError
from rillet.words.events import Finish, Progress, Text, ToolCall

from .conftest import Running
from .scripted import STOP, ScriptedGeneration, failing

HI = {"model": "tiny", "prompt": "hi"}
CHAT = {"model": "tiny", "messages": [{"role": "USER", "content": "hi"}]}


async def test_a_stream_is_one_record_a_line_and_ends_with_done(server: Running) -> None:
    answer = await server.ask("POST", "/api/generate", HI)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["x-accel-buffering"] == "no"
    first, second, last = answer.lines()
    assert (first["response"], second["response"]) == ("Hel", "lo")
    assert (first["done"], last["done"], last["done_reason"]) == (False, True, "stop")
    assert last["context"] == [1, 2] and last["eval_count"] == 2


async def test_without_a_stream_it_is_one_object(server: Running) -> None:
    answer = await server.ask("POST", "/api/chat", {**CHAT, "stream": False})
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json()["message"] == {"role": "assistant", "content": "Hello"}
    assert answer.json()["done"] is True
    assert server.operations.asked[0].messages[0].role == "user"


@pytest.mark.parametrize("extra", [{}, {"stream": True}])
@pytest.mark.parametrize(
    ("keep_alive", "reason"), [("5m", "load"), (0, "unload"), (1e-10, "unload")]
)
async def test_load_and_unload_are_one_object_even_on_a_stream(
    server: Running, extra: dict[str, bool], keep_alive: object, reason: str
) -> None:
    body = {"model": "tiny", "keep_alive": keep_alive, **extra}
    answer = await server.ask("POST", "/api/generate", body)
    assert answer.headers["content-type"].startswith("application/json")
    assert (answer.json()["done_reason"], answer.json()["response"]) == (reason, "")


async def test_the_name_is_echoed_as_it_came(server: Running) -> None:
    answer = await server.ask("POST", "/api/generate", {**HI, "model": "TINY:latest"})
    assert {line["model"] for line in answer.lines()} == {"TINY:latest"}


@pytest.mark.parametrize(
    ("path", "model", "status", "text"),
    [
        ("/api/generate", None, 404, "model '' not found"),
        ("/api/generate", " ", 404, "model ' ' not found"),
        ("/api/generate", "nope", 404, "model 'nope' not found"),
        ("/api/generate", "bad name", 400, "invalid model name"),
        ("/api/chat", "", 400, "model is required"),
        ("/api/chat", "nope:7b", 404, "model 'nope:7b' not found"),
        ("/api/embed", None, 404, "model '' not found"),
        ("/api/embed", "nope", 404, 'model "nope" not found, try pulling it first'),
        ("/api/embeddings", None, 400, "model is required"),
        ("/api/embeddings", "nope", 404, 'model "nope" not found, try pulling it first'),
        ("/api/show", "", 400, "model is required"),
        ("/api/show", "nope", 404, "model 'nope:latest' not found"),
        (
            "/api/chat",
            "x:cloud:local",
            400,
            'use either :local or :cloud, not both: "x:cloud:local"',
        ),
        ("/api/chat", "x:cloud", 403, "ollama cloud is disabled: remote model is unavailable"),
        (
            "/api/show",
            "x:cloud",
            403,
            "ollama cloud is disabled: remote model details are unavailable",
        ),
    ],
)
async def test_each_endpoint_has_its_own_words_for_a_missing_model(
    server: Running, path: str, model: str | None, status: int, text: str
) -> None:
    body = {"prompt": "x", "input": "x"} if model is None else {"model": model, "prompt": "x"}
    answer = await server.ask("POST", path, body)
    assert (answer.status, answer.json()) == (status, {"error": text})


async def test_an_error_before_the_first_event_has_its_status(server: Running) -> None:
    server.operations.next = failing(ServerError("too long", status=400))
    answer = await server.ask("POST", "/api/generate", HI)
    assert (answer.status, answer.json()) == (400, {"error": "too long"})
    assert server.operations.next.closed.is_set()


async def test_a_busy_service_says_when_to_come_back(server: Running) -> None:
    server.operations.error = Busy("server busy", status=503, retry_after=2.4)
    answer = await server.ask("POST", "/api/generate", HI)
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")
    assert answer.json() == {"error": "server busy"}  # without the hint


async def test_an_error_in_mid_stream_is_the_last_record(server: Running) -> None:
    server.operations.next = failing(ServerError("engine died"), after=[Text("one")])
    answer = await server.ask("POST", "/api/generate", HI)
    assert answer.status == 200
    assert answer.lines()[1:] == [{"error": "engine died"}]


async def test_a_source_that_just_ends_is_an_error_on_both_ways(server: Running) -> None:
    server.operations.next = ScriptedGeneration(((Text("one"),),))
    assert "error" in (await server.ask("POST", "/api/generate", HI)).lines()[-1]
    server.operations.next = ScriptedGeneration(((Text("one"),),))
    whole = await server.ask("POST", "/api/generate", {**HI, "stream": False})
    assert whole.status == 502 and "error" in whole.json()


async def test_a_bug_is_a_500_that_tells_nothing(
    server: Running, caplog: pytest.LogCaptureFixture
) -> None:
    server.operations.error = KeyError("secret")
    answer = await server.ask("POST", "/api/chat", CHAT)
    assert (answer.status, answer.json()) == (500, {"error": "internal server error"})
    assert "secret" in caplog.text


async def test_waiting_is_told_on_a_stream_and_not_in_a_whole_answer(server: Running) -> None:
    batches = ((Progress("queued", queue_position=2),), (Text("x"), STOP))
    server.operations.next = ScriptedGeneration(batches)
    lines = (await server.ask("POST", "/api/chat", CHAT)).lines()
    assert (lines[0]["queue_position"], lines[0]["done"]) == (2, False)
    server.operations.next = ScriptedGeneration(batches)
    answer = await server.ask("POST", "/api/chat", {**CHAT, "stream": False})
    assert "queue_position" not in answer.json()


async def test_tool_calls_come_as_objects(server: Running) -> None:
    call = ToolCall("f", {"a": 1}, "c1")
    server.operations.next = ScriptedGeneration(((call,), (Finish("stop"),)))
    answer = await server.ask("POST", "/api/chat", CHAT)
    function = answer.lines()[0]["message"]["tool_calls"][0]["function"]
    assert function == {"index": 0, "name": "f", "arguments": {"a": 1}}


async def test_debug_render(server: Running) -> None:
    answer = await server.ask("POST", "/api/generate", {**HI, "_debug_render_only": True})
    assert answer.json()["_debug_info"] == {"rendered_template": "<rendered>"}
    assert answer.json()["done"] is False


@pytest.mark.parametrize(("path", "body"), [("/api/generate", {}), ("/api/chat", {"messages": []})])
async def test_without_anything_to_render_the_model_is_loaded(
    server: Running, path: str, body: dict[str, object]
) -> None:
    asked = {"model": "tiny", "_debug_render_only": True, **body}
    assert (await server.ask("POST", path, asked)).json()["done_reason"] == "load"


NO_IMAGE = "json: cannot unmarshal {} into Go struct field GenerateRequest.images of type {}"


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (7, NO_IMAGE.format("number", "api.ImageData")),
        ({}, NO_IMAGE.format("object", "api.ImageData")),
        ([256], NO_IMAGE.format("number 256", "uint8")),
        (["a"], NO_IMAGE.format("string", "uint8")),
    ],
)
async def test_an_image_is_bytes(server: Running, image: object, said: str) -> None:
    answer = await server.ask("POST", "/api/generate", {**HI, "images": [image]})
    assert (answer.status, answer.json()) == (400, {"error": said})


async def test_a_list_of_bytes_is_an_image_too(server: Running) -> None:
    await server.ask("POST", "/api/generate", {**HI, "images": [[104, 105], [], None]})
    assert server.operations.asked[0].images == ["aGk=", "", ""]


async def test_null_in_a_list_is_an_empty_item(server: Running) -> None:
    await server.ask("POST", "/api/chat", {"model": "tiny", "messages": [None]})
    await server.ask("POST", "/api/generate", {**HI, "context": [None, 5]})
    chat, generate = server.operations.asked
    assert (chat.messages[0].role, chat.messages[0].content) == ("", "")
    assert generate.context == [0, 5]


async def test_the_least_time_below_none_is_for_ever(server: Running) -> None:
    await server.ask("POST", "/api/generate", {**HI, "keep_alive": -1e-12})
    assert server.operations.asked[0].keep_alive < 0


async def test_the_name_is_looked_at_before_the_format(server: Running) -> None:
    answer = await server.ask("POST", "/api/generate", {"model": "nope", "prompt": "", "format": 1})
    assert answer.status == 404


async def test_top_logprobs_are_looked_at_before_the_name(server: Running) -> None:
    answer = await server.ask("POST", "/api/generate", {"top_logprobs": 21})
    assert answer.json() == {"error": "top_logprobs must be between 0 and 20"}


@pytest.mark.parametrize("value", [7, {"a": 1}, [1], True, ["a", None], "x"])
async def test_embed_takes_texts_alone(server: Running, value: object) -> None:
    answer = await server.ask("POST", "/api/embed", {"model": "tiny", "input": value})
    if value == "x":
        assert answer.json()["embeddings"] == [[0.6, 0.8]]
        assert answer.json()["model"] == "tiny"
    else:
        assert (answer.status, answer.json()) == (400, {"error": "invalid input type"})


@pytest.mark.parametrize("body", [{}, {"input": ""}, {"input": []}, {"input": None}])
async def test_nothing_to_embed_is_an_empty_list(server: Running, body: dict[str, object]) -> None:
    answer = await server.ask("POST", "/api/embed", {"model": "tiny", **body})
    assert answer.json() == {"model": "tiny", "embeddings": []}


async def test_the_older_embeddings(server: Running) -> None:
    body = {"model": "tiny", "prompt": "x"}
    assert (await server.ask("POST", "/api/embeddings", body)).json() == {"embedding": [3.0, 4.0]}
    answer = await server.ask("POST", "/api/embeddings", {"model": "tiny"})
    assert answer.json() == {"embedding": []}
