"""Requests of the OpenAI dialect, as a server reads them: bodies to requests of ours.

Rules:
* Checks and error texts are those of Ollama's /v1 routes; a wrong value is a `ServerError` (400).
* `stream` is off when absent. `temperature` and `top_p` are 1 when absent, as OpenAI has it.
* Unknown fields, and those that have no meaning here (`n`, `user`, `logit_bias`), are skipped.
* Better than there: an unknown response format and a schema that is missing are refused;
  `tool_choice` and `max_completion_tokens` are honoured. What Ollama takes no notice of is no error
  here: a `stop` that is no text, a `max_completion_tokens` that is no number.
Source: OpenAI's API reference; error texts as observed on Ollama 0.33.
"""

from typing import Any, Literal

from rillet.wire.go_fields import Fields, fields, interface_type, mismatch, refused
from rillet.wire.go_tools import as_function
from rillet.wire.openai_messages import messages_from_openai
from rillet.wire.tool_choice import chosen
from rillet.words.quoting import quoted
from rillet.words.requests import ChatRequest, EmbedRequest, GenerateRequest

_Json = dict[str, Any]

_SAMPLING = {
    "model": "string",
    "stream": "bool",
    "stream_options": "openai.StreamOptions",
    "max_tokens": "int",
    "seed": "int",
    "stop": "any",
    "temperature": "float64",
    "top_p": "float64",
    "frequency_penalty": "float64",
    "presence_penalty": "float64",
}
_CHAT = _SAMPLING | {
    "messages": "[]openai.Message",
    "max_completion_tokens": "any",
    "response_format": "openai.ResponseFormat",
    "tools": "[]api.Tool",
    "tool_choice": "any",
    "reasoning": "openai.Reasoning",
    "reasoning_effort": "string",
    "logprobs": "bool",
    "top_logprobs": "int",
}
_COMPLETION = _SAMPLING | {"prompt": "any", "suffix": "string", "logprobs": "int"}
_EMBEDDING = {
    "model": "string",
    "input": "any",
    "dimensions": "int",
    "encoding_format": "string",
}
MOST_PROMPTS = 128  # of one request for completions
_EFFORTS: dict[str, bool | str] = {
    "none": False,
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "max",
    "ultra": "max",
    "max": "max",
}


def chat_request_from_openai(body: Any) -> ChatRequest:
    """The parsed JSON body of POST /v1/chat/completions."""
    given = fields(body, "openai.ChatCompletionRequest", _CHAT)
    if not given.get("messages"):
        raise refused("[] is too short - 'messages'")
    messages, think = messages_from_openai(given["messages"]), _think(given)
    limit = given.get("max_tokens", _whole(given.get("max_completion_tokens")))
    tools, choice = chosen(_tools(given.get("tools")), given.get("tool_choice"))
    return ChatRequest(
        model=given.get("model", ""),
        messages=messages,
        tools=tools,
        tool_choice=choice,
        stream=given.get("stream", False),
        format=None if choice else _format(given.get("response_format")),
        options=_options(given, limit),
        think=think,
        logprobs=given.get("logprobs"),
        top_logprobs=given.get("top_logprobs"),
    )


def generate_request_from_openai(body: Any) -> GenerateRequest:
    """The parsed JSON body of POST /v1/completions. A list of one text is understood as well."""
    given = fields(body, "openai.CompletionRequest", _COMPLETION)
    prompt = given.get("prompt", "")
    if isinstance(prompt, list) and len(prompt) == 1 and isinstance(prompt[0], str):
        prompt = prompt[0]
    if not isinstance(prompt, str):
        raise mismatch(prompt, "CompletionRequest.prompt", "string")
    for stop in given["stop"] if isinstance(given.get("stop"), list) else ():
        if not isinstance(stop, str):
            raise refused(f"invalid type for 'stop' field: {interface_type(stop)}")
    logprobs = max(0, given.get("logprobs", 0))
    return GenerateRequest(
        model=given.get("model", ""),
        prompt=prompt,
        suffix=given.get("suffix"),
        stream=given.get("stream", False),
        options=_options(given, given.get("max_tokens")),
        logprobs=True if logprobs else None,
        top_logprobs=logprobs or None,
    )


