"""Requests of ours as bodies for servers that speak OpenAI's API.

Rules:
* Only what was asked for is sent: a server's defaults stay its own.
* Options that load a model (`num_ctx`, `num_gpu`, …) mean nothing to such a server and stay here.
  Sampling options that OpenAI does not know go out under the names that others take.
* What cannot be said in this dialect is an `InvalidRequest`, never silently left out.
Source: OpenAI's API reference (chat/create, completions/create).
"""

from rillet.wire.openai_messages import messages_to_openai
from rillet.words.errors import InvalidRequest
from rillet.words.requests import ChatRequest, GenerateRequest, JsonObject

# ours -> theirs; those from `top_k` on are known to llama.cpp, vLLM and SGLang, not to OpenAI
_OPTIONS = (
    ("temperature", "temperature"),
    ("top_p", "top_p"),
    ("seed", "seed"),
    ("stop", "stop"),
    ("frequency_penalty", "frequency_penalty"),
    ("presence_penalty", "presence_penalty"),
    ("top_k", "top_k"),
    ("min_p", "min_p"),
    ("typical_p", "typical_p"),
    ("repeat_penalty", "repetition_penalty"),
    ("repeat_penalty", "repeat_penalty"),  # llama.cpp's word for it
    ("repeat_last_n", "repeat_last_n"),
)


def chat_body(request: ChatRequest) -> JsonObject:
    """The body of POST /v1/chat/completions, as a stream unless the request says otherwise."""
    body: JsonObject = {
        "model": request.model,
        "messages": messages_to_openai(request.messages),
        **_sampling(request.options, request.stream),
    }
    if request.tools:
        body["tools"] = request.tools
        if request.tool_choice:
            body["tool_choice"] = request.tool_choice
    if response_format := _response_format(request.format):
        body["response_format"] = response_format
    if request.think is not None:
        body["reasoning_effort"] = _effort(request.think)
    if request.logprobs:
        body["logprobs"] = True
        if request.top_logprobs:
            body["top_logprobs"] = request.top_logprobs
    return body


def completion_body(request: GenerateRequest) -> JsonObject:
    """The body of POST /v1/completions. The prompt goes out as it is: no template, no system."""
    for name in ("system", "template", "context", "images"):
        if getattr(request, name):
            raise InvalidRequest(
                f"OpenAI's completions have no word for `{name}`",
                hint="Ask with chat instead, or a server that speaks Ollama's API",
            )
    body: JsonObject = {
        "model": request.model,
        "prompt": request.prompt,
        **_sampling(request.options, request.stream),
    }
    if request.suffix:
        body["suffix"] = request.suffix
    if response_format := _response_format(request.format):
        body["response_format"] = response_format
        # A llama-server takes no notice of that here, but of this.
        body["json_schema"] = (
            request.format if isinstance(request.format, dict) else {"type": "object"}
        )
    if request.logprobs:
        body["logprobs"] = request.top_logprobs or 1
    return body


def _sampling(options: JsonObject | None, stream: bool | None) -> JsonObject:
    given = {name: value for name, value in (options or {}).items() if value is not None}
    body = {theirs: given[ours] for ours, theirs in _OPTIONS if ours in given}
    limit = given.get("num_predict")
    if isinstance(limit, int) and limit >= 0:  # negative is "no limit", which is theirs by default
        body["max_tokens"] = limit
    if stream is not False:
        body["stream"] = True
        body["stream_options"] = {"include_usage": True}
    return body


def _response_format(format: str | JsonObject | None) -> JsonObject | None:
    if not format:
        return None
    if format == "json":
        return {"type": "json_object"}
    if isinstance(format, dict):
        return {"type": "json_schema", "json_schema": {"name": "answer", "schema": format}}
    raise InvalidRequest(f'format is {format!r}; it must be "json" or a JSON schema')


def _effort(think: bool | str) -> str:
    if isinstance(think, bool):
        return "medium" if think else "none"
    return "xhigh" if think == "max" else think
