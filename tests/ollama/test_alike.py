"""The drop-in beside the package itself: the same calls of the same server, the same values."""

import inspect
import json
import types
from collections.abc import Callable
from typing import Any

import pytest

import rillet.ollama as ours
from rillet.testing import CHUNKED, LAST_CHUNK, Script, ScriptedServer, answer, chunk

theirs = pytest.importorskip("ollama")
BOTH = (theirs, ours)
HI = [{"role": "user", "content": "hi"}]
CALLS = [name for name in theirs.__all__ if name.islower()] + [
    name for name in vars(theirs) if inspect.ismethod(getattr(theirs, name)) and name[0] != "_"
]
MODELS = [
    name
    for name in theirs.__all__
    if hasattr(getattr(theirs, name), "model_fields") and name != "Image"
]


def plain(value: Any) -> Any:
    """A value of either package in a form that can be compared."""
    if hasattr(value, "model_dump"):
        return {name: plain(each) for name, each in dict(value).items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value


def outcome(call: Callable[[], Any]) -> Any:
    """What a call gives, or how it fails."""
    try:
        return plain(call())
    except Exception as error:
        return type(error).__name__, getattr(error, "error", None), getattr(error, "status_code", 0)


def test_every_name_is_here() -> None:
    assert set(theirs.__all__) <= set(ours.__all__)
    for name in CALLS:
        assert callable(getattr(ours, name))


@pytest.mark.parametrize("name", CALLS)
def test_signatures(name: str) -> None:
    for client in ("Client", "AsyncClient"):
        found = []
        for package in BOTH:
            method = getattr(getattr(package, client), name)
            assert inspect.iscoroutinefunction(method) is (client == "AsyncClient")
            signature = inspect.signature(method)
            found.append([(p.name, p.kind, p.default) for p in signature.parameters.values()])
        assert found[0] == found[1]


@pytest.mark.parametrize("name", MODELS)
def test_fields(name: str) -> None:
    def fields(kind: Any) -> list[str]:
        return [field for field in kind.model_fields if field != "min_p"]

    assert fields(getattr(ours, name)) == fields(getattr(theirs, name))


def test_what_a_value_can_do() -> None:
    seen = []
    for package in BOTH:
        call = {"function": {"name": "f", "arguments": {"a": [1, "ü"]}}}
        message = package.Message(role="user", content="x", tool_calls=[call], unknown=1)
        other = package.Message(role="user", content=None)
        copied = message.model_copy(update={"content": "y"})
        other["thinking"] = None
        seen.append(
            [
                [name in message for name in ("role", "content", "images", "nothing", "unknown")],
                ["content" in other, "thinking" in other, "images" in other, other["content"]],
                [message.get("images", 1), message.get("nothing", 1)],
                message.model_dump(),
                message.model_dump(exclude_none=True),
                message.model_dump(include={"role"}),
                message.model_dump(exclude={"role"}, exclude_unset=True),
                message.model_dump_json(),
                message.model_dump_json(indent=2, exclude_none=True),
                [str(message), repr(message)],
                [
                    copied.content,
                    message.content,
                    copied == message,
                    message == message.model_copy(),
                ],
                [name for name, _ in message],
                package.Message.model_validate(message.model_dump()) == message,
                package.Message.model_validate_json(message.model_dump_json()) == message,
                message.tool_calls[0]["function"]["arguments"],
                outcome(lambda p=package: p.Message().role)[0] == "ValidationError",
                outcome(lambda p=package: p.Message(role="x", content=[1]).role)[0],
                outcome(lambda m=message: m["nothing"])[:1],
                sorted(message.model_fields_set),
                plain(package.Options(temperature=0, stop=["a"]).model_dump(exclude_none=True)),
                package.Tool(
                    function={"name": "f", "parameters": {"$defs": {"a": 1}}}
                ).model_dump(),
                package.Image(value=b"x").model_dump(),
                package.ListResponse.Model(size=12345678).size.human_readable(),
                str(package.ResponseError('{"error": "x"}', 400)),
            ]
        )
    for mine, their in zip(seen[1], seen[0], strict=True):
        assert mine == their


def record(content: str | None = "", **more: Any) -> bytes:
    message = {"role": "assistant", "content": content, **more.pop("message", {})}
    said = {"model": "m", "created_at": "2026-01-01T00:00:00.123456789Z", "message": message}
    return json.dumps({**said, "done": False, **more}).encode() + b"\n"


TOOL = {"function": {"name": "f", "arguments": {"a": 1}}}
LOGPROBS = [
    {
        "token": "a",
        "logprob": -0.5,
        "bytes": [97],
        "top_logprobs": [{"token": "b", "logprob": -1.5}],
    }
]
COUNTS = {"total_duration": 5, "load_duration": 1, "prompt_eval_count": 3, "eval_count": 2}
CHATS: dict[str, list[bytes]] = {
    "text": [record("a"), record("b"), record("", done=True, done_reason="stop", **COUNTS)],
    "an empty record first": [record(""), record("a"), record(""), record("b", done=True)],
    "thinking": [record("", message={"thinking": "t"}), record("a"), record("", done=True)],
    "a call": [record("", message={"tool_calls": [TOOL]}), record("", done=True)],
    "log probabilities": [record("a", logprobs=LOGPROBS), record("", done=True)],
    "no content": [record(None), record("a"), record(None, done=True)],
    "text at the end": [record("a"), record("b", done=True, done_reason="length")],
    "an error": [record("a"), b'{"error":"boom"}\n'],
}
GENERATED: list[bytes] = [
    b'{"model":"m","created_at":"t","response":"a","done":false}\n',
    b'{"model":"m","created_at":"t","response":"","thinking":"b","done":false}\n',
    b'{"model":"m","created_at":"t","response":"","completed":1,"total":4,"done":false}\n',
    b'{"model":"m","created_at":"t","response":"","done":true,"context":[1,2],"eval_count":1}\n',
]


def streamed(records: list[bytes]) -> Script:
    return [CHUNKED, *map(chunk, records), LAST_CHUNK]


def parts(stream: Any) -> tuple[list[Any], Any]:
    """All of a stream, and how it failed if it did."""
    seen: list[Any] = []
    try:
        for part in stream:
            seen.append((plain(part), sorted(part.model_fields_set), part.get("done_reason")))
    except Exception as error:
        return seen, (type(error).__name__, getattr(error, "error", None))
    return seen, None


@pytest.mark.parametrize("name", CHATS)
def test_streams_part_by_part(name: str) -> None:
    with ScriptedServer(streamed(CHATS[name])) as server:
        seen = [parts(package.Client(server.url).chat("m", HI, stream=True)) for package in BOTH]
    assert seen[1] == seen[0]


@pytest.mark.parametrize("name", CHATS)
async def test_the_same_with_asyncio(name: str) -> None:
    async def collected(client: Any) -> tuple[list[Any], Any]:
        seen = []
        try:
            async for part in await client.chat("m", HI, stream=True):
                seen.append(plain(part))
        except Exception as error:
            return seen, (type(error).__name__, getattr(error, "error", None))
        return seen, None

    with ScriptedServer(streamed(CHATS[name])) as server:
        seen = [await collected(package.AsyncClient(server.url)) for package in BOTH]
    assert seen[1] == seen[0]


def test_generate_part_by_part() -> None:
    with ScriptedServer(streamed(GENERATED)) as server:
        seen = [
            parts(package.Client(server.url).generate("m", "x", stream=True)) for package in BOTH
        ]
    assert seen[1] == seen[0]


MODEL = {
    "name": "m:latest",
    "model": "m:latest",
    "modified_at": "2026-01-01T00:00:00.123456789+02:00",
    "size": 123,
    "digest": "d",
    "details": {"format": "gguf", "families": None, "family": "llama"},
    "more": 1,
}
ANSWERS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "chat": (lambda c: c.chat("m", HI), json.loads(CHATS["text"][0])),
    "generate": (lambda c: c.generate("m", "x"), {**json.loads(GENERATED[3]), "response": "a"}),
    "embed": (lambda c: c.embed("m", ["a"]), {"model": "m", "embeddings": [[1, 0.5]], **COUNTS}),
    "embeddings": (lambda c: c.embeddings("m", "a"), {"embedding": [1, 0.5]}),
    "list": (lambda c: c.list(), {"models": [MODEL]}),
    "nothing listed": (lambda c: c.list(), {"models": []}),
    "ps": (lambda c: c.ps(), {"models": [{**MODEL, "expires_at": "0001-01-01T00:00:00Z"}]}),
    "show": (lambda c: c.show("m"), {"modelfile": "", "model_info": {"a": 1}, "license": "l"}),
    "delete": (lambda c: c.delete("m"), {}),
    "copy": (lambda c: c.copy("m", "n"), {}),
    "pull": (lambda c: c.pull("m"), {"status": "success"}),
    "create": (lambda c: c.create("m", from_="n"), {"status": "success"}),
    "an error": (lambda c: c.pull("m"), {"error": "no"}),
    "systemone": (
        lambda c: c.systemone("m", "s", {"q": {"type": "noul", "instructions": "i"}}),
        {
            "model": "m",
            "answers": {"q": {"type": "noul", "noul": 0.5}},
            "usage": {"input_tokens": 1, "output_tokens": 2},
        },
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_whole_answers(name: str) -> None:
    call, body = ANSWERS[name]
    if name in ("chat", "generate"):
        body = {**body, "done": True}
    status = "400 Bad Request" if "error" in body else "200 OK"
    sent = answer(json.dumps(body).encode(), status=status)
    with ScriptedServer([sent]) as server:
        seen = [outcome(lambda p=package: call(p.Client(server.url))) for package in BOTH]
        paths = [(request.method, request.path) for request in server.requests]
        bodies = [json.loads(request.body or b"{}") for request in server.requests]
    assert seen[1] == seen[0]
    assert paths[0] == paths[1]
    for asked in bodies:
        asked.pop("stream", None)  # ours are always streams: they can be stopped
        for name in ("tools", "insecure"):
            if not asked.get(name):
                asked.pop(name, None)
    assert bodies[1] == bodies[0]


def get_weather(city: str, days: int = 1, unit: str | None = None) -> str:
    """
    Weather of a city

    Args:
        city (str): which one
        days: how many,
            from today

    Returns:
        str: in a word
    """
    return "sunny"


def undocumented(x: float, y) -> None:  # type: ignore[no-untyped-def]
    pass


@pytest.mark.parametrize("function", [get_weather, undocumented])
def test_functions_as_tools(function: Any) -> None:
    with ScriptedServer(streamed(CHATS["text"])) as server:
        for package in BOTH:
            list(package.Client(server.url).chat("m", HI, tools=[function], stream=True))
        their, mine = (json.loads(request.body)["tools"][0] for request in server.requests)
    for tool in (their, mine):
        assert tool["type"] == "function" and tool["function"]["name"] == function.__name__
        assert list(tool["function"]["parameters"]["properties"]) == list(
            inspect.signature(function).parameters
        )
    for name, schema in their["function"]["parameters"]["properties"].items():
        own = mine["function"]["parameters"]["properties"][name]
        assert own["type"] == schema["type"]
        assert own.get("description", "") == schema.get("description", "")
    assert mine["function"]["description"].strip() == their["function"]["description"].strip()


REQUESTS: dict[str, Callable[[Any, Any], Any]] = {
    "history": lambda p, c: c.chat(
        "m",
        [
            p.Message(role="assistant", content=None, tool_calls=[TOOL]),
            {"role": "tool", "content": "1", "tool_name": "f", "images": None, "thinking": None},
            {"role": "assistant", "content": None, "unknown": 1},
            p.Message(role="user", content="x", images=[p.Image(value=b"png")]).model_dump(),
        ],
        options=p.Options(temperature=0.5, seed=1),
        format={"type": "object"},
        keep_alive=-1,
        think="low",
    ),
    "messages": lambda p, c: c.chat(
        "m", [p.Message(role="user", content="x", images=[p.Image(value=b"a")])]
    ),
    "no messages": lambda p, c: c.chat("m"),
    "generate": lambda p, c: c.generate(
        "m", "p", "s", system="y", images=[b"png"], options={"num_ctx": 5}, raw=True, width=5
    ),
    "load": lambda p, c: c.generate("m"),
    "format": lambda p, c: c.chat("m", HI, format="json", logprobs=True, top_logprobs=2),
    "tool": lambda p, c: c.chat(
        "m", HI, tools=[p.Tool(function={"name": "f", "description": "d"})]
    ),
    "create": lambda p, c: c.create(
        "m", from_="n", files={"a": "sha256:1"}, parameters={"seed": 1}, system="s", license=["l"]
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_sent(name: str) -> None:
    with ScriptedServer(
        streamed([record("a", done=True, response="a", status="success")])
    ) as server:
        for package in BOTH:
            client = package.Client(server.url)
            REQUESTS[name](package, client)
        sent = [json.loads(request.body) for request in server.requests]
    for body in sent:
        body.pop("stream", None)
        for message in body.get("messages", ()):
            if not message.get("content"):
                message.pop("content", None)
        if not body.get("tools"):
            body.pop("tools", None)
        if not body.get("prompt"):
            body.pop("prompt", None)
    assert sent[1] == sent[0]


def test_the_settings_of_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_API_KEY", "key")
    httpx = pytest.importorskip("httpx")
    options: dict[str, Any] = {
        "headers": {"X-One": "1", "x-none": None},
        "timeout": httpx.Timeout(5, connect=1),
        "cookies": {"a": "b"},
        "follow_redirects": True,
        "trust_env": False,
    }
    with ScriptedServer([answer(b'{"models":[]}')]) as server:
        for package in BOTH:
            with package.Client(server.url, **options) as client:
                client.list()
        for name in ("authorization", "x-one", "x-none", "cookie"):
            values = [request.header(name) for request in server.requests]
            assert values[0] == values[1], name
    assert isinstance(ours.list, types.MethodType)


def test_errors_of_a_server_that_is_not_there() -> None:
    with ScriptedServer([answer()]) as server:
        url = server.url
    for package in BOTH:
        with pytest.raises(ConnectionError, match="Failed to connect to Ollama"):
            package.Client(url).list()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_statuses(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = answer(
        b'{"error":"no such thing"}', status=f"{status} X", headers=[("Retry-After", "0")]
    )
    with ScriptedServer([refusal]) as server:
        for stream in (False, True):
            seen = []
            for package in BOTH:
                client = package.Client(server.url)
                with pytest.raises(package.ResponseError) as caught:
                    list(client.chat("m", HI, stream=stream))
                seen.append((caught.value.error, caught.value.status_code, str(caught.value)))
            assert seen[1] == seen[0]
