"""A server behind ours that speaks OpenAI's API: what Ollama's clients need to be told of it."""

import asyncio
import json
import threading
from datetime import datetime
from typing import Any

import msgspec
import pytest

from rillet.service import upstream_watched
from rillet.service.upstream import Upstream
from rillet.service.upstream_openai import OpenAI
from rillet.service.upstreams import Upstreams
from rillet.testing import Hangup, ScriptedServer, Signal, Stall, answer
from rillet.words.errors import RilletError, ServerError
from rillet.words.events import Finish, Progress, Text
from rillet.words.models import EmbeddingRequest, ModelInfo, ShowRequest
from rillet.words.requests import ChatRequest, EmbedRequest, GenerateRequest, Message
from rillet.words.timeouts import Timeouts

from .asking import events


def said(value: Any, status: int = 200) -> list[bytes]:
    return [answer(json.dumps(value).encode(), status=status)]


ABSENT = [answer(b'{"error":{"message":"File Not Found","code":404}}', status=404)]
VERSION = [answer(b'{"version":"0.33.0"}')]
#: As vLLM and SGLang say it of a model.
VLLM = {"id": "m", "object": "model", "owned_by": "vllm", "max_model_len": 512, "parent": None}
#: As a llama-server says it of its one model.
LLAMA = {
    "id": "m",
    "created": 1796039530,
    "meta": {"n_ctx": 2048, "n_embd": 192, "n_params": 2755008, "size": 2934528, "ftype": "Q8_0"},
}


async def met(server: ScriptedServer) -> Upstream:
    upstream = Upstream(f"x={server.url}")
    await upstream.look()
    assert upstream.error == "" and upstream.dialect and upstream.dialect.name == "OpenAI"
    return upstream


@pytest.mark.parametrize("model", [LLAMA, {"id": "m"}, {"id": "m", "created": 0, "meta": None}])
async def test_a_list_has_what_ollamas_clients_cannot_do_without(model: dict[str, Any]) -> None:
    with ScriptedServer(ABSENT, said({"data": [model]})) as server:
        (entry,) = (await met(server)).tags()
    assert datetime.fromisoformat(entry.modified_at).year >= 2025
    assert len(entry.digest) == 64 and entry.capabilities[0] == "completion"
    assert ("vision" in entry.capabilities) == (model is not LLAMA)
    if model is LLAMA:
        assert entry.size == 2934528 and entry.details.context_length == 2048
        assert entry.details.parameter_size == "2.76M"


async def test_a_llama_server_tells_what_a_model_can_do() -> None:
    props = {"chat_template": "{% if tools %}<think></think>", "modalities": {"vision": True}}
    busy = said({"error": {"code": 400, "message": "model is not loaded"}}, 400)
    with ScriptedServer(ABSENT, said({"data": [LLAMA]}), said(props), busy) as server:
        upstream = await met(server)
        card = await upstream.show(ShowRequest(model="x/m"), "m")
        assert card.capabilities == ["completion", "vision", "tools", "thinking"]
        assert server.requests[-1].path == "/props?model=m&autoload=false"
        card = await upstream.show(ShowRequest(model="x/m"), "m")
    assert card.capabilities == ["completion", "tools"]
    assert card.model_info["remote.context_length"] == 2048


async def test_an_older_llama_server_is_not_taken_for_ollama() -> None:
    """It has /api/tags, with other things in it."""
    listed = {"models": [{"name": "m", "size": ["?"]}], "object": "list", "data": [{"id": "m"}]}
    page = [answer(b"<html><title>chat</title></html>")]
    for first in (said({"data": [{"id": "m"}]}), page):
        with ScriptedServer(first, said(listed)) as server:
            await met(server)


@pytest.mark.parametrize("other", [ABSENT, said({"data": [{"id": "org/m", "owned_by": "sglang"}]})])
async def test_an_imitation_of_ollama_is_asked_in_openais_way(other: list[bytes]) -> None:
    """SGLang has routes of Ollama's, by which an answer loses its last piece, tools and formats;
    it is known by the version that it does not tell."""
    details = {"format": "sglang", "family": "m", "parameter_size": "unknown"}
    entry = {"name": "org/m", "model": "org/m", "digest": "sha256:sglang00", "details": details}
    unknown = said({"detail": "Not Found"}, 404)
    with ScriptedServer(said({"models": [entry]}), unknown, other) as server:
        upstream = Upstream(f"x={server.url}")
        await upstream.look()
        assert [each.name for each in upstream.tags()] == ["x/org/m"]
        assert [each.path for each in server.requests] == [
            "/api/tags",
            "/api/version",
            "/v1/models",
        ]
    assert upstream.dialect and upstream.dialect.name == ("Ollama" if other is ABSENT else "OpenAI")


