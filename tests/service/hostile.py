"""What strangers send: model files, options and requests made to break an engine or its service."""

import json
import struct
from collections.abc import Iterator
from typing import Any

from rillet.engine import read_model_header

from ..engine.models import (
    CHAT,
    with_architecture,
    with_counts,
    with_number,
    with_template,
    with_weights,
)
from ..engine.models import (
    ENDLESS as ENDLESS_TEMPLATE,
)

WHOLE = CHAT.read_bytes()
HEADER = read_model_header(CHAT)

_COUNTS = (0, 1, (1 << 31) - 1, 1 << 32, (1 << 63) - 1, (1 << 64) - 1)
_NUMBERS = (0, 1, 3, (1 << 31) - 1, (1 << 32) - 1)
_KEYS = (
    "llama.block_count",
    "llama.embedding_length",
    "llama.feed_forward_length",
    "llama.attention.head_count",
    "llama.attention.head_count_kv",
    "llama.context_length",
    "llama.rope.dimension_count",
)


def truncated() -> Iterator[tuple[str, bytes]]:
    """Cut at each boundary of the format, and beside it."""
    ends = [tensor.offset for tensor in HEADER.tensors[:6]]
    places = {0, 4, 8, 16, 24, HEADER.data_offset, *(HEADER.data_offset + end for end in ends)}
    for place in sorted(places | {len(WHOLE)}):
        for near in (place - 1, place, place + 1):
            if 0 <= near < len(WHOLE):
                yield f"cut at {near}", WHOLE[:near]


