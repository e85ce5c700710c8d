"""The stock clients wait in a line, are told of it on their streams, and get their answers whole.

The programs are what people write: none looks whether a piece is an odd one.
"""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import requests

from rillet import Client, Progress, Text

from .serving import Serving, serving
from .steps import Setup
from .test_clients import HELLO, HI

pytestmark = pytest.mark.slow

MODEL = "tinyhello"


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One answer at a time, and one model."""
    for name in ("ollama", "openai", "anthropic", "langchain_ollama"):
        import_module(name)  # takes seconds, which are none of waiting
    store: Path = tmp_path_factory.mktemp("store")
    with serving(store, OLLAMA_NUM_PARALLEL="1", OLLAMA_MAX_LOADED_MODELS="1") as server:
        Setup(server.url).create_models()
        yield server


def ollama_chat(url: str) -> str:
    import ollama

    stream = ollama.Client(host=url).chat(MODEL, HI, stream=True)
    return "".join(chunk["message"]["content"] for chunk in stream)


def ollama_generate(url: str) -> str:
    import ollama

    stream = ollama.Client(host=url).generate(MODEL, "hi", stream=True)
    return "".join(chunk["response"] for chunk in stream)


def openai_chat(url: str) -> str:
    from openai import OpenAI

    client: Any = OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    text = ""
    for chunk in client.chat.completions.create(model=MODEL, messages=HI, stream=True):
        assert chunk.usage is None
        text += chunk.choices[0].delta.content or ""
    return text


def openai_responses(url: str) -> str:
    from openai import OpenAI

    client: Any = OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    with client.responses.stream(model=MODEL, input="hi") as stream:
        text = "".join(e.delta for e in stream if e.type == "response.output_text.delta")
        assert stream.get_final_response().output_text == text
    return text


def anthropic_messages(url: str) -> str:
    from anthropic import Anthropic

    client: Any = Anthropic(base_url=url, api_key="none", max_retries=0)
    with client.messages.stream(model=MODEL, max_tokens=20, messages=HI) as stream:
        return "".join(stream.text_stream)


def langchain(url: str) -> str:
    from langchain_ollama import ChatOllama

    model: Any = ChatOllama(model=MODEL, base_url=url)
    return "".join(chunk.content for chunk in model.stream("hi"))


def by_hand(url: str) -> str:
    body = {"model": MODEL, "messages": HI}
    with requests.post(f"{url}/api/chat", json=body, stream=True, timeout=60) as answer:
        return "".join(json.loads(line)["message"]["content"] for line in answer.iter_lines())


PROGRAMS: tuple[Callable[[str], str], ...] = (
    *(ollama_chat, ollama_generate, openai_chat, openai_responses),
    *(anthropic_messages, langchain, by_hand),
)


def last_in_line(url: str, ready: threading.Event) -> list[Progress]:
    """What our own client is told; sets `ready` when all others wait, and heard of it."""
    told: list[Progress] = []
    text = ""
    with Client(url).stream_generate(MODEL, "hi") as stream:
        for event in stream:
            if isinstance(event, Progress):
                told.append(event)
                if len(told) == 2:  # a second after the first, which all others got before
                    ready.set()
            elif isinstance(event, Text):
                text += event.text
    assert text == HELLO
    return told


#: What keeps this model busy, which else says two words; and what another one needs no reason for.
LONG = {"type": "array", "items": {"type": "string"}, "minItems": 1000}


@pytest.mark.parametrize(("busy", "form"), [(MODEL, LONG), ("tiny", None)])
def test_each_gets_its_answer_whole(narrow: Serving, busy: str, form: Any) -> None:
    """`busy` holds the only slot, or the only place for a model."""
    hog = {"model": busy, "prompt": "hi", "raw": True, "format": form}
    hog["options"] = {"num_predict": 100_000, "num_ctx": 2048}
    ready = threading.Event()
    held = requests.post(f"{narrow.url}/api/generate", json=hog, stream=True, timeout=60)
    lines = held.iter_lines()  # whoever lets go of it hangs up
    assert "error" not in json.loads(next(lines))
    with ThreadPoolExecutor(len(PROGRAMS) + 1) as pool:
        asked = [pool.submit(program, narrow.url) for program in PROGRAMS]
        watched = pool.submit(last_in_line, narrow.url, ready)
        assert ready.wait(30)
        assert not any(each.done() for each in asked)
        held.close()
        assert [each.result(60) for each in asked] == [HELLO] * len(PROGRAMS)
        told = watched.result(60)
    assert {each.status for each in told} <= {"queued", "loading", "prompt"}
    assert told[0].status == "queued" and told[0].queue_position