async def test_a_server_that_cannot_tell_its_version_now_is_met_later() -> None:
    tags, models = said({"models": [{"name": "a:latest"}]}), said({"data": [{"id": "m"}]})
    busy = said({"error": "server busy"}, 503)
    with ScriptedServer(tags, [Hangup()], [Hangup()], tags, ABSENT, models, tags, busy) as server:
        upstream = Upstream(server.url)
        for found in ("", "OpenAI"):
            await upstream.look()
            assert (upstream.dialect.name if upstream.dialect else "") == found
        other = Upstream(server.url)
        await other.look()
        assert other.dialect and other.dialect.name == "Ollama"


async def test_another_server_at_the_same_address_is_noticed() -> None:
    tags = said({"models": [{"name": "a:latest"}]})
    other = [ABSENT, ABSENT, said({"data": [{"id": "m"}]})]
    with ScriptedServer(tags, VERSION, *other) as server:
        upstream = Upstream(server.url)
        await upstream.look()
        assert [entry.name for entry in upstream.tags()] == ["a:latest"]
        await upstream.look()
        assert [entry.name for entry in upstream.tags()] == ["m"]


async def test_a_version_in_the_address_is_kept() -> None:
    with ScriptedServer(ABSENT, said({"data": []})) as server:
        upstream = Upstream(f"{server.url}/v1beta/openai")
        await upstream.look()
        assert server.requests[-1].path == "/v1beta/openai/models"


async def test_embeddings_are_those_that_ollama_would_give() -> None:
    vectors = {"data": [{"index": 0, "embedding": [3.0, 4.0, 12.0]}], "usage": {"prompt_tokens": 2}}
    listed = said({"data": [LLAMA]})
    with ScriptedServer(ABSENT, listed, said(vectors), said(vectors)) as server:
        upstream = await met(server)
        for nothing in ("", list[str]()):
            found = await upstream.embed(EmbedRequest(model="x/m", input=nothing), "m")
            assert found.embeddings == []
        assert await upstream.embedding(EmbeddingRequest(model="x/m"), "m") == []
        found = await upstream.embed(EmbedRequest(model="x/m", input="a", dimensions=2), "m")
        assert found.embeddings == [[0.6, 0.8]] and found.prompt_eval_count == 2
        whole = await upstream.embedding(EmbeddingRequest(model="x/m", prompt="a"), "m")
        assert whole == [3 / 13, 4 / 13, 12 / 13]


async def test_a_key_that_is_refused_there_is_no_fault_of_who_asks_here() -> None:
    refused = said({"error": {"message": "Invalid API Key", "type": "authentication_error"}}, 401)
    with ScriptedServer(ABSENT, said({"data": [LLAMA]}), refused, refused) as server:
        upstream = await met(server)
        with pytest.raises(ServerError, match="refuses the key of this one: Invalid") as caught:
            await upstream.embed(EmbedRequest(model="x/m", input="a"), "m")
        assert caught.value.status == 502
        request = ChatRequest(model="x/m", messages=[Message("user", "hi")])
        with pytest.raises(ServerError, match="refuses the key"):
            await events(upstream.generation(request, "m"))


@pytest.mark.parametrize(("key", "says"), [("", "It wants a key"), ("sesam@", "refuses the key")])
async def test_a_list_that_needs_another_key_says_so(key: str, says: str) -> None:
    """vLLM says no more than "Unauthorized"."""
    with ScriptedServer(said({"error": "Unauthorized"}, 401)) as server:
        upstream = Upstream(f"x={server.url.replace('://', f'://{key}')}")
        await upstream.look()
    assert says in upstream.error and upstream.error.endswith(": Unauthorized")


@pytest.mark.parametrize(("truncate", "sent"), [(None, -1), (True, -1), (False, None)])
async def test_vllm_cuts_a_text_that_is_too_long(truncate: bool | None, sent: int | None) -> None:
    vectors = said({"data": [{"index": 0, "embedding": [1.0]}], "usage": {"prompt_tokens": 512}})
    with ScriptedServer(ABSENT, said({"data": [VLLM]}), vectors) as server:
        request = EmbedRequest(model="x/m", input="a " * 900, truncate=truncate)
        await (await met(server)).embed(request, "m")
        assert json.loads(server.requests[-1].body).get("truncate_prompt_tokens") == sent


