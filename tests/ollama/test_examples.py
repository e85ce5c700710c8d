"""What the examples of the `ollama` package do, each in small, against a real server."""

import json
from pathlib import Path
from typing import Any

import pytest

import rillet.ollama as ollama

HELLO = "Hello world!"
SKY = [{"role": "user", "content": "Why is the sky blue?"}]

pytestmark = pytest.mark.usefixtures("host")


def get_weather(city: str) -> str:
    """Weather of a city.

    Args:
        city (str): where

    Returns:
        str: in a word
    """
    return "sunny"


def test_chat() -> None:
    response = ollama.chat("tinyhello", messages=SKY)
    assert response["message"]["content"] == response.message.content == HELLO
    assert response.message.role == "assistant"
    assert response.done and response.done_reason == "stop"
    assert response.model == "tinyhello" and response.created_at
    assert response.eval_count and response.total_duration


def test_chat_stream() -> None:
    parts = list(ollama.chat(model="tinyhello", messages=SKY, stream=True))
    assert "".join(part["message"]["content"] for part in parts) == HELLO
    assert len(parts) > 2
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]


def test_chat_with_history() -> None:
    messages: list[Any] = [*SKY]
    for said in ("first", "second"):
        messages.append({"role": "user", "content": said})
        messages.append(ollama.chat("tinyhello", messages=messages).message)
    assert [m["content"] for m in messages if m["role"] == "assistant"] == [HELLO, HELLO]


async def test_async_chat_and_generate() -> None:
    client = ollama.AsyncClient()
    assert (await client.chat("tinyhello", messages=SKY)).message.content == HELLO
    assert (await client.generate("tinyhello", "Why?"))["response"] == HELLO
    text = ""
    async for part in await client.chat("tinyhello", messages=SKY, stream=True):
        text += part.message.content
    assert text == HELLO
    await client.close()


def test_generate_and_its_stream() -> None:
    whole = ollama.generate("tinyhello", "Why is the sky blue?")
    assert whole["response"] == HELLO and whole.context
    parts = list(ollama.generate("tinyhello", "Why is the sky blue?", stream=True))
    assert "".join(part["response"] for part in parts) == HELLO
    assert parts[-1].context == whole.context


def test_generate_goes_on_from_a_context() -> None:
    first = ollama.generate("tinyhello", "one")
    second = ollama.generate("tinyhello", "two", context=first.context)
    assert second.prompt_eval_count is not None and second.done


def test_tools() -> None:
    functions = {"get_weather": get_weather}
    messages: list[Any] = [{"role": "user", "content": "How is the weather in Paris?"}]
    response = ollama.chat("tinytool", messages=messages, tools=[get_weather])
    calls = response.message.tool_calls
    assert calls
    messages.append(response.message)
    for tool in calls:
        output = functions[tool.function.name](**tool.function.arguments)
        messages.append({"role": "tool", "content": output, "tool_name": tool.function.name})
    assert calls[0]["function"]["arguments"] == {"city": "Paris"}
    assert ollama.chat("tinythink", messages=messages).message.content.strip().endswith(HELLO)


async def test_async_tools_with_a_schema() -> None:
    schema = {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Weather of a city",
            "parameters": {
                "type": "object",
                "required": ["city"],
                "properties": {"city": {"type": "string", "description": "where"}},
            },
        },
    }
    async with ollama.AsyncClient() as client:
        for tool in (schema, ollama.Tool.model_validate(schema)):
            response = await client.chat("tinytool", messages=SKY, tools=[tool])
            assert response.message.tool_calls[0].function.name == "get_weather"


def test_structured_outputs() -> None:
    schema = {
        "type": "object",
        "properties": {"age": {"enum": [1, 2]}},
        "required": ["age"],
    }
    options = {"temperature": 0, "num_predict": 60}
    response = ollama.chat("tinychat", messages=SKY, format=schema, options=options)
    assert json.loads(response.message.content)["age"] in (1, 2)


def test_structured_outputs_by_pydantic() -> None:
    pydantic = pytest.importorskip("pydantic")
    kinds = pydantic.create_model("Person", age=(bool, ...))
    response = ollama.chat("tinychat", SKY, format=kinds.model_json_schema(), options={"seed": 1})
    assert kinds.model_validate_json(response.message.content).age in (True, False)
    assert ollama.chat("tinychat", SKY, format=kinds, options={"seed": 1}).done


def test_thinking() -> None:
    response = ollama.chat("tinythink", messages=SKY, think=True)
    assert response.message.thinking == "I ponder"
    assert response.message.content.strip() == HELLO
    thoughts = content = ""
    for part in ollama.chat("tinythink", messages=SKY, think=True, stream=True):
        thoughts += part.message.thinking or ""
        content += part.message.content or ""
    assert (thoughts, content.strip()) == ("I ponder", HELLO)


def test_logprobs() -> None:
    response = ollama.chat("tinyhello", SKY, logprobs=True, top_logprobs=2)
    assert response.logprobs and len(response.logprobs[0].top_logprobs) == 2
    assert response.logprobs[0]["token"] and response.logprobs[0].logprob <= 0


def test_embeddings() -> None:
    response = ollama.embed(model="tinyembed", input="Hello, world!")
    assert len(response["embeddings"]) == 1
    both = ollama.embed(model="tinyembed", input=["Hello, world!", "a"])
    assert len(both.embeddings) == 2 and both.embeddings[0] == response.embeddings[0]
    older = ollama.embeddings(model="tinyembed", prompt="Hello, world!")
    assert len(older["embedding"]) == len(both.embeddings[0])


def test_list_show_and_ps() -> None:
    names = [model.model for model in ollama.list().models]
    assert "tinyhello:latest" in names
    first = ollama.list()["models"][0]
    assert first.size and first.modified_at.year >= 2020 and first.details.format == "gguf"
    card = ollama.show("tinyhello")
    assert card.modelinfo and "completion" in card.capabilities
    ollama.generate("tinyhello", "x")
    loaded = {model.name: model for model in ollama.ps().models}
    assert loaded["tinyhello:latest"].size and loaded["tinyhello:latest"].expires_at


def test_create_copy_delete_with_progress() -> None:
    steps = [
        step.status
        for step in ollama.create("mario", from_="tinyhello", system="You are Mario.", stream=True)
    ]
    assert steps[-1] == "success" and len(steps) > 1
    assert "You are Mario." in ollama.show("mario").modelfile
    assert ollama.copy("mario", "luigi").status == "success"
    for name in ("mario", "luigi"):
        assert ollama.delete(name)["status"] == "success"
    with pytest.raises(ollama.ResponseError) as caught:
        ollama.show("mario")
    assert caught.value.status_code == 404 and "mario" in caught.value.error


def test_create_from_a_file(request: pytest.FixtureRequest) -> None:
    path = Path(__file__).parents[1] / "data" / "models" / "tiny.gguf"
    digest = ollama.create_blob(path)
    assert digest.startswith("sha256:")
    assert ollama.create("fromfile", files={"tiny.gguf": digest}).status == "success"
    assert ollama.delete("fromfile").status == "success"


def test_a_pull_that_fails_tells_its_progress_first() -> None:
    steps = []
    with pytest.raises(ollama.ResponseError):
        for step in ollama.pull("localhost:9/library/nothing", insecure=True, stream=True):
            steps.append(step.status)
    assert steps[:1] == ["pulling manifest"]


def test_an_image_by_path_to_a_model_without_eyes(tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(32))
    message = {"role": "user", "content": "What is this?", "images": [picture]}
    with pytest.raises(ollama.ResponseError):
        ollama.chat("tinyhello", messages=[message])
