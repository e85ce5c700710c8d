"""The Go types of Ollama's requests in the forms of OpenAI and Anthropic, for what is wrong in one.

Left open here, because it is understood: several prompts, arguments of a tool that are an object,
and what those APIs have but Ollama does not. Source: error texts as observed on Ollama 0.33.
"""

from collections.abc import Mapping
from typing import Any

from rillet.wire.go_structs import TOOL, arguments
from rillet.wire.go_types import (
    Check,
    Fault,
    Place,
    Reading,
    anything,
    boolean,
    fault_of,
    float32,
    float64,
    integer,
    list_of,
    mapping,
    of_its_own,
    raw,
    string,
    strings,
    struct,
)
from rillet.wire.openai_responses_items import check_input


def texts(*names: str) -> dict[str, Check]:
    return dict.fromkeys(names, string)


def _unless(kind: type, check: Check) -> Check:
    """What is understood besides is read later."""

    def checked(value: Any, at: Place, reading: Reading) -> None:
        if type(value) is not kind:
            check(value, at, reading)

    return checked


def _prompt(value: Any, at: Place, reading: Reading) -> None:
    if type(value) is not list or not all(type(text) is str for text in value):
        string(value, at, reading)


def _input(value: Any, at: Place, reading: Reading) -> None:
    check_input(value)


_FUNCTION = struct(
    'struct { Name string "json:\\"name\\""; Arguments string "json:\\"arguments\\"" }',
    {"name": string, "arguments": _unless(dict, string)},
)
_CALL = struct("openai.ToolCall", {**texts("id", "type"), "index": integer, "function": _FUNCTION})
_MESSAGE = struct(
    "openai.Message",
    {
        **texts("role", "reasoning", "name", "tool_call_id"),
        "content": anything,
        "tool_calls": list_of(_CALL, "[]openai.ToolCall"),
    },
)
_COMMON: Mapping[str, Check] = {
    "model": string,
    "stream": boolean,
    "stream_options": struct("openai.StreamOptions", {"include_usage": boolean}),
    "max_tokens": integer,
    "seed": integer,
    "stop": anything,
    "_debug_render_only": boolean,
}
_FORMAT = struct(
    "openai.ResponseFormat",
    {"type": string, "json_schema": struct("openai.JsonSchema", {"schema": anything})},
)
_SAMPLING = ("temperature", "frequency_penalty", "presence_penalty", "top_p")
_CHAT = struct(
    "openai.ChatCompletionRequest",
    {
        **_COMMON,
        **dict.fromkeys(_SAMPLING, float64),
        "messages": list_of(_MESSAGE, "[]openai.Message"),
        "response_format": _FORMAT,
        "tools": list_of(TOOL, "[]api.Tool"),
        "reasoning": struct("openai.Reasoning", texts("effort")),
        "reasoning_effort": string,
        "logprobs": boolean,
        "top_logprobs": integer,
    },
)
_COMPLETION = struct(
    "openai.CompletionRequest",
    {
        **_COMMON,
        **dict.fromkeys(_SAMPLING, float32),
        "prompt": _prompt,
        "suffix": string,
        "logprobs": integer,
    },
)
_EMBED = struct(
    "openai.EmbedRequest",
    {**texts("model", "encoding_format"), "input": anything, "dimensions": integer},
)
_SOURCE = struct("anthropic.ImageSource", texts("type", "media_type", "data", "url"))
_CITATION = struct(
    "anthropic.Citation", texts("type", "url", "title", "encrypted_index", "cited_text")
)
_BLOCK = struct(
    "anthropic.ContentBlock",
    {
        **texts("type", "text", "id", "name", "tool_use_id", "thinking", "signature"),
        "citations": list_of(_CITATION, "[]anthropic.Citation"),
        "source": _SOURCE,
        "input": arguments,
        "content": anything,
        "is_error": boolean,
    },
)
_BLOCKS = list_of(_BLOCK, "[]anthropic.ContentBlock")
_PARAM = struct(
    'struct { Role string "json:\\"role\\""; Content json.RawMessage "json:\\"content\\"" }',
    {"role": string, "content": raw},
)


def _message_param(value: Any, at: Place, reading: Reading) -> None:
    if fault := fault_of(value, _PARAM, reading.exact):
        raise fault.within(at)
    content = [value[key] for key in value or () if key.lower() == "content"]
    if not content:
        raise Fault("unexpected end of JSON input")
    if type(content[-1]) is not str:
        of_its_own(_BLOCKS)(content[-1], at, reading)


_ANTHROPIC_TOOL = struct(
    "anthropic.Tool",
    {**texts("type", "name", "description"), "input_schema": anything, "max_uses": integer},
)
_CHOICE = struct(
    "anthropic.ToolChoice", {**texts("type", "name"), "disable_parallel_tool_use": boolean}
)
_MESSAGES = struct(
    "anthropic.MessagesRequest",
    {
        "model": string,
        "max_tokens": integer,
        "messages": list_of(_message_param, "[]anthropic.MessageParam"),
        "system": anything,
        "stream": boolean,
        "temperature": float64,
        "top_p": float64,
        "top_k": integer,
        "stop_sequences": strings,
        "tools": list_of(_ANTHROPIC_TOOL, "[]anthropic.Tool"),
        "tool_choice": _CHOICE,
        "thinking": struct("anthropic.ThinkingConfig", {"type": string, "budget_tokens": integer}),
        "metadata": struct("anthropic.Metadata", texts("user_id")),
        "output_config": struct("anthropic.OutputConfig", texts("effort")),
    },
)


def _tool(value: Any, at: Place, reading: Reading) -> None:
    _RESPONSES_TOOL(value, at, reading)


_RESPONSES_TOOL = struct(
    "openai.ResponsesTool",
    {
        **texts("type", "name", "description"),
        "strict": boolean,
        "parameters": mapping,
        "tools": list_of(_tool, "[]openai.ResponsesTool"),
    },
)
_TEXT_FORMAT = struct(
    "openai.ResponsesTextFormat",
    {**texts("type", "name"), "schema": anything, "strict": boolean},
)
_RESPONSES = struct(
    "openai.ResponsesRequest",
    {
        **texts("model", "instructions", "truncation"),
        "background": boolean,
        "conversation": anything,
        "include": strings,
        "input": _input,
        "max_output_tokens": integer,
        "reasoning": struct(
            "openai.ResponsesReasoning", texts("effort", "generate_summary", "summary")
        ),
        "temperature": float64,
        "text": struct("openai.ResponsesText", {"format": _TEXT_FORMAT}),
        "top_p": float64,
        "tools": list_of(_tool, "[]openai.ResponsesTool"),
        "stream": boolean,
    },
)
#: By the path of the route.
STRUCTS: Mapping[str, Check] = {
    "/v1/chat/completions": _CHAT,
    "/v1/completions": _COMPLETION,
    "/v1/embeddings": _EMBED,
    "/v1/messages": _MESSAGES,
    "/v1/messages/count_tokens": _MESSAGES,
    "/v1/responses": _RESPONSES,
}