def flipped() -> Iterator[tuple[str, bytes]]:
    """One bit of the header wrong."""
    for number, place in enumerate(range(0, HEADER.data_offset, HEADER.data_offset // 60)):
        data = bytearray(WHOLE)
        data[place] ^= 1 << number % 8
        yield f"bit {number % 8} of byte {place}", bytes(data)


def absurd() -> Iterator[tuple[str, bytes]]:
    for count in _COUNTS:
        yield f"{count} tensors", with_counts(count, 20)
        yield f"{count} entries", with_counts(20, count)
    for key in _KEYS:
        for value in _NUMBERS:
            try:
                yield f"{key} {value}", with_number(key, value)
            except ValueError:
                break  # this file does not have the key


def broken() -> Iterator[tuple[str, bytes]]:
    yield "empty", b""
    yield "web page", b"<!DOCTYPE html><html>" * 99
    yield "all zero", bytes(len(WHOLE))
    yield "version 9", WHOLE[:4] + struct.pack("<I", 9) + WHOLE[8:]
    yield "other byte order", WHOLE[:4] + struct.pack(">I", 3) + WHOLE[8:]
    yield "unknown architecture", with_architecture("lxxma")
    yield "template without end", with_template(ENDLESS_TEMPLATE)
    yield "template of another kind", with_template("{% for %}")
    for value in (float("nan"), float("inf"), 3e38):
        yield f"weights {value}", with_weights(value)


FILES = {"truncated": truncated, "flipped": flipped, "absurd": absurd, "broken": broken}

_EXTREMES: tuple[Any, ...] = (
    -(1 << 63),
    -1,
    0,
    (1 << 63) - 1,
    10**30,
    1e308,
    -1e308,
    True,
    "1",
    [],
    {},
)
LOAD = ("num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "use_mmap")
SAMPLING = (
    *("num_keep", "num_predict", "seed", "temperature", "top_k", "top_p", "min_p", "typical_p"),
    *("repeat_last_n", "repeat_penalty", "presence_penalty", "frequency_penalty", "stop"),
)


def options(names: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in names:
        for value in _EXTREMES:
            # A small context bounds what "no limit" means, which is ten of them.
            yield f"{name} {value!r}", {"options": {"num_predict": 3, "num_ctx": 64, name: value}}


def _deep(depth: int, kind: str) -> Any:
    value: Any = {"type": "string"}
    for _ in range(depth):
        value = {"anyOf": [value]} if kind == "anyOf" else {"type": "array", "items": value}
    return value


def requests() -> Iterator[tuple[str, dict[str, Any]]]:
    """Fields of a generate request."""
    formats: dict[str, Any] = {
        "no format": "xml",
        "not JSON": "{",
        "true": True,
        "a list": ["json"],
        "unknown type": {"type": "strange"},
        "types of no type": {"type": 3},
        "self reference": {"$ref": "#"},
        "circle": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
        "recursion": {"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}},
        "reference elsewhere": {"$ref": "http://elsewhere.example/schema"},
        "reference to nothing": {"$ref": "#/$defs/nothing"},
        "bad pattern": {"type": "string", "pattern": "^(($"},
        "evil pattern": {"type": "string", "pattern": "^(a+)+b$"},
        "long pattern": {"type": "string", "pattern": "^" + "a?" * 20_000 + "$"},
        "nested counts": {"type": "string", "pattern": "^((((a{1000}){1000}){1000}){1000})$"},
        "huge length": {"type": "string", "minLength": 2**40},
        "long length": {"type": "string", "minLength": 100_000, "maxLength": 200_000},
        "minimum above maximum": {"type": "integer", "minimum": 2, "maximum": 1},
        "endless bound": {"type": "number", "minimum": float("inf")},
        "many items": {"type": "array", "items": {"type": "integer"}, "minItems": 50_000},
        "items of items": {
            "type": "array",
            "minItems": 1000,
            "items": {"type": "array", "minItems": 1000, "items": {"type": "string"}},
        },
        "empty choice": {"enum": []},
        "many choices": {"enum": [f"choice {number}" for number in range(20_000)]},
        "many properties": {
            "type": "object",
            "properties": {f"p{number}": {"type": "integer"} for number in range(3_000)},
        },
        "no types at all": {"properties": 7},
        "required of nothing": {"type": "object", "required": "all"},
        "deep choices": _deep(60, "anyOf"),
        "too deep choices": _deep(200, "anyOf"),
        "deep lists": _deep(60, "items"),
        "deep JSON": json.loads("[" * 500 + "]" * 500),
        "quotes in names": {"type": "object", "properties": {'"\\\n\0': {"type": "string"}}},
        "grammar in a name": {"type": "object", "properties": {'x" ::= root root': {}}},
    }
    for name, value in formats.items():
        yield f"format: {name}", {"format": value}
    prompts = {
        "a megabyte": "a " * (1 << 19),
        "one word of megabytes": "a" * (4 << 20),
        "zeros": "\0" * 5000,
        "lone surrogates": "\ud800" * 100,
        "special tokens": "<|im_start|><s></s><unk>" * 300,
        "no ASCII": "😀" * 3000,
        "controls": "\x1b[2J\x07" * 500,
    }
    for name, value in prompts.items():
        yield f"prompt: {name}", {"prompt": value}
        yield f"prompt, whole: {name}", {"prompt": value, "truncate": False}
        yield f"prompt, no shift: {name}", {"prompt": value, "shift": False}
    for name, value in {
        "negative": [-1],
        "huge": [1 << 40],
        "beyond the words": [999_999],
        "many": [5] * 100_000,
    }.items():
        yield f"context: {name}", {"context": value, "raw": False}
    for name, value in {
        "recursive": '{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}',
        "not closed": "{{ if",
        "unknown": "{{ .Nothing.At.All }}",
        "wide": '{{ printf "%999999999d" 1 }}',
        "long": "{{ .Prompt }}" * 20_000,
    }.items():
        yield f"template: {name}", {"template": value, "raw": False}
    yield "many stops", {"options": {"stop": [f"stop {n}" for n in range(50_000)]}}
    yield "a long stop", {"options": {"stop": ["x" * (1 << 20)]}}
    yield "empty stops", {"options": {"stop": ["", ""]}}
    yield "many top logprobs", {"logprobs": True, "top_logprobs": 1 << 30}
    yield "negative top logprobs", {"logprobs": True, "top_logprobs": -5}
    yield "image of nothing", {"images": ["AAAA"]}
    yield "suffix", {"suffix": "x"}
    yield "think", {"think": "very"}
