"""What llama.cpp's server is asked: the bodies of its own routes, from options in Ollama's words.

Rules:
* Every sampling option is sent: the engine's defaults are not Ollama's.
* Numbers are clamped to what the engine takes. Some it refuses (`repeat_last_n` -1), some make it
  eat memory (8 to 16 GB at the largest `repeat_last_n`), seen in trials of build 11549.
* Always a stream, and with progress where a prompt takes more than one batch: only then does the
  engine notice between two that nobody reads.
* A format is checked before it is sent (see `llamacpp_schema`).
Options are of the right types already. Source: llama.cpp's server documentation (tools/server).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rillet.wire.llamacpp_guidance import guided
from rillet.wire.llamacpp_lark import numbers_ended
from rillet.wire.llamacpp_schema import engine_schema
from rillet.wire.llamacpp_tools import engine_tools
from rillet.wire.openai_messages import messages_to_openai
from rillet.words.errors import ServerError
from rillet.words.requests import JsonObject, Message

_INT32 = 2**31 - 1
_FLOATS = {  # ours -> (the default that Ollama has, least, most)
    "temperature": (0.8, 0.0, 1e6),
    "top_p": (0.9, 0.0, 1.0),
    "min_p": (0.0, 0.0, 1.0),
    "typical_p": (1.0, 0.0, 1.0),
    "repeat_penalty": (1.0, 1e-3, 1e6),
    "presence_penalty": (0.0, -1e6, 1e6),
    "frequency_penalty": (0.0, -1e6, 1e6),
}
# An object, with an end to the blanks between its words: in the grammar that the engine makes of a
# schema for /completion they have none, and a small model writes them up to its last token.
_JSON = r"""
root ::= object
object ::= "{" blank ( pair ( "," blank pair )* )? "}"
pair ::= string blank ":" blank value blank
array ::= "[" blank ( value blank ( "," blank value blank )* )? "]"
value ::= object | array | string | number | "true" | "false" | "null"
string ::= "\"" character* "\""
character ::= [^"\\\x7F\x00-\x1F] | "\\" ( ["\\/bfnrt] | "u" [0-9a-fA-F]{4} )
number ::= "-"? ( "0" | [1-9] [0-9]{0,15} ) ( "." [0-9]{1,16} )? ( [eE] [-+]? [0-9]{1,3} )?
blank ::= | " " | "\n" [ \t]{0,40}
""".strip()
_STREAM: JsonObject = {"stream": True, "cache_prompt": True}
_PROGRESS: JsonObject = {"return_progress": True}
_BYTES = 4  # of a token, roughly
MOST_TOP_LOGPROBS = 20

Options = Mapping[str, Any]


def sampling(options: Options, num_ctx: int) -> JsonObject:
    """Ollama's options as llama.cpp's, without the limit of tokens. None counts as not given."""
    given = {name: value for name, value in options.items() if value is not None}
    body: JsonObject = {}
    for name, (default, least, most) in _FLOATS.items():
        value = given.get(name, default)
        body[name] = float(value if least <= value <= most else _between(value, least, most))
    body["top_k"] = _between(given.get("top_k", 40), 0, _INT32)
    body["seed"] = given.get("seed", -1) % 2**32  # -1 becomes the engine's word for "random"
    body["n_keep"] = _between(given.get("num_keep", 4), -1, num_ctx)
    last = given.get("repeat_last_n", 64)
    body["repeat_last_n"] = num_ctx if last < 0 else min(last, num_ctx)
    if stops := [text for text in given.get("stop", ()) if text]:
        body["stop"] = stops
    return body


def token_limit(options: Options, num_ctx: int, *, zero_is_none: bool) -> int:
    """How many tokens at most: Ollama allows ten contexts where a request says less than 0 or more.

    With `zero_is_none`, 0 is no limit either, as for Ollama's prompts that it renders itself.
    """
    limit = options.get("num_predict")
    limit = -1 if limit is None else int(limit)
    most = 10 * num_ctx
    if limit < 0 or limit > most or (limit == 0 and zero_is_none):
        return most
    return limit


def completion_body(
    prompt: str | Sequence[int],
    options: Options,
    *,
    num_ctx: int,
    batch: int = 0,
    format: str | JsonObject | None = None,
    images: Sequence[str] = (),
    logprobs: bool = False,
    top_logprobs: int = 0,
    shown: Sequence[str] = (),
    lark: bool = False,
) -> JsonObject:
    """POST /completion: a prompt as text or token ids, sent through no template.

    `batch`: tokens that the engine evaluates at once; 0 is not known.
    `images` are base64 texts; the prompt holds the engine's media marker (`Props`) for each.
    `shown` are control tokens that the answer's text shows; the engine leaves others out. `lark`:
    the engine takes grammars of llguidance.
    """
    whole: Any = prompt if isinstance(prompt, str) else list(prompt)
    if images:
        whole = {"prompt_string": prompt, "multimodal_data": list(images)}
    body = {"prompt": whole, **sampling(options, num_ctx), **_STREAM, "return_tokens": True}
    body["n_predict"] = token_limit(options, num_ctx, zero_is_none=True)
    if images or not _is_one_batch(prompt, batch):
        body |= _PROGRESS
    if (schema := format_schema(format)) is not None:
        body |= {"grammar": _JSON} if format == "json" else _constraint(guided(schema), lark)
    if shown:
        body["preserved_tokens"] = list(shown)
    if logprobs:
        body["n_probs"] = _between(top_logprobs, 1, MOST_TOP_LOGPROBS)
    return body


def _is_one_batch(prompt: str | Sequence[int], batch: int) -> bool:
    """Whether a prompt is so short that there is nothing to tell before its answer."""
    if isinstance(prompt, str):
        return len(prompt) <= batch * _BYTES and len(prompt.encode()) <= batch * _BYTES
    return len(prompt) <= batch


def _constraint(schema: JsonObject, lark: bool) -> JsonObject:
    grammar = numbers_ended(schema) if lark else None
    return {"grammar": grammar} if grammar else {"json_schema": schema}


def chat_body(
    messages: Sequence[Message],
    options: Options,
    *,
    num_ctx: int,
    tools: Sequence[JsonObject] = (),
    format: str | JsonObject | None = None,
    think: bool | str | None = None,
    logprobs: bool = False,
    top_logprobs: int = 0,
) -> JsonObject:
    """POST /v1/chat/completions: messages, through the template in the model."""
    body = {
        "messages": messages_to_openai(messages),
        **sampling(options, num_ctx),
        **_STREAM,
        **_PROGRESS,
        "max_tokens": token_limit(options, num_ctx, zero_is_none=False),
        "stream_options": {"include_usage": True},
        "reasoning_format": "deepseek",
    }
    if tools:
        body["tools"] = engine_tools(tools)
        body["parallel_tool_calls"] = True
    if kwargs := template_arguments(think):
        body["chat_template_kwargs"] = kwargs
    if (schema := format_schema(format)) is not None:
        body["response_format"] = {"type": "json_schema", "json_schema": {"schema": schema}}
    if logprobs:
        body["logprobs"] = True
        body["top_logprobs"] = _between(top_logprobs, 1, MOST_TOP_LOGPROBS)
    return body


def template_body(
    messages: Sequence[Message],
    *,
    tools: Sequence[JsonObject] = (),
    think: bool | str | None = None,
) -> JsonObject:
    """POST /apply-template: the prompt that a chat would send, as text."""
    body: JsonObject = {"messages": messages_to_openai(messages)}
    if tools:
        body["tools"] = engine_tools(tools)
    if kwargs := template_arguments(think):
        body["chat_template_kwargs"] = kwargs
    return body


def tokenize_body(text: str, *, special: bool = True) -> JsonObject:
    """POST /tokenize. `special`: with a beginning token, and control tokens in the text as such."""
    return {"content": text, "add_special": special, "parse_special": special}


def detokenize_body(tokens: Sequence[int]) -> JsonObject:
    """POST /detokenize."""
    return {"tokens": list(tokens)}


def embedding_body(inputs: Sequence[str | Sequence[int]], *, normalize: bool = True) -> JsonObject:
    """POST /v1/embeddings: texts or token ids. Vectors have length 1 if `normalize`, else as is."""
    values = [text if isinstance(text, str) else list(text) for text in inputs]
    return {"input": values, "embd_normalize": 2 if normalize else -1}


def format_schema(format: str | JsonObject | None) -> JsonObject | None:
    """A request's format as the schema that the engine enforces. Raises what is wrong with it."""
    if format is None or format == "":
        return None
    if format == "json":
        return {"type": "object"}
    if isinstance(format, dict):
        return engine_schema(format)
    shown = json.dumps(json.dumps(format, ensure_ascii=False), ensure_ascii=False)
    raise ServerError(
        f'invalid format: {shown}; expected "json" or a valid JSON Schema object', status=400
    )


def template_arguments(think: bool | str | None) -> JsonObject:
    """What chat templates call thinking. Most know the highest effort as "high"."""
    if think is None:
        return {}
    arguments: JsonObject = {"enable_thinking": bool(think)}
    if isinstance(think, str):
        arguments["reasoning_effort"] = "high" if think == "max" else think
        arguments["think_level"] = think  # as it was said, for templates of ours
    return arguments


def _between(value: Any, least: Any, most: Any) -> Any:
    return max(least, min(value, most))