def completion_prompts(body: Any) -> list[str]:
    """The texts of POST /v1/completions where it asks for several at once; none where for one."""
    prompt = fields(body, "openai.CompletionRequest", _COMPLETION).get("prompt")
    if not isinstance(prompt, list) or len(prompt) < 2:
        return []
    if not all(isinstance(text, str) and text for text in prompt):
        return []
    if len(prompt) > MOST_PROMPTS:
        raise refused(f"{len(prompt)} prompts: {MOST_PROMPTS} are the most")
    return prompt


def embed_request_from_openai(body: Any) -> EmbedRequest:
    """The parsed JSON body of POST /v1/embeddings. An empty text is a text; its vector is made.

    Whether the input is made of texts is not checked: there that comes after the model is known.
    """
    given = fields(body, "openai.EmbedRequest", _EMBEDDING)
    embedding_encoding(body)
    texts = given.get("input")
    if texts is None or texts == []:
        raise refused("invalid input")
    if isinstance(texts, str):
        texts = [texts]
    dimensions = given.get("dimensions") or None
    return EmbedRequest(model=given.get("model", ""), input=texts, dimensions=dimensions)


def embedding_encoding(body: Any) -> Literal["float", "base64"]:
    """In which form the vectors are wanted."""
    wanted = fields(body, "openai.EmbedRequest", _EMBEDDING).get("encoding_format") or "float"
    if wanted.lower() not in ("float", "base64"):
        raise refused(
            f"Invalid value for 'encoding_format' = {wanted}."
            " Supported values: ['float', 'base64']."
        )
    return "base64" if wanted.lower() == "base64" else "float"


def usage_wanted(body: Any) -> bool:
    """Whether a stream shall end with its usage: `stream_options.include_usage`."""
    options = fields(body, "openai.ChatCompletionRequest", _SAMPLING).get("stream_options")
    table = {"include_usage": "bool"}
    return bool(fields(options, "ChatCompletionRequest.stream_options", table).get("include_usage"))


def effort_to_think(effort: str) -> bool | str | None:
    """An effort of reasoning as our `think`; "" is not said."""
    if not effort:
        return None
    if effort not in _EFFORTS:
        named = '"minimal", "low", "medium", "high", "xhigh", "ultra", "max", or "none"'
        raise refused(f"invalid reasoning value: {quoted(effort)} (must be {named})")
    return _EFFORTS[effort]


def _whole(value: Any) -> int | None:
    """A number that Go's `int` holds; None for all else."""
    return value if type(value) is int and -(2**63) <= value < 2**63 else None


def _think(given: Fields) -> bool | str | None:
    effort = given.get("reasoning_effort") or ""
    if "reasoning" in given:  # it counts even where it says nothing
        effort = given["reasoning"].get("effort") or ""
    if not isinstance(effort, str):
        raise mismatch(effort, "ChatCompletionRequest.reasoning.effort", "string")
    return effort_to_think(effort)


def _options(given: Fields, max_tokens: int | None) -> _Json:
    options: _Json = {
        "temperature": given.get("temperature", 1.0),
        "top_p": given.get("top_p", 1.0),
    }
    for name in ("seed", "frequency_penalty", "presence_penalty"):
        if name in given:
            options[name] = given[name]
    if max_tokens is not None:
        options["num_predict"] = max_tokens
    if stops := _stops(given.get("stop")):  # none are not said: the model's own hold
        options["stop"] = stops
    return options


def _stops(stop: Any) -> list[str]:
    stops = stop if isinstance(stop, list) else [stop]
    return [text for text in stops if isinstance(text, str)]


def _tools(tools: list[Any] | None) -> list[_Json] | None:
    return [as_function(tool) for tool in tools or ()] or None


def _format(wanted: _Json | None) -> Any:
    """What is no schema at all is refused where it would be used, in Ollama's words."""
    wanted_type = ((wanted or {}).get("type") or "").strip().lower()
    if wanted_type in ("", "text"):
        return None
    if wanted_type == "json_object":
        return "json"
    if wanted_type != "json_schema":
        raise refused("response_format.type must be text, json_object or json_schema")
    holder = (wanted or {}).get("json_schema")
    schema = fields(holder, "openai.JsonSchema", {"schema": "any"}).get("schema")
    if schema is None:
        raise refused("response_format.json_schema.schema must be an object, not null")
    return schema
