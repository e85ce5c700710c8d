"""Both wires, both shells, against a real `rillet serve` with a real engine."""

import asyncio
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rillet
from rillet.model.names import ModelName
from rillet.store.importing import import_gguf
from rillet.store.store import ModelStore
from tests.client.reading import SHELLS
from tests.e2e.conftest import start_server

HELLO = "Hello world!"
HI = [{"role": "user", "content": "hi"}]
MODELS = Path(__file__).parents[1] / "data" / "models"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}

APIS: list[Any] = ["ollama", "openai", None]
everywhere = pytest.mark.parametrize(
    ("shell", "api"), [(shell, api) for shell in SHELLS for api in APIS]
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = tmp_path_factory.mktemp("models")
    for name in ("tinyhello", "tinythink", "tinytool", "tinyembed"):
        import_gguf(ModelStore(store), MODELS / f"{name}.gguf", ModelName.parse(name))
    server = start_server(store)
    yield server.url
    server.process.terminate()
    assert server.process.wait(20) == 0


def call(shell: str, url: str, api: Any, name: str, *given: Any, **options: Any) -> Any:
    if shell == "sync":
        with rillet.Client(url, api=api) as client:
            return getattr(client, name)(*given, **options)

    async def run() -> Any:
        async with rillet.AsyncClient(url, api=api) as client:
            return await getattr(client, name)(*given, **options)

    return asyncio.run(run())


@everywhere
def test_chat(shell: str, api: Any, url: str) -> None:
    reply = call(shell, url, api, "chat", "tinyhello", HI)
    assert (reply.text, reply.done_reason) == (HELLO, "stop")
    assert reply.usage is not None and reply.usage.completion_tokens
    assert reply.usage.prompt_tokens


@everywhere
def test_generate(shell: str, api: Any, url: str) -> None:
    reply = call(shell, url, api, "generate", "tinyhello", "hi")
    assert reply.text == HELLO and reply.complete


@everywhere
def test_thinking(shell: str, api: Any, url: str) -> None:
    reply = call(shell, url, api, "chat", "tinythink", HI, think=True)
    assert (reply.thinking, reply.text.strip()) == ("I ponder", HELLO)


@everywhere
def test_a_tool(shell: str, api: Any, url: str) -> None:
    reply = call(shell, url, api, "chat", "tinytool", HI, tools=[WEATHER])
    assert [call.name for call in reply.tool_calls] == ["get_weather"]
    assert reply.tool_calls[0].arguments == {"city": "Paris"}


@everywhere
def test_a_limit_is_told_as_one(shell: str, api: Any, url: str) -> None:
    reply = call(shell, url, api, "chat", "tinyhello", HI, options={"num_predict": 2})
    assert reply.done_reason == "length" and HELLO.startswith(reply.text)


@everywhere
def test_embed(shell: str, api: Any, url: str) -> None:
    made = call(shell, url, api, "embed", "tinyembed", ["a", "b"])
    assert len(made.embeddings) == 2 and len(made.embeddings[0]) > 8


@everywhere
def test_models(shell: str, api: Any, url: str) -> None:
    names = {model.name for model in call(shell, url, api, "tags")}
    assert "tinyhello:latest" in names


@everywhere
def test_a_model_that_is_not_there(shell: str, api: Any, url: str) -> None:
    with pytest.raises(rillet.ModelNotFound, match="nowhere"):
        call(shell, url, api, "chat", "nowhere", HI)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_file_goes_up_and_becomes_a_model(shell: str, url: str) -> None:
    from rillet.words.models import CreateRequest

    digest = call(shell, url, "ollama", "put_blob", MODELS / "tiny.gguf")
    assert call(shell, url, "ollama", "has_blob", digest)
    call(shell, url, "ollama", "create", CreateRequest(model="up", files={"tiny.gguf": digest}))
    assert call(shell, url, "ollama", "show", "up").details.format == "gguf"
    call(shell, url, "ollama", "delete", "up")


@everywhere
def test_a_stopped_stream_stops(shell: str, api: Any, url: str) -> None:
    options = {"num_predict": -1}
    if shell == "sync":
        with rillet.Client(url, api=api) as client:
            stream = client.stream_chat("tinyhello", HI, options=options)
            for _ in stream:
                stream.stop()
            assert stream.stopped or stream.partial.complete
    else:

        async def run() -> None:
            async with rillet.AsyncClient(url, api=api) as client:
                stream = client.stream_chat("tinyhello", HI, options=options)
                async for _ in stream:
                    stream.stop()
                assert stream.stopped or stream.partial.complete

        asyncio.run(run())


def test_a_client_can_be_sent_to_another_process(url: str) -> None:
    """As to a worker of multiprocessing, Ray or Spark."""
    for client in (rillet.Client(url, api_key="k"), rillet.AsyncClient(url, api_key="k")):
        twin = pickle.loads(pickle.dumps(client))
        assert type(twin) is type(client)
        asked = twin.tags()
        models = asyncio.run(asked) if isinstance(twin, rillet.AsyncClient) else asked
        assert "tinyhello:latest" in [model.name for model in models]
