"""The stock Python clients do their ordinary work against a real `rillet serve`."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ..e2e.conftest import clean_environment
from .cases import DATA
from .serving import Serving

pytestmark = pytest.mark.slow

HELLO = "Hello world!"
HI = [{"role": "user", "content": "hi"}]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"age": {"enum": [1, 2]}},
    "required": ["age"],
    # The models here are random: in free text they break UTF-8, and the JSON with it.
    "additionalProperties": False,
}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION = {"name": "get_weather", "description": "Weather of a city", "parameters": PARAMETERS}
TOOLS = [{"type": "function", "function": FUNCTION}]


def test_ollama_answers(running: Serving) -> None:
    from ollama import Client

    client = Client(host=running.url)
    whole = client.generate("tinyhello", "hi")
    assert (whole.response, whole.done_reason) == (HELLO, "stop")
    assert whole.context and whole.eval_count and whole.total_duration
    pieces = list(client.generate("tinyhello", "hi", stream=True))
    assert "".join(piece.response or "" for piece in pieces) == HELLO and pieces[-1].done
    assert client.chat("tinyhello", HI).message.content == HELLO
    parts = list(client.chat("tinyhello", HI, stream=True))
    assert "".join(part.message.content or "" for part in parts) == HELLO and len(parts) > 2
    thought = client.chat("tinythink", HI, think=True).message
    assert (thought.thinking, (thought.content or "").strip()) == ("I ponder", HELLO)


def test_ollama_calls_tools_and_keeps_to_a_schema(running: Serving) -> None:
    from ollama import Client

    client = Client(host=running.url)
    calls = client.chat("tinytool", HI, tools=TOOLS).message.tool_calls
    assert calls and calls[0].function.name == "get_weather"
    assert calls[0].function.arguments == {"city": "Paris"}
    result = [*HI, {"role": "tool", "content": "sunny", "tool_name": "get_weather"}]
    assert HELLO in (client.chat("tinythink", result).message.content or "")
    answer = client.chat("tinychat", HI, format=SCHEMA, options={"num_predict": 60, "seed": 1})
    assert json.loads(answer.message.content or "")["age"] in (1, 2)


def test_ollama_embeds(running: Serving) -> None:
    from ollama import Client

    client = Client(host=running.url)
    one, two = client.embed("tinyembed", ["a", "b"]).embeddings
    assert len(one) == len(two) and sum(x * x for x in one) == pytest.approx(1, abs=1e-4)
    assert len(client.embeddings("tinyembed", "a").embedding) == len(one)


def test_ollama_keeps_models(running: Serving) -> None:
    from ollama import Client, ResponseError

    client = Client(host=running.url)
    digest = client.create_blob(DATA / "models" / "tinyhello.gguf")
    steps = list(client.create("made", files={"tinyhello.gguf": digest}, stream=True))
    assert steps[-1].status == "success"
    client.create("made-2", from_="made", system="be kind", parameters={"temperature": 0.5})
    card = client.show("made-2")
    assert "be kind" in (card.modelfile or "") and "temperature" in (card.parameters or "")
    assert card.modelinfo and card.capabilities == ["completion"]
    assert client.copy("made-2", "made-3").status == "success"
    listed = [model.model for model in client.list().models]
    assert {"made:latest", "made-2:latest", "made-3:latest"} <= set(listed)
    assert client.generate("made-3", "hi", keep_alive="1m").response == HELLO
    # One engine serves all names of the same weights; ps shows it under the one that loaded it.
    digests = {model.digest for model in client.ps().models}
    assert digests & {model.digest for model in client.list().models}
    for name in ("made", "made-2", "made-3"):
        assert client.delete(name).status == "success"
    with pytest.raises(ResponseError, match="not found") as raised:
        client.chat("made", HI)
    assert raised.value.status_code == 404


async def test_ollama_streams_without_blocking(running: Serving) -> None:
    from ollama import AsyncClient

    client = AsyncClient(host=running.url)
    stream = await client.chat("tinyhello", HI, stream=True)
    assert "".join([part.message.content or "" async for part in stream]) == HELLO


def test_openai_chats(running: Serving) -> None:
    from openai import NotFoundError, OpenAI

    client: Any = OpenAI(base_url=f"{running.url}/v1", api_key="none")
    assert "tinyhello:latest" in [model.id for model in client.models.list()]
    assert client.models.retrieve("tinyhello").id == "tinyhello"
    whole = client.chat.completions.create(model="tinyhello", messages=HI)
    assert whole.choices[0].message.content == HELLO and whole.usage.total_tokens > 0
    assert whole.choices[0].finish_reason == "stop"
    options = {"include_usage": True}
    chunks = list(
        client.chat.completions.create(
            model="tinyhello", messages=HI, stream=True, stream_options=options
        )
    )
    pieces = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "".join(pieces) == HELLO and chunks[-1].usage.completion_tokens > 0
    called = client.chat.completions.create(model="tinytool", messages=HI, tools=TOOLS)
    call = called.choices[0].message.tool_calls[0]
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    assert called.choices[0].finish_reason == "tool_calls"
    formed = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    answer = client.chat.completions.create(
        model="tinychat", messages=HI, response_format=formed, max_tokens=60
    )
    assert json.loads(answer.choices[0].message.content)["age"] in (1, 2)
    with pytest.raises(NotFoundError):
        client.chat.completions.create(model="nope", messages=HI)


def test_openai_completes_embeds_and_responds(running: Serving) -> None:
    from openai import OpenAI

    client: Any = OpenAI(base_url=f"{running.url}/v1", api_key="none")
    done = client.completions.create(model="tinyhello", prompt="hi")
    assert done.choices[0].text == HELLO
    vectors = client.embeddings.create(model="tinyembed", input=["a", "b"])  # as base64
    assert len(vectors.data) == 2 and isinstance(vectors.data[0].embedding[0], float)
    response = client.responses.create(model="tinyhello", input="hi")
    assert (response.status, response.output_text) == ("completed", HELLO)
    with client.responses.stream(model="tinyhello", input="hi") as stream:
        kinds = [event.type for event in stream]
        assert stream.get_final_response().output_text == HELLO
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"


def test_anthropic_writes_messages(running: Serving) -> None:
    from anthropic import Anthropic

    client: Any = Anthropic(base_url=running.url, api_key="none")
    message = client.messages.create(model="tinyhello", max_tokens=20, messages=HI)
    assert (message.content[0].text, message.stop_reason) == (HELLO, "end_turn")
    with client.messages.stream(model="tinyhello", max_tokens=20, messages=HI) as stream:
        assert "".join(stream.text_stream) == HELLO
        assert stream.get_final_message().usage.output_tokens > 0
    tool = {"name": "get_weather", "description": "Weather", "input_schema": PARAMETERS}
    called = client.messages.create(model="tinytool", max_tokens=50, messages=HI, tools=[tool])
    assert called.stop_reason == "tool_use"
    assert called.content[-1].input == {"city": "Paris"}
    assert client.messages.count_tokens(model="tinyhello", messages=HI).input_tokens > 0


def test_langchain_ollama(running: Serving) -> None:
    from langchain_ollama import ChatOllama, OllamaEmbeddings, OllamaLLM

    hello: Any = ChatOllama(model="tinyhello", base_url=running.url)
    assert hello.invoke("hi").content == HELLO
    chunks = list(hello.stream("hi"))
    assert "".join(chunk.content for chunk in chunks) == HELLO
    assert [chunk for chunk in chunks if chunk.usage_metadata]
    tooled: Any = ChatOllama(model="tinytool", base_url=running.url, reasoning=True)
    assert tooled.bind_tools(TOOLS).invoke("hi").tool_calls[0]["args"] == {"city": "Paris"}
    chat: Any = ChatOllama(model="tinychat", base_url=running.url, num_predict=60, seed=1)
    schema = {"title": "person", "description": "a person", **SCHEMA}
    assert chat.with_structured_output(schema).invoke("hi")["age"] in (1, 2)
    assert OllamaLLM(model="tinyhello", base_url=running.url).invoke("hi") == HELLO
    vectors = OllamaEmbeddings(model="tinyembed", base_url=running.url).embed_documents(["a", "b"])
    assert len(vectors) == 2


def llm(env: Mapping[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "llm", *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_llm_with_llm_ollama(running: Serving, tmp_path: Path) -> None:
    env = clean_environment(
        OLLAMA_HOST=running.url, LLM_USER_PATH=str(tmp_path), HOME=str(tmp_path)
    )
    assert "ollama/tinyhello:latest" in llm(env, "models")
    assert llm(env, "-m", "ollama/tinyhello:latest", "hi").strip() == HELLO
    assert llm(env, "-m", "ollama/tinyhello:latest", "--no-stream", "hi").strip() == HELLO
    schema = json.dumps(SCHEMA)
    formed = llm(
        env, "-m", "ollama/tinychat:latest", "--schema", schema, "-o", "num_predict", "60", "hi"
    )
    assert json.loads(formed)["age"] in (1, 2)
    vector = json.loads(llm(env, "embed", "-m", "ollama/tinyembed:latest", "-c", "a"))
    assert len(vector) > 8 and os.listdir(tmp_path)