async def test_an_error_names_the_model_as_it_was_asked_for() -> None:
    refused = said({"error": '"m" does not support thinking; try "mm"'}, 400)
    with ScriptedServer(ABSENT, said({"data": [LLAMA]}), refused) as server:
        upstream = await met(server)
        with pytest.raises(RilletError) as caught:
            await events(upstream.generation(GenerateRequest(model="x/m", prompt="a"), "m"))
    assert caught.value.message == '"x/m" does not support thinking; try "mm"'


@pytest.mark.parametrize(("cut", "reason"), [(False, "length"), (True, None)])
async def test_ollama_says_nothing_at_the_end_of_a_repetition(cut: bool, reason: str) -> None:
    """As a real one does, behind thirty tokens of one kind."""
    body = b'{"model":"m","message":{"role":"assistant","content":"a"},"done":false}\n'
    kind = [("Content-Type", "application/x-ndjson")]
    whole = answer(body, headers=kind)
    if cut:
        whole = whole.replace(b"Content-Length: %d" % len(body), b"Content-Length: 4096")
    tags = said({"models": [{"name": "m:latest"}]})
    with ScriptedServer(tags, VERSION, [whole, Hangup()]) as server:
        upstream = Upstream(server.url)
        await upstream.look()
        request = ChatRequest(model="m", messages=[Message("user", "hi")])
        found = await events(upstream.generation(request, "m"))
    assert found[0] == Text("a")
    assert getattr(found[-1], "reason", None) == reason


async def test_a_llama_server_gives_back_the_beginning_that_it_was_given() -> None:
    chunks = [
        {"choices": [{"index": 0, "delta": {"content": "HelHel"}}]},
        {"choices": [{"index": 0, "delta": {"content": "lo"}, "finish_reason": "stop"}]},
    ]
    stream = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    kind = [("Content-Type", "text/event-stream")]
    with ScriptedServer(
        ABSENT, said({"data": [LLAMA]}), [answer(stream.encode(), headers=kind)]
    ) as server:
        upstream = await met(server)
        messages = [Message("user", "hi"), Message("assistant", "Hel")]
        found = await events(upstream.generation(ChatRequest(model="x/m", messages=messages), "m"))
        sent = json.loads(server.requests[-1].body)
    assert found[:-1] == [Text("Hel"), Text("lo")]
    assert sent["return_progress"] is True  # which a llama-server alone is asked for


async def test_servers_that_cannot_have_a_model_are_not_named_where_it_is_missing() -> None:
    upstreams = Upstreams(("a=http://127.0.0.1:1", "b=http://127.0.0.1:2"))
    missing = ServerError("model 'b/m' not found", status=404)
    assert "127.0.0.1:1" not in upstreams.missing("B/m", missing).message
    assert upstreams.missing("c/m", missing) is missing
    await upstreams.close()


async def test_who_waits_for_a_silent_server_is_told_so() -> None:
    asked = threading.Event()
    silent = [Signal(asked), Stall()]
    with ScriptedServer(ABSENT, said({"data": [{"id": "m"}]}), silent) as server:
        upstream = await met(server)
        request = GenerateRequest(model="x/m", prompt="a")
        generation = upstream.generation(request, "m", patience=0.01)
        assert await anext(aiter(generation)) == [Progress("waiting")]
        assert await asyncio.to_thread(asked.wait, 10)
        await generation.aclose()
        assert "return_progress" not in json.loads(server.requests[-1].body)


async def test_a_server_that_is_busy_keeps_its_models_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A look takes seconds before it is given up; here it is short, and all else as it is.
    quick = msgspec.structs.replace(upstream_watched._LOOK, timeouts=Timeouts(total=0.05))
    with ScriptedServer(ABSENT, said({"data": [LLAMA]}), *[[Stall()]] * 3) as server:
        upstream = await met(server)
        monkeypatch.setattr(upstream_watched, "_LOOK", quick)
        for _ in range(2):
            await upstream.look()
            assert upstream.error == "" and upstream.find("x/m") == "m"
            health = upstream.health()
            assert health.reachable and "within 0.05 s" in health.last_error
        await upstream.look()
        assert "within 0.05 s" in upstream.error and upstream.find("x/m") is None
        health = upstream.health()
        assert not health.reachable and health.models == 0
        assert health.since and health.last_error_at


