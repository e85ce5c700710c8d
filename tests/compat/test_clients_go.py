"""Stock clients with models whose template is in Go's language, as those of the registry are."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..service.projector import png, write_projector
from ..service.test_output_parser import TEMPLATE
from .serving import Serving
from .test_clients import FUNCTION, HI, PARAMETERS, SCHEMA, TOOLS

pytestmark = pytest.mark.slow

NAME = "clients-go"


@pytest.fixture
def model(running: Serving) -> Iterator[str]:
    from ollama import Client

    client = Client(host=running.url)
    client.create(NAME, from_="tinytool", template=TEMPLATE)
    yield NAME
    client.delete(NAME)


def test_ollama_calls_thinks_and_keeps_to_a_form(running: Serving, model: str) -> None:
    from ollama import Client

    client = Client(host=running.url)
    assert {"tools", "thinking"} <= set(client.show(model).capabilities or ())
    answer = client.chat(model, HI, tools=TOOLS).message
    assert answer.thinking == "I ponder" and answer.tool_calls
    assert answer.tool_calls[0].function.arguments == {"city": "Paris"}
    parts = list(client.chat(model, HI, tools=TOOLS, stream=True))
    assert [call.function.name for part in parts for call in part.message.tool_calls or ()] == [
        "get_weather"
    ]
    formed = client.chat(model, HI, format=SCHEMA, options={"num_predict": 80, "seed": 1}).message
    assert formed.thinking == "I ponder" and '"age"' in (formed.content or "")
    told = client.generate(model, "hi", logprobs=True, top_logprobs=3)
    assert told.thinking == "I ponder" and told.logprobs and told.logprobs[0].top_logprobs
    bare = client.generate(model, "hi", raw=True, options={"num_predict": 9})
    assert bare.thinking == "I ponder" and "think>" not in bare.response


def test_openai_and_anthropic_call_tools(running: Serving, model: str) -> None:
    import anthropic
    import openai

    client = openai.OpenAI(base_url=f"{running.url}/v1", api_key="x")
    with client.chat.completions.stream(model=model, messages=HI, tools=TOOLS) as stream:  # type: ignore[arg-type]
        for _ in stream:
            pass
        choice = stream.get_final_completion().choices[0]
    assert choice.finish_reason == "tool_calls" and choice.message.tool_calls
    assert choice.message.tool_calls[0].function.arguments == '{"city":"Paris"}'
    tool = {"name": FUNCTION["name"], "input_schema": PARAMETERS}
    other = anthropic.Anthropic(base_url=running.url, api_key="x")
    with other.messages.stream(model=model, max_tokens=90, messages=HI, tools=[tool]) as events:  # type: ignore[arg-type,list-item]
        for _ in events:
            pass
        message = events.get_final_message()
    assert message.stop_reason == "tool_use"
    assert [block.type for block in message.content][-1] == "tool_use"


def test_ollama_shows_images(running: Serving, tmp_path: Path) -> None:
    from ollama import Client

    client = Client(host=running.url)
    write_projector(tmp_path / "projector.gguf")
    files = {"p.gguf": client.create_blob(tmp_path / "projector.gguf")}
    chat = Path(__file__).parents[1] / "data" / "models" / "tinychat.gguf"
    files["m.gguf"] = client.create_blob(chat)
    client.create("clients-eyes", files=files)
    few = {"num_predict": 3, "temperature": 0}
    blind = client.generate("clients-eyes", "hi", options=few)
    seen = client.generate("clients-eyes", "hi", images=[png()], options=few)
    assert (seen.prompt_eval_count or 0) > (blind.prompt_eval_count or 0)
    message = {"role": "user", "content": "hi", "images": [png(), png()]}
    both = client.chat("clients-eyes", [message], options=few)
    assert (both.prompt_eval_count or 0) > (seen.prompt_eval_count or 0)
    client.delete("clients-eyes")
