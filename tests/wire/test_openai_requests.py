"""Requests of the OpenAI dialect: read, refused, and written."""

import base64
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.wire.llamacpp_bodies import format_schema
from rillet.wire.openai import (
    chat_body,
    chat_request_from_openai,
    completion_body,
    embed_request_from_openai,
    embedding_encoding,
    generate_request_from_openai,
    usage_wanted,
)
from rillet.wire.openai_messages import messages_to_openai
from rillet.words.errors import InvalidRequest, ServerError
from rillet.words.requests import (
    ChatRequest,
    GenerateRequest,
    Message,
    MessageToolCall,
    ToolCallFunction,
)
from tests.wire.dialects import json_values

USER = {"role": "user", "content": "hi"}
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [USER], **fields}


def content(value: Any) -> dict[str, Any]:
    return body(messages=[{"role": "user", "content": value}])


GO = "json: cannot unmarshal {} into Go struct field ChatCompletionRequest.{} of type {}"


@pytest.mark.parametrize(
    ("given_body", "message"),
    [
        (None, "[] is too short - 'messages'"),
        ([], "json: cannot unmarshal array into Go value of type openai.ChatCompletionRequest"),
        (body(messages=[]), "[] is too short - 'messages'"),
        (body(messages="hi"), GO.format("string", "messages", "[]openai.Message")),
        (body(stream="yes"), GO.format("string", "stream", "bool")),
        (body(max_tokens="5"), GO.format("string", "max_tokens", "int")),
        (body(temperature="hot"), GO.format("string", "temperature", "float64")),
        (body(temperature=True), GO.format("bool", "temperature", "float64")),
        (body(seed=1.5), GO.format("number 1.5", "seed", "int")),
        (body(stream_options="x"), GO.format("string", "stream_options", "openai.StreamOptions")),
        (body(tools="x"), GO.format("string", "tools", "[]api.Tool")),
        (body(logprobs=2), GO.format("number", "logprobs", "bool")),
        (body(top_logprobs="2"), GO.format("string", "top_logprobs", "int")),
        (content(None), "invalid message content type: <nil>"),
        (body(messages=[None]), "invalid message content type: <nil>"),
        (content(7), "invalid message content type: float64"),
        (content(True), "invalid message content type: bool"),
        (content({}), "invalid message content type: map[string]interface {}"),
        (content([{"type": "video"}]), "invalid message format"),
        (content(["hi"]), "invalid message format"),
        (
            content([{"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}]),
            "image URLs are not currently supported, please use base64 encoded data instead",
        ),
        (
            content([{"type": "image_url", "image_url": {"url": "data:image/png;base64,!!"}}]),
            "invalid image input",
        ),
        (
            content([{"type": "image_url", "image_url": "data:text/html;base64,aGk="}]),
            "invalid image input",
        ),
        *((
            body(messages=[{"role": "assistant", "tool_calls": [call]}]),
            "invalid tool call arguments",
        ) for call in (
            None,
            {},
            *({"function": {"name": "f", "arguments": arguments}} for arguments in (
                "{bad", '{"a":1,}', '{"a":NaN}', '{"a":"\n"}', "[]", "5", "\ufeff{}",
            )),
        )),
        (content([{"type": "input_audio"}]), "invalid input_audio format"),
        (
            content([{"type": "input_audio", "input_audio": {"data": 7}}]),
            "invalid input_audio format: missing data",
        ),
        (
            content([{"type": "input_audio", "input_audio": {"data": "AAA"}}]),
            "invalid input_audio base64 data: illegal base64 data at input byte 0",
        ),
        (
            body(reasoning_effort="bogus"),
            'invalid reasoning value: "bogus" (must be "minimal", "low", "medium", "high", "xhigh",'
            ' "ultra", "max", or "none")',
        ),
        (
            body(response_format={"type": "xml"}),
            "response_format.type must be text, json_object or json_schema",
        ),
        (
            body(response_format={"type": "json_schema"}),
            "response_format.json_schema.schema must be an object, not null",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(given_body: Any, message: str) -> None:
    with pytest.raises(ServerError) as caught:
        chat_request_from_openai(given_body)
    assert (caught.value.status, caught.value.message) == (400, message)


def test_defaults_are_openais() -> None:
    request = chat_request_from_openai(body(unknown=1, n=3, user="u", temperature=None))
    assert request.stream is False
    assert request.options == {"temperature": 1.0, "top_p": 1.0}
    assert request.messages == [Message("user", "hi")]
    assert request.think is request.format is request.tools is None


@pytest.mark.parametrize("stop", [[], [1], [None, []], 5, True, {}])
def test_a_stop_without_a_text_leaves_the_models_own(stop: Any) -> None:
    assert chat_request_from_openai(body(stop=stop)).options == {"temperature": 1.0, "top_p": 1.0}


def test_stops_that_are_no_texts_are_passed_over() -> None:
    assert chat_request_from_openai(body(stop=[1, "ld"])).options["stop"] == ["ld"]


@pytest.mark.parametrize("limit", ["", "x", 1.5, True, [], {}, 2**63])
def test_a_limit_that_ollama_does_not_know_is_no_error(limit: Any) -> None:
    options = chat_request_from_openai(body(max_completion_tokens=limit)).options
    assert options == {"temperature": 1.0, "top_p": 1.0}


def test_what_is_no_schema_is_refused_in_ollamas_words() -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": ["x"]}}
    request = chat_request_from_openai(body(response_format=wanted))
    message = r"""invalid format: "[\"x\"]"; expected "json" or a valid JSON Schema object"""
    with pytest.raises(ServerError, match=f"^{re.escape(message)}$"):
        format_schema(request.format)


def test_names_match_in_any_case() -> None:
    assert chat_request_from_openai(body(STREAM=True, Max_Tokens=7)).options == {
        "temperature": 1.0,
        "top_p": 1.0,
        "num_predict": 7,
    }


def test_options() -> None:
    request = chat_request_from_openai(
        body(
            temperature=0,
            top_p=0.5,
            seed=3,
            stop="x",
            frequency_penalty=0.1,
            presence_penalty=0.2,
            max_completion_tokens=9,
        )
    )
    assert request.options == {
        "temperature": 0,
        "top_p": 0.5,
        "seed": 3,
        "stop": ["x"],
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "num_predict": 9,
    }


@pytest.mark.parametrize(
    ("fields", "think"),
    [
        ({}, None),
        ({"reasoning_effort": "none"}, False),
        ({"reasoning_effort": "minimal"}, "low"),
        ({"reasoning_effort": "xhigh"}, "max"),
        ({"reasoning": {"effort": "high"}, "reasoning_effort": "low"}, "high"),
        ({"reasoning": {}}, None),
        ({"reasoning": {}, "reasoning_effort": "low"}, None),
        ({"reasoning": None, "reasoning_effort": "low"}, "low"),
    ],
)
def test_efforts(fields: dict[str, Any], think: bool | str | None) -> None:
    assert chat_request_from_openai(body(**fields)).think == think


def test_formats() -> None:
    schema = {"type": "object"}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    assert chat_request_from_openai(body(response_format=wanted)).format == schema
    assert chat_request_from_openai(body(response_format={"type": "json_object"})).format == "json"
    odd = {"type": "JSON_SCHEMA", "json_schema": {"Schema": schema}}
    assert chat_request_from_openai(body(response_format=odd)).format == schema
    assert chat_request_from_openai(body(response_format={"type": "text"})).format is None
    assert chat_request_from_openai(body(response_format={"type": " JSON_Object"})).format == "json"


def test_tools_and_the_choice_not_to_use_them() -> None:
    assert chat_request_from_openai(body(tools=[TOOL], tool_choice="auto")).tools == [TOOL]
    assert chat_request_from_openai(body(tools=[TOOL], tool_choice="none")).tools is None


def test_what_is_null_in_a_tool_is_not_said() -> None:
    schema = {
        "type": "object",
        "required": None,
        "properties": {
            "a": None,
            "b": {"type": [], "anyOf": [None, {"type": None, "default": None}], "enum": []},
            "c": {"type": "string", "enum": [None], "items": None},
            "d": True,
        },
    }
    function = {"name": "f", "description": None, "parameters": schema}
    (tool,) = chat_request_from_openai(body(tools=[{"function": function}])).tools or ()
    assert tool == {"type": "function", "function": {"name": "f", "parameters": {
        "type": "object",
        "properties": {
            "a": {},
            "b": {"anyOf": [{}, {"default": None}]},
            "c": {"type": "string", "enum": [None]},
            "d": {},
        },
    }}}  # fmt: skip


def test_images_stay_where_they_stand_among_words() -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    words = {"type": "text", "text": "a"}
    for parts, expected in (
        ([image, image, words], "a"),
        ([words, image], "a\n\n[img]"),
        ([image, words, image], "[img]\n\na\n\n[img]"),
        ([image], ""),
    ):
        (message,) = chat_request_from_openai(content(parts)).messages
        assert (message.content, len(message.images or ())) == (expected, parts.count(image))
        (sent,) = messages_to_openai([message])
        kinds = [part["type"] for part in sent["content"]]
        if "[img]" in expected:
            assert kinds == [part["type"] for part in parts]


def test_parts_calls_and_results() -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    text = [{"type": "text", "text": "a"}, image, {"type": "text", "text": "b"}]
    request = chat_request_from_openai(
        body(
            messages=[
                {"role": "user", "content": text},
                {"role": "assistant", "content": None, "reasoning": "hm", "tool_calls": [CALL]},
                {"role": "tool", "content": "22", "tool_call_id": "c1"},
            ]
        )
    )
    assert request.messages == [
        Message("user", "a\n\n[img]\n\nb", images=[PNG]),
        Message(
            "assistant",
            thinking="hm",
            tool_calls=[MessageToolCall(ToolCallFunction("f", {"a": 1}), "c1")],
        ),
        Message("tool", "22", tool_name="f", tool_call_id="c1"),
    ]


def test_a_developer_is_who_sets_the_model_up() -> None:
    messages = [{"role": "developer", "content": "D"}, USER]
    assert chat_request_from_openai(body(messages=messages)).messages == [
        Message("system", "D"),
        Message("user", "hi"),
    ]


def test_beside_calls_any_content_stands_for_none() -> None:
    for spoken in (None, 7, True, {}):
        turn = {"role": "assistant", "content": spoken, "tool_calls": [CALL]}
        assert chat_request_from_openai(body(messages=[turn])).messages[0].content == ""
    turn = {"role": "assistant", "content": None, "tool_calls": []}
    assert chat_request_from_openai(body(messages=[turn])).messages == [Message("assistant")]


def test_a_message_of_no_parts_is_none() -> None:
    empty = {"role": "user", "content": []}
    assert chat_request_from_openai(body(messages=[empty, USER])).messages == [
        Message("user", "hi")
    ]
    called = {"role": "assistant", "content": [], "tool_calls": [CALL]}
    assert chat_request_from_openai(body(messages=[called])).messages[0].tool_calls


def test_arguments_may_be_null_and_a_picture_may_have_line_breaks() -> None:
    call = {"id": "c", "function": {"name": None, "arguments": "null"}}
    turn = {"role": "assistant", "tool_calls": [call]}
    (message,) = chat_request_from_openai(body(messages=[turn])).messages
    assert message.tool_calls == [MessageToolCall(ToolCallFunction("", {}), "c")]
    url = "data:image/png;base64,aG\r\nk="
    (message,) = chat_request_from_openai(
        content([{"type": "image_url", "image_url": url}])
    ).messages
    assert message.images == ["aGk="]


@given(st.recursive(json_values, lambda inner: st.dictionaries(
    st.sampled_from(["model", "messages", "role", "content", "tool_calls", "function", "type",
                     "arguments", "image_url", "url", "tools", "response_format", "json_schema",
                     "stop", "stream_options", "reasoning", "effort", "input", "prompt"]), inner)
    | st.lists(inner, max_size=2), max_leaves=12))  # fmt: skip
def test_strangers_get_an_answer_or_a_400(value: Any) -> None:
    for read in (
        chat_request_from_openai,
        generate_request_from_openai,
        embed_request_from_openai,
        usage_wanted,
    ):
        try:
            read(value)
        except ServerError as error:
            assert error.status == 400


def test_a_refusal_that_is_sent_back_is_what_was_said() -> None:
    refusal = {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}
    request = chat_request_from_openai({"model": "m", "messages": [refusal]})
    assert request.messages[0].content == "No."


def test_completions() -> None:
    request = generate_request_from_openai(
        {"model": "m", "prompt": ["hi"], "suffix": "s", "max_tokens": 3, "logprobs": 2}
    )
    assert (request.prompt, request.suffix, request.logprobs, request.top_logprobs) == (
        "hi",
        "s",
        True,
        2,
    )
    assert generate_request_from_openai({"model": "m"}).prompt == ""
    assert generate_request_from_openai({"model": "m", "logprobs": -1}).logprobs is None
    for stop, kind in ((1, "float64"), (None, "<nil>"), ([], r"\[\]interface {}"), (True, "bool")):
        with pytest.raises(ServerError, match=f"^invalid type for 'stop' field: {kind}$"):
            generate_request_from_openai({"model": "m", "stop": ["x", stop]})
    with pytest.raises(ServerError, match=r"CompletionRequest\.prompt of type string"):
        generate_request_from_openai({"prompt": [1, 2]})


def test_embeddings() -> None:
    assert embed_request_from_openai({"model": "m", "input": ""}).input == [""]
    assert embed_request_from_openai({"input": ["a", "b"], "dimensions": 8}).dimensions == 8
    for wrong in ([], None):
        with pytest.raises(ServerError, match=r"^invalid input$"):
            embed_request_from_openai({"input": wrong})
    assert embedding_encoding({}) == "float"
    assert embedding_encoding({"encoding_format": "base64"}) == "base64"
    with pytest.raises(ServerError, match="'encoding_format' = int8"):
        embedding_encoding({"encoding_format": "int8"})


def test_usage_wanted() -> None:
    assert usage_wanted({"stream_options": {"include_usage": True}})
    assert not usage_wanted({"stream_options": {}}) and not usage_wanted({})


def test_a_chat_as_a_body() -> None:
    request = ChatRequest(
        model="m",
        messages=[
            Message("user", "hi", images=[PNG]),
            Message("assistant", thinking="hm", tool_calls=[
                MessageToolCall(ToolCallFunction("f", {"a": 1})),
                MessageToolCall(ToolCallFunction("g", {})),
            ]),
            Message("tool", "2", tool_name="g"),
            Message("tool", "1", tool_name="f"),
        ],
        tools=[TOOL],
        format={"type": "object"},
        options={"num_predict": 5, "num_ctx": 99, "top_k": 3, "stop": ["x"], "seed": None},
        think=False,
        logprobs=True,
        top_logprobs=2,
    )  # fmt: skip
    sent = chat_body(request)
    assert sent["messages"][0]["content"] == [
        {"type": "text", "text": "hi"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
    ]
    ids = [call["id"] for call in sent["messages"][1]["tool_calls"]]
    assert len(set(ids)) == 2
    assert [sent["messages"][3]["tool_call_id"], sent["messages"][2]["tool_call_id"]] == ids
    assert sent["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"a": 1}'
    assert (sent["max_tokens"], sent["top_k"], sent["stop"]) == (5, 3, ["x"])
    assert "num_ctx" not in sent and "seed" not in sent
    assert sent["reasoning_effort"] == "none"
    assert sent["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert sent["stream_options"] == {"include_usage": True}


def test_a_body_reads_back_as_the_chat() -> None:
    call = MessageToolCall(ToolCallFunction("f", {"a": 1}), "c1")
    request = ChatRequest(
        model="m",
        messages=[
            Message("system", "S"),
            Message("user", "hi\n\n[img]", images=[PNG]),
            Message("assistant", "x", thinking="hm", tool_calls=[call]),
            Message("tool", "1", tool_name="f", tool_call_id="c1"),
        ],
        tools=[TOOL],
        stream=True,
        format="json",
        options={"temperature": 0.5, "top_p": 0.5, "num_predict": 5},
        think="max",
    )
    assert chat_request_from_openai(chat_body(request)) == request


def test_a_completion_as_a_body() -> None:
    request = GenerateRequest(model="m", prompt="hi", stream=False, options={"num_predict": -1})
    assert completion_body(request) == {"model": "m", "prompt": "hi"}
    request = GenerateRequest(model="m", prompt="hi", stream=False, options={"repeat_penalty": 2.0})
    for format, schema in (("json", {"type": "object"}), ({"type": "array"}, {"type": "array"})):
        shaped = completion_body(GenerateRequest(model="m", prompt="hi", format=format))
        assert shaped["json_schema"] == schema and "response_format" in shaped
    # vLLM and llama.cpp have a word each, and take no notice of the other's
    penalties = {"repetition_penalty": 2.0, "repeat_penalty": 2.0}
    assert completion_body(request) == {"model": "m", "prompt": "hi", **penalties}
    with pytest.raises(InvalidRequest, match="`system`"):
        completion_body(GenerateRequest(model="m", prompt="hi", system="S"))
    with pytest.raises(InvalidRequest, match="JSON schema"):
        chat_body(ChatRequest(model="m", messages=[], format="xml"))
