"""Bodies for llama.cpp: Ollama's options in its words, within what it takes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.wire import llamacpp
from rillet.words.errors import InvalidRequest, MalformedStream, ServerError
from rillet.words.requests import Message
from tests.wire.dialects import recorded

CTX = 2048
numbers = st.integers(-(2**63), 2**63 - 1)


def test_ollamas_defaults_are_sent() -> None:
    assert llamacpp.completion_body("hi", {}, num_ctx=CTX) == {
        "prompt": "hi",
        "temperature": 0.8,
        "top_k": 40,
        "top_p": 0.9,
        "min_p": 0.0,
        "typical_p": 1.0,
        "repeat_penalty": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "repeat_last_n": 64,
        "n_keep": 4,
        "seed": 2**32 - 1,
        "n_predict": 20480,
        "stream": True,
        "return_progress": True,
        "cache_prompt": True,
        "return_tokens": True,
    }


@pytest.mark.parametrize(
    ("prompt", "batch", "told"),
    [("hi", 0, True), ("a" * 256, 64, False), ("a" * 257, 64, True), ("é" * 129, 64, True),
     ([1] * 64, 64, False), ([1] * 65, 64, True)],
)  # fmt: skip
def test_only_a_prompt_of_several_batches_has_progress(
    prompt: str | list[int], batch: int, told: bool
) -> None:
    body = llamacpp.completion_body(prompt, {}, num_ctx=CTX, batch=batch)
    assert ("return_progress" in body) is told


def test_progress_is_asked_for_where_the_size_of_a_prompt_is_not_known() -> None:
    with_image = llamacpp.completion_body("", {}, num_ctx=CTX, batch=64, images=["aGk="])
    assert with_image["return_progress"] is True
    assert llamacpp.chat_body([], {}, num_ctx=CTX)["return_progress"] is True


@pytest.mark.parametrize(
    ("num_predict", "rendered", "templated"),
    [(-1, 20480, 20480), (-2, 20480, 20480), (0, 20480, 0), (5, 5, 5), (10**9, 20480, 20480),
     (None, 20480, 20480)],
)  # fmt: skip
def test_limits_of_tokens(num_predict: int | None, rendered: int, templated: int) -> None:
    options = {"num_predict": num_predict}
    assert llamacpp.completion_body("", options, num_ctx=CTX)["n_predict"] == rendered
    assert llamacpp.chat_body([], options, num_ctx=CTX)["max_tokens"] == templated


@pytest.mark.parametrize(("given_n", "sent"), [(-1, CTX), (-2, CTX), (0, 0), (10**9, CTX), (7, 7)])
def test_repeat_last_n_stays_within_the_context(given_n: int, sent: int) -> None:
    assert llamacpp.sampling({"repeat_last_n": given_n}, CTX)["repeat_last_n"] == sent


@given(st.fixed_dictionaries({}, optional={
    **dict.fromkeys(("seed", "top_k", "num_keep", "repeat_last_n", "num_predict"), numbers),
    **{name: st.floats(allow_nan=False) for name in ("temperature", "top_p", "min_p",
       "typical_p", "repeat_penalty", "presence_penalty", "frequency_penalty")},
}))  # fmt: skip
def test_whatever_is_asked_stays_in_range(options: dict[str, Any]) -> None:
    body = llamacpp.completion_body("", options, num_ctx=CTX)
    assert 0 <= body["seed"] < 2**32
    assert 0 <= body["top_k"] < 2**31
    assert -1 <= body["n_keep"] <= CTX
    assert 0 <= body["repeat_last_n"] <= CTX
    assert 0 < body["n_predict"] <= 10 * CTX
    assert body["repeat_penalty"] > 0 and 0 <= body["top_p"] <= 1
    assert all(abs(body[name]) <= 1e6 for name in ("temperature", "presence_penalty"))


def test_empty_stop_sequences_are_left_out() -> None:
    assert llamacpp.sampling({"stop": ["", "x"]}, CTX)["stop"] == ["x"]
    assert "stop" not in llamacpp.sampling({"stop": [""]}, CTX)


def test_prompts() -> None:
    assert llamacpp.completion_body((1, 2), {}, num_ctx=CTX)["prompt"] == [1, 2]
    pictured = llamacpp.completion_body("<m>", {}, num_ctx=CTX, images=["aGk="])
    assert pictured["prompt"] == {"prompt_string": "<m>", "multimodal_data": ["aGk="]}


def test_log_probabilities_ask_for_one_at_least() -> None:
    assert llamacpp.completion_body("", {}, num_ctx=CTX, logprobs=True)["n_probs"] == 1
    chat = llamacpp.chat_body([], {}, num_ctx=CTX, logprobs=True, top_logprobs=99)
    assert (chat["logprobs"], chat["top_logprobs"]) == (True, 20)


def test_formats() -> None:
    assert "json_schema" not in llamacpp.completion_body("", {}, num_ctx=CTX, format="")
    formed = llamacpp.completion_body("", {}, num_ctx=CTX, format="json")
    assert "json_schema" not in formed and formed["grammar"].startswith("root ::= object\n")
    schema = {"$schema": "x", "type": "integer"}
    chat = llamacpp.chat_body([], {}, num_ctx=CTX, format=schema)
    assert chat["response_format"]["json_schema"]["schema"] == {"type": "integer"}
    with pytest.raises(ServerError) as caught:
        llamacpp.completion_body("", {}, num_ctx=CTX, format="xml")
    assert caught.value.status == 400
    assert caught.value.message == (
        'invalid format: "\\"xml\\""; expected "json" or a valid JSON Schema object'
    )
    with pytest.raises(InvalidRequest):
        llamacpp.completion_body("", {}, num_ctx=CTX, format={"type": "xml"})


@pytest.mark.parametrize(
    ("think", "arguments"),
    [
        (None, None),
        (True, {"enable_thinking": True}),
        (False, {"enable_thinking": False}),
        ("low", {"enable_thinking": True, "reasoning_effort": "low", "think_level": "low"}),
        (
            "max",
            {"enable_thinking": True, "reasoning_effort": "high", "think_level": "max"},
        ),
    ],
)
def test_thinking(think: bool | str | None, arguments: dict[str, Any] | None) -> None:
    for body in (
        llamacpp.chat_body([], {}, num_ctx=CTX, think=think),
        llamacpp.template_body([], think=think),
    ):
        assert body.get("chat_template_kwargs") == arguments


def test_chats() -> None:
    tool = {"type": "function", "function": {"name": "f"}}
    body = llamacpp.chat_body([Message("user", "hi")], {}, num_ctx=CTX, tools=[tool])
    assert body["messages"] == [{"role": "user", "content": "hi"}]
    assert body["tools"] == [tool] and body["parallel_tool_calls"] is True
    assert body["stream_options"] == {"include_usage": True}
    assert llamacpp.template_body([Message("user", "hi")], tools=[tool])["tools"] == [tool]


def test_small_bodies() -> None:
    assert llamacpp.tokenize_body("x", special=False) == {
        "content": "x",
        "add_special": False,
        "parse_special": False,
    }
    assert llamacpp.detokenize_body((1, 2)) == {"tokens": [1, 2]}
    assert llamacpp.embedding_body(["a", (1,)], normalize=False) == {
        "input": ["a", [1]],
        "embd_normalize": -1,
    }


def test_whole_answers() -> None:
    props = llamacpp.props(recorded("llamacpp/props.json"))
    assert props.num_ctx == 2048
    assert "<|im_start|>" in props.chat_template and props.modalities.vision is False
    assert llamacpp.prompt(recorded("llamacpp/apply_template.json")).endswith("assistant\n")
    assert llamacpp.tokens(recorded("llamacpp/tokenize.json"))[:3] == [1, 336, 337]
    assert llamacpp.text(recorded("llamacpp/detokenize.json")) == "hi"
    assert llamacpp.text(b'{"content":"a\xf0"}') == "a\ufffd"
    vectors = llamacpp.embeddings(recorded("llamacpp/embedding_openai.json"))
    assert vectors.usage.prompt_tokens == 3
    assert sum(x * x for x in vectors.vectors[0]) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"tokens":["a"]}', b"[" * 100_000])
def test_answers_that_are_none(body: bytes) -> None:
    with pytest.raises(MalformedStream):
        llamacpp.tokens(body)
