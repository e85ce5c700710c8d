"""Servers behind ours: real ones, another Rillet and an engine's own OpenAI listener."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rillet.engine import EngineProcess, LoadOptions
from rillet.net.address import parse_host
from rillet.net.flow import Policy
from rillet.server.listen import Server, bind, place_of
from rillet.server.streams import Streams
from rillet.service.service import Service
from rillet.service.upstream import Upstream, parse_upstreams
from rillet.service.upstream_names import Names
from rillet.service.upstream_openai import OpenAI
from rillet.service.upstreams import Upstreams
from rillet.testing import ScriptedServer, answer
from rillet.words.errors import EngineError, InvalidHost, ModelNotFound, ServerError, Unreachable
from rillet.words.events import Finish, Text
from rillet.words.models import CreateRequest, EmbeddingRequest, ShowRequest
from rillet.words.requests import ChatRequest, EmbedRequest, GenerateRequest, Message
from rillet.words.settings import Settings
from rillet.words.timeouts import Timeouts

from .asking import (
    EMBED,
    ENDLESS,
    HELLO,
    SAID,
    TINY,
    chat,
    events,
    failure,
    first_text,
    say,
    start,
    until,
)
from .conftest import Opened


@asynccontextmanager
async def rillet(opened: Opened, *paths: str) -> AsyncIterator[tuple[str, Service]]:
    """Another Rillet with these files as its models; gives its URL."""
    async with opened() as service:
        models = [service.library.from_file(Path(path)) for path in paths]
        known = {model.name.display(): model for model in models}

        def find(name: str) -> object:
            model = known.get(name) or known.get(f"{name}:latest")
            if model is None:
                raise ModelNotFound(f"model '{name}' not found", status=404)
            return model

        service.library.find = find  # type: ignore[method-assign,assignment]
        service.library.all = lambda: models  # type: ignore[method-assign]
        settings = Settings(host="127.0.0.1:0")
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        sock = bind(parse_host(settings.host, listening=True))
        server = Server(service, settings, Streams(), place_of(sock), ready.set_result)
        task = asyncio.create_task(server.serve(sockets=[sock]))
        try:
            yield f"http://{await ready}", service
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def openai(path: str) -> AsyncIterator[str]:
    """An engine's own listener, which has OpenAI's routes and wants a key; gives its URL."""
    process = await EngineProcess.start(LoadOptions(model_path=path), unix_socket=False)
    try:
        yield f"http://{process.endpoint.api_key}@127.0.0.1:{process.endpoint.port}/v1"
    finally:
        await process.stop()


def silent() -> socket.socket:
    """A server that takes connections and never says a word."""
    return socket.create_server(("127.0.0.1", 0))


async def test_models_are_merged_and_asked_where_they_are(opened: Opened) -> None:
    async with (
        rillet(opened, HELLO, TINY) as (url, behind),
        opened(upstreams=(f"far={url}", url)) as service,
    ):
        names = {entry.name for entry in await service.tags()}
        assert {"far/tinyhello:latest", "tinyhello:latest", "tiny:latest"} <= names
        assert await say(service, "far/tinyhello") == SAID
        assert await say(service, "tinyhello:latest") == SAID
        assert SAID in "".join(
            event.text
            for event in await chat(service, "far/tinyhello", "hi")
            if type(event) is Text
        )
        assert service.residents.all() == [] and len(behind.residents.all()) == 1
        assert [entry.name for entry in await service.ps()] == [
            "far/tinyhello:latest",
            "tinyhello:latest",
        ]
        card = await service.show(ShowRequest(model="far/tinyhello"))
        assert card.details.family == "llama"
        assert await say(service, HELLO) == SAID  # a model of our own beside them


async def test_a_model_of_another_server_is_asked_as_one_of_ours(opened: Opened) -> None:
    async with rillet(opened, HELLO) as (url, behind), opened(upstreams=(f"far={url}",)) as service:
        messages = [Message("user", "hi")]
        request = ChatRequest(model="far/tinyhello", messages=messages)
        assert await service.count_tokens(request) > 5
        assert "hi" in await service.render(request)
        card = await service.show(ShowRequest(model="FAR/tinyhello", system="Be brief"))
        assert card.system == "Be brief"
        with pytest.raises(ServerError, match=r'^"far/tinyhello" does not support thinking$'):
            await events(
                await service.chat(
                    ChatRequest(model="far/tinyhello", messages=messages, think=True)
                )
            )
        for done, change in (
            ("deleted", service.delete("far/tinyhello")),
            ("copied", service.copy("far/tinyhello", "mine")),
            ("built upon", anext(service.create(CreateRequest(model="x", from_="far/tinyhello")))),
        ):
            with pytest.raises(ServerError, match=f"at {url} and can be {done} only there"):
                await change
        # What came there a moment ago can be asked for here.
        service.upstreams.servers[0].looked -= 60
        behind.library.all()[:] = [behind.library.from_file(Path(TINY))]
        assert [e.name for e in await service.tags() if "far/" in e.name] == ["far/tiny:latest"]


async def test_servers_in_a_ring_ask_each_other_for_what_they_have_themselves(
    opened: Opened,
) -> None:
    """A server behind itself, as by a mistaken port: a question would go round for ever."""
    async with rillet(opened, HELLO) as (url, behind):
        behind.upstreams.servers[:] = parse_upstreams((url,), behind.upstreams.id)
        behind.upstreams.start()
        assert [entry.name for entry in await behind.tags()] == ["tinyhello:latest"]
        behind.upstreams.servers[0].names = Names("", ["ghost:latest"], spelled=True)
        with pytest.raises(ServerError, match="model 'ghost' not found") as gone:
            await events(await behind.chat(ChatRequest(model="ghost", messages=[])))
        assert gone.value.status == 404


async def test_who_hangs_up_here_stops_the_engine_there(opened: Opened) -> None:
    async with rillet(opened, TINY) as (url, behind), opened(upstreams=(url,)) as service:
        generation = await start(service, "tiny", options=ENDLESS)
        await first_text(generation)
        (there,) = behind.residents.all()
        assert there.users == 1
        await generation.aclose()
        assert await until(lambda: there.users == 0) < 0.5


async def test_an_answer_from_there_goes_on_in_another_process(opened: Opened) -> None:
    request = GenerateRequest(model="tinyhello", prompt="hi")
    async with rillet(opened, HELLO) as (url, _), opened(upstreams=(url,)) as service:
        said = [Text("Hel"), Text("lo")]
        rest = await events(await service.reopen(request, said))
        assert "Hello" + "".join(event.text for event in rest if type(event) is Text) == SAID
        assert isinstance(rest[-1], Finish) and rest[-1].resumed
        with pytest.raises(EngineError, match="did not say the same"):
            await events(await service.reopen(request, [Text("Bye")]))


async def test_embeddings_and_loads_go_there_too(opened: Opened) -> None:
    async with rillet(opened, EMBED, HELLO) as (url, behind), opened(upstreams=(url,)) as service:
        found = await service.embed(EmbedRequest(model="tinyembed", input=["a", "b"]))
        assert found.model == "tinyembed" and len(found.embeddings) == 2
        assert len(await service.embedding(EmbeddingRequest(model="tinyembed", prompt="a"))) == 64
        loading = await service.generate(GenerateRequest(model="tinyhello"))
        assert loading.single
        assert [event async for batch in loading for event in batch] != []
        assert len(behind.residents.all()) == 2
        for request in (
            GenerateRequest(model="tinyhello", keep_alive=0),
            ChatRequest(model="tinyhello", messages=[], keep_alive=0),
        ):
            assert await events(await service.open_answer(request)) == [Finish("unload")]
            assert len(behind.residents.all()) == 1


@pytest.mark.parametrize("path", ["/models/dir/tiny-q4.gguf", "C:\\models\\tiny-q4.gguf"])
async def test_a_path_is_no_name_for_a_model(opened: Opened, path: str) -> None:
    listed = {"object": "list", "data": [{"id": path, "object": "model"}, {"id": "org/m:awq"}]}
    with ScriptedServer([answer(json.dumps(listed).encode())]) as server:
        upstream = Upstream(f"x={server.url}")
        upstream.dialect = OpenAI()
        await upstream.look()
    assert [entry.name for entry in upstream.tags()] == ["x/tiny-q4.gguf", "x/org/m:awq"]
    assert upstream.find("x/tiny-q4.gguf") == path


async def test_an_answer_that_calls_tools_ends_as_ollamas_do(opened: Opened) -> None:
    calls = [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}]
    chunks = [
        {"choices": [{"index": 0, "delta": {"tool_calls": calls}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
    ]
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    listed = answer(json.dumps({"data": [{"id": "m"}]}).encode())
    streamed = answer(body.encode(), headers=[("Content-Type", "text/event-stream")])
    with ScriptedServer([listed], [streamed]) as server:
        upstream = Upstream(server.url)
        upstream.dialect = OpenAI()
        await upstream.look()
        request = ChatRequest(model="m", messages=[Message("user", "hi")])
        found = await events(upstream.generation(request, "m"))
    assert isinstance(found[-1], Finish) and found[-1].reason == "stop" and found[-1].timings


async def test_a_server_that_speaks_openai(opened: Opened) -> None:
    async with opened(), openai(TINY) as url, opened(upstreams=(f"vllm={url}",)) as service:
        (model,) = [entry.name for entry in await service.tags() if "vllm/" in entry.name]
        (health,) = await service.health()
        assert await service.ps() == []
        assert (health.name, health.speaks, health.models) == ("vllm", "OpenAI", 1)
        assert health.reachable and health.last_error == "" and "@" not in health.url
        said = await say(service, model, options={"num_predict": 5})
        assert said
        generation = await service.generate(
            GenerateRequest(model=model, prompt="hi", options={"num_predict": 5})
        )
        found = [event async for batch in generation for event in batch]
        assert isinstance(found[-1], Finish) and found[-1].reason == "length"
        assert found[-1].usage and found[-1].usage.completion_tokens == 5
        request = ChatRequest(
            model=model, messages=[Message("user", "hi")], options={"num_predict": 4}
        )
        found = [e async for b in await service.chat(request) for e in b]
        assert isinstance(found[-1], Finish) and any(type(event) is Text for event in found)
        timings = found[-1].timings
        assert timings and timings.total and timings.prompt and timings.completion
        for keep_alive, said in ((None, "load"), ("5m", "load"), (0, "unload"), ("0s", "unload")):
            asked = GenerateRequest(model=model, keep_alive=keep_alive)
            loading = await service.generate(asked)
            assert [e async for b in loading for e in b] == [Finish(said)]


async def test_a_model_that_is_not_listed_may_be_there(opened: Opened) -> None:
    """As one by a pattern of LiteLLM's; a vLLM lists all that it has."""
    absent = [answer(b'{"detail":"Not Found"}', status=404)]
    chunk = {"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]}
    body = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
    streamed = answer(body, headers=[("Content-Type", "text/event-stream")])
    for owner, has in (("openai", True), ("vllm", False)):
        listed = [answer(json.dumps({"data": [{"id": "m", "owned_by": owner}]}).encode())]
        with ScriptedServer(absent, listed, [streamed]) as server:
            async with opened(upstreams=(f"x={server.url}",)) as service:
                await service.tags()
                with pytest.raises(ServerError, match="not found"):
                    await service.show(ShowRequest(model="x/any/n"))
                if has:
                    assert await say(service, "x/any/n") == "a"
                    assert json.loads(server.requests[-1].body)["model"] == "any/n"
                else:
                    with pytest.raises(ServerError, match="not found"):
                        await start(service, "x/any/n")


async def test_one_that_is_silent_and_one_that_is_gone_slow_nobody(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A look at the silent one takes longer than this test may: nobody can have waited for it.
    look = Policy(Timeouts(first_token=300), retries=0)
    monkeypatch.setattr("rillet.service.upstream_watched._LOOK", look)
    monkeypatch.setattr("rillet.service.upstreams.FIRST", 300)
    with silent() as mute, socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))  # and nobody listens there
        port = gone.getsockname()[1]
        urls = (f"http://127.0.0.1:{mute.getsockname()[1]}", f"gone=http://127.0.0.1:{port}")
        async with rillet(opened, HELLO) as (url, _), opened(upstreams=(*urls, url)) as service:
            assert await asyncio.wait_for(say(service, "tinyhello"), 60) == SAID
            monkeypatch.setattr("rillet.service.upstreams.FIRST", 0.5)
            monkeypatch.setattr("rillet.service.upstreams.FRESH", 300)
            tags = await asyncio.wait_for(service.tags(), 60)
            assert any(entry.name == "tinyhello:latest" for entry in tags)
            assert await say(service, HELLO) == SAID
            assert {entry.name for entry in await service.ps()} == {"tinyhello:latest"}
            with pytest.raises(ServerError, match=r"cannot be asked now.*Nothing listens") as away:
                await start(service, "gone/anything")
            assert away.value.status == 502
            with pytest.raises(ServerError, match=r"not found.*cannot be asked now") as missing:
                await start(service, "anything")
            # Of the type whose words the faces do not replace by their own.
            assert missing.value.status == 404 and type(missing.value) is ServerError
            mute_one, away_one, well = await asyncio.wait_for(service.health(), 60)
            assert not mute_one.reachable and mute_one.last_error
            assert not away_one.reachable and "Nothing listens" in away_one.last_error
            assert well.reachable and not well.last_error and well.models == 1


