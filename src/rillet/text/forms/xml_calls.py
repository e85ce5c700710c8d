"""Calls whose arguments stand between tags of their own: texts, typed by what the tool wants."""

import re

from rillet.text.forms.tool import Call, Tools, json_object

_FUNCTION = re.compile(r"<function=([^>]+)>(.*)</function>", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>]+)>(.*?)</parameter>", re.DOTALL)
#: A pair of a key and a value; models forget one tag or the other.
_PAIR = re.compile(
    r"<arg_key>(.*?)(?:</arg_key>\s*(?:<arg_value>)?|<arg_value>)(.*?)"
    r"(?:</arg_value>|(?=<arg_key>)|\Z)",
    re.DOTALL,
)
_KEY = re.compile("<arg_key>(.*?)</arg_key>", re.DOTALL)
_VALUE = re.compile("<arg_value>(.*?)</arg_value>", re.DOTALL)
_ALIASES = {
    "read_file": "read",
    "write_file": "write",
    "edit_file": "edit",
    "web_fetch": "webfetch",
}


def read_qwen_coder(raw: str, tools: Tools, whole: bool) -> list[Call] | None:
    """`<function=NAME>`, and in it a `<parameter=NAME>` for each argument."""
    function = _FUNCTION.search(raw)
    if function is None:
        return None
    name, body = function.groups()
    pairs = _PARAMETER.findall(body)
    if len(pairs) != body.count("<parameter="):
        return None
    return [(name, {key: tools.typed(name, key, _line(value)) for key, value in pairs})]


def read_glm(raw: str, tools: Tools, whole: bool) -> list[Call] | None:
    """`NAME`, then `<arg_key>` and `<arg_value>` in turns.

    One that broke off is a call only if nothing but the closing tag is missing.
    """
    name, _, rest = raw.partition("<arg_key>")
    name = name.strip()
    if not name or "<arg_" in name or "</arg_" in name:
        return None
    call = _paired(name, raw[raw.find("<arg_key>") :] if "<arg_key>" in raw else "", tools)
    if whole:
        return [call]
    ended = not rest or raw.rstrip().endswith("</arg_value>")
    known = name in tools and all(each in call[1] for each in tools.required(name))
    return [call] if ended and known else None


def read_laguna(raw: str, tools: Tools, whole: bool) -> list[Call] | None:
    """As GLM has it, or `NAME{…}`, or `{"name": …, "arguments": {…}}`."""
    raw = _first(raw, "<tool_call>")
    if raw.startswith("{"):
        value = json_object(raw)
        name = value.get("name") if value else None
        given = value.get("arguments") if value else None
        if not isinstance(name, str) or not name or not isinstance(given, dict | None):
            return None
        return [(_resolved(name, tools), given or {})]
    begin = raw.find("<arg_key>")
    if begin < 0 and (brace := raw.find("{")) >= 0:
        given = json_object(raw[brace:])
        return None if given is None else [(_resolved(raw[:brace].strip(), tools), given)]
    name = _resolved((raw if begin < 0 else raw[:begin]).strip(), tools)
    return [_paired(name, raw[begin:] if begin >= 0 else "", tools)] if name else None


def _first(raw: str, tag: str) -> str:
    """Of a call that was begun more than once without an end, the first with anything in it."""
    return next((text for piece in raw.split(tag) if (text := piece.strip())), "")


def _resolved(name: str, tools: Tools) -> str:
    """Models call some tools by names that other programs give them."""
    other = _ALIASES.get(name, "")
    return other if name not in tools and other in tools else name


def _paired(name: str, text: str, tools: Tools) -> Call:
    keys, values = _KEY.findall(text), _VALUE.findall(text)
    whole = len(keys) == len(values) and len(keys) == text.count("<arg_key>")
    found = zip(keys, values, strict=True) if whole else _PAIR.findall(text)
    pairs = ((key.strip(), value) for key, value in found)
    return name, {key: tools.typed(name, key, _line(value)) for key, value in pairs if key}


def _line(text: str) -> str:
    """A value may stand on lines of its own."""
    return text.removeprefix("\n").removesuffix("\n")