async def test_a_server_that_hangs_holds_nobody_up_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It keeps its models for some looks, but no question waits a second for each."""
    with ScriptedServer(ABSENT, said({"data": [LLAMA]}), *[[Stall()]] * 3) as server:
        upstreams = Upstreams((f"x={server.url}",), every=100)
        assert [entry.name for entry in await upstreams.tags()] == ["x/m"]
        upstream = upstreams.servers[0]
        upstream.looked = float("-inf")  # as after a second
        assert not upstream.late()
        assert len(await upstreams.tags()) == 1  # waits for it, as for any list that is old
        assert upstream.late()
        monkeypatch.setattr("rillet.service.upstreams.FRESH", 300)  # for which nobody waits now
        for _ in range(5):
            assert len(await asyncio.wait_for(upstreams.tags(), 60)) == 1
        await upstreams.close()


async def test_an_answer_in_one_piece_took_time() -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]}
    body = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
    streamed = [answer(body, headers=[("Content-Type", "text/event-stream")])]
    with ScriptedServer(ABSENT, said({"data": [VLLM]}), streamed) as server:
        request = ChatRequest(model="x/m", messages=[Message("user", "hi")])
        end = (await events((await met(server)).generation(request, "m")))[-1]
    assert isinstance(end, Finish) and end.timings and end.timings.completion


async def test_options_are_read_as_ollama_reads_them() -> None:
    dialect = OpenAI()
    given = {"num_predict": 6.0, "num_ctx": 99, "seed": None, "unheard_of": 1}
    told = ModelInfo(name="m")
    call = dialect.stream(GenerateRequest(model="m", prompt="a", options=given), told)
    assert isinstance(call.request.body, bytes)
    assert json.loads(call.request.body)["max_tokens"] == 6
    with pytest.raises(ServerError, match=r'^option "top_k" must be of type integer$'):
        dialect.stream(GenerateRequest(model="m", prompt="a", options={"top_k": True}), told)


async def asked_of_vllm(request: GenerateRequest | ChatRequest) -> Any:
    """The fields that go out for this request."""
    chunk = {"choices": [{"index": 0, "text": "a", "delta": {}, "finish_reason": "length"}]}
    body = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
    streamed = [answer(body, headers=[("Content-Type", "text/event-stream")])]
    with ScriptedServer(ABSENT, said({"data": [VLLM]}), streamed) as server:
        await events((await met(server)).generation(request, "m"))
        return json.loads(server.requests[-1].body)


async def test_a_limit_above_all_places_is_none() -> None:
    """vLLM refuses one: "max_tokens=4000 cannot be greater than max_model_len=512"."""
    messages = [Message("user", "hi")]
    for limit, sent in ((4000, None), (512, None), (511, 511), (-1, None)):
        request = ChatRequest(model="x/m", messages=messages, options={"num_predict": limit})
        assert (await asked_of_vllm(request)).get("max_tokens") == sent


async def test_a_raw_prompt_is_not_cut_after_sixteen_tokens() -> None:
    """As it is by vLLM and SGLang where no limit is given."""
    for prompt, limit, sent in (("hi", None, 509), ("x" * 500, None, 128), ("hi", 9, 9)):
        options = {"num_predict": limit} if limit else None
        request = GenerateRequest(model="x/m", prompt=prompt, raw=True, options=options)
        assert (await asked_of_vllm(request))["max_tokens"] == sent


@pytest.mark.parametrize("role", ["assistant", "user"])
async def test_vllm_goes_on_with_the_beginning_of_an_answer(role: str) -> None:
    messages = [Message("user", "hi"), Message(role, "Hel")]
    sent = await asked_of_vllm(ChatRequest(model="x/m", messages=messages))
    found = (sent.get("continue_final_message"), sent.get("add_generation_prompt"))
    assert found == ((True, False) if role == "assistant" else (None, None))


@pytest.mark.parametrize(
    "body", [b'{"detail":"Not Found"}', b"404 page not found", b"<html>", b'{"message":"x: no"}']
)
async def test_a_route_that_is_not_there_is_no_missing_model(body: bytes) -> None:
    """As those for embeddings of a vLLM whose model makes none."""
    away = [answer(body, status=404)]
    with ScriptedServer(ABSENT, said({"data": [VLLM]}), away, away) as server:
        upstream = await met(server)
        request = ChatRequest(model="x/m", messages=[Message("user", "hi")])
        for path, asking in (
            ("embeddings", upstream.embed(EmbedRequest(model="x/m", input="a"), "m")),
            ("chat/completions", events(upstream.generation(request, "m"))),
        ):
            with pytest.raises(ServerError) as caught:
                await asking
            told = (caught.value.status, caught.value.message)
            none = f"The server of x/m cannot do this: it has no /v1/{path}"
            assert told == ((404, "x: no") if b"x: no" in body else (501, none))