async def test_one_that_dies_in_mid_answer_is_a_clear_error_and_comes_back(opened: Opened) -> None:
    process = await EngineProcess.start(LoadOptions(model_path=TINY), unix_socket=False)
    url = f"http://{process.endpoint.api_key}@127.0.0.1:{process.endpoint.port}"
    async with opened(upstreams=(f"a={url}",)) as service:
        (model,) = [entry.name for entry in await service.tags() if entry.name.startswith("a/")]
        generation = await start(service, model, options={"num_predict": 20_000})
        await first_text(generation)
        await process.stop()
        assert (await asyncio.wait_for(failure(generation), 30)).message
        assert service.upstreams.servers[0].health().last_error
        assert isinstance(await failure(await start(service, model)), Unreachable)


async def test_health_is_watched() -> None:
    with silent() as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        upstreams = Upstreams((url,), every=0.01)
        upstreams.start()
        mute.close()
        await until(lambda: "Nothing listens" in upstreams.servers[0].error)
        missing = upstreams.missing("x", ServerError("not found", status=404))
        assert "cannot be asked now" in missing.message
        await upstreams.close()


@pytest.mark.parametrize(
    ("said", "prefix", "url"),
    [
        ("http://h:1", "", "http://h:1"),
        ("gpu=http://h:1/v1", "gpu/", "http://h:1"),
        ("gpu=http://h:1/deep/v1", "gpu/", "http://h:1/deep"),
        ("http://key@h:1/?a=b", "", "http://h:1"),
        ("h", "", "http://h:11434"),
    ],
)
def test_how_they_are_named(said: str, prefix: str, url: str) -> None:
    try:
        upstream = Upstream(said)
    except InvalidHost:
        assert "?" in said
        return
    assert (upstream.prefix, upstream.target.url) == (prefix, url)


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidHost, match="Two upstream servers are named a"):
        Upstreams(("a=http://h", "a=http://i"))
    with pytest.raises(InvalidHost):
        Upstreams(("a=ftp://h",))
