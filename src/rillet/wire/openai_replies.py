"""Whole answers of the OpenAI dialect as values to encode: completions, models, embeddings, errors.

Rules:
* The texts and types of errors are those of Ollama's /v1 routes: 400 invalid_request_error,
  404 not_found_error, everything else api_error.
* A usage is the one that was counted; where none was, none is sent. Only a model that was merely
  loaded has a usage of zeros.
Source: OpenAI's API reference, and recorded answers of Ollama 0.33.
"""

import base64
import json
import struct
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from rillet.words.errors import Busy, InvalidRequest, RilletError, ServerError
from rillet.words.events import Finish, TokenLogprob, ToolCall
from rillet.words.replies import Reply

FINGERPRINT = "fp_ollama"  # what clients of Ollama's /v1 see there

_Json = dict[str, Any]


def chat_completion(reply: Reply, id: str, model: str, created: int) -> _Json:
    """The whole answer to POST /v1/chat/completions. `created` is in seconds since 1970."""
    message: _Json = {"role": "assistant", "content": reply.text}
    if reply.thinking:
        message["reasoning"] = reply.thinking
    if reply.tool_calls:
        message["tool_calls"] = [tool_call_entry(call) for call in reply.tool_calls]
    choice: _Json = {"index": 0, "message": message}
    choice["finish_reason"] = finish_reason(reply.finish, bool(reply.tool_calls))
    if reply.logprobs:
        choice["logprobs"] = {"content": logprob_entries(reply.logprobs)}
    return _completion("chat.completion", reply, choice, id, model, created)


def text_completion(reply: Reply, id: str, model: str, created: int) -> _Json:
    """The whole answer to POST /v1/completions."""
    choice: _Json = {"text": reply.text, "index": 0}
    choice["finish_reason"] = finish_reason(reply.finish, called=False)
    if reply.thinking:
        choice["reasoning"] = reply.thinking
    if reply.logprobs:
        choice["logprobs"] = text_logprobs(reply.logprobs)
    return _completion("text_completion", reply, choice, id, model, created)


def text_completions(replies: Sequence[Reply], id: str, model: str, created: int) -> _Json:
    """The answer to POST /v1/completions with several prompts: a choice each, the usage of all."""
    parts = [text_completion(reply, id, model, created) for reply in replies]
    choices = [{**part["choices"][0], "index": i} for i, part in enumerate(parts)]
    counts = ("prompt_tokens", "completion_tokens", "total_tokens")
    usages = [part["usage"] for part in parts if "usage" in part]
    usage = {name: sum(one[name] for one in usages) for name in counts}
    return {**parts[0], "choices": choices, "usage": usage}


def _completion(kind: str, reply: Reply, choice: _Json, id: str, model: str, created: int) -> _Json:
    answer: _Json = {
        "id": id,
        "object": kind,
        "created": created,
        "model": model,
        "system_fingerprint": FINGERPRINT,
        "choices": [choice],
    }
    if usage := usage_entry(reply.finish):
        answer["usage"] = usage
    return answer


def model_entry(id: str, created: int, owner: str = "library") -> _Json:
    return {"id": id, "object": "model", "created": created, "owned_by": owner}


def model_list(entries: Sequence[_Json]) -> _Json:
    """GET /v1/models. An empty store has `"data": null`, as there."""
    return {"object": "list", "data": list(entries) or None}


def embedding_list(
    model: str, vectors: Iterable[Sequence[float]], prompt_tokens: int, encoding: str = "float"
) -> _Json:
    """The answer to POST /v1/embeddings. `encoding` "base64" packs little-endian 32 bit floats."""
    pack = _base64_floats if encoding == "base64" else list
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "embedding": pack(vector), "index": i}
            for i, vector in enumerate(vectors)
        ],
        "model": model,
        "usage": {"prompt_tokens": prompt_tokens, "total_tokens": prompt_tokens},
    }


def _base64_floats(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def error_body(error: RilletError) -> _Json:
    """The error object. What to do next stays with us: the other side has its own hints."""
    return error_object(status_of(error), error.message)


def error_object(status: int, message: str) -> _Json:
    kinds = {400: "invalid_request_error", 404: "not_found_error"}
    kind = kinds.get(status, "api_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def status_of(error: RilletError) -> int:
    """The HTTP status that an error in mid-stream would have had."""
    if isinstance(error, ServerError) and error.status is not None:
        return error.status
    if isinstance(error, Busy):
        return 503
    return 400 if isinstance(error, InvalidRequest) else 500


def tool_call_entry(call: ToolCall) -> _Json:
    """A whole call, with its arguments as the JSON text that this dialect wants."""
    return {
        "id": call.id or f"call_{call.index}",
        "index": call.index,
        "type": "function",
        "function": {"name": call.name, "arguments": arguments_text(call)},
    }


def arguments_text(call: ToolCall) -> str:
    if call.raw_arguments is not None:
        return call.raw_arguments
    return json.dumps(call.arguments, ensure_ascii=False, separators=(",", ":"))


def logprob_entries(logprobs: Sequence[TokenLogprob]) -> list[_Json]:
    """For each token its entry; OpenAI's own clients count on all four fields of one."""
    return [{"bytes": None, "top_logprobs": [], **_logprob_entry(entry)} for entry in logprobs]


def _logprob_entry(entry: TokenLogprob) -> _Json:
    shown: _Json = {"token": entry.token, "logprob": entry.logprob}
    if entry.bytes:
        shown["bytes"] = entry.bytes
    if entry.top:
        shown["top_logprobs"] = [_logprob_entry(other) for other in entry.top]
    return shown


def text_logprobs(logprobs: Sequence[TokenLogprob], offset: int = 0) -> _Json:
    """The older form, of completions: lists side by side. `offset`: characters before the first."""
    offsets = list(accumulate((len(entry.token) for entry in logprobs), initial=offset))
    return {
        "tokens": [entry.token for entry in logprobs],
        "token_logprobs": [entry.logprob for entry in logprobs],
        "top_logprobs": [{top.token: top.logprob for top in entry.top} for entry in logprobs],
        "text_offset": offsets[:-1],
    }


def finish_reason(finish: Finish | None, called: bool) -> str | None:
    """Why it ended, in this dialect: a call of a tool is what "stop" means then."""
    reason = finish.reason if finish else None
    return "tool_calls" if called and reason == "stop" else reason


def usage_entry(finish: Finish | None) -> _Json | None:
    """The counts, or None where nobody counted."""
    if finish is None:
        return None
    usage = finish.usage
    if usage is None:
        if finish.reason not in ("load", "unload"):
            return None
        return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
    entry: _Json = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    if usage.cached_tokens is not None:
        entry["prompt_tokens_details"] = {"cached_tokens": usage.cached_tokens}
    return entry
