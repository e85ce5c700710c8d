"""Tools as plain Python functions: a schema from the signature and the docstring.

The docstring's `Args:` section (Google style: `name: text` or `name (type): text`) gives the
descriptions of the parameters, its text above gives that of the tool.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, get_type_hints

import msgspec

from rillet.words.errors import InvalidRequest
from rillet.words.requests import JsonObject

Tool = Callable[..., Any] | Mapping[str, Any]

_ARGS = re.compile(r"^\s*(?:Args|Arguments|Parameters):\s*$", re.MULTILINE)
_SECTION = re.compile(r"^\s*(?:Returns?|Raises|Yields?|Examples?|Notes?):\s*$", re.MULTILINE)
_ENTRY = re.compile(r"^(\s*)(\*{0,2}\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")


def tool_schemas(tools: Iterable[Tool] | None) -> list[JsonObject] | None:
    """The tools as a server takes them; None stays None."""
    if tools is None:
        return None
    return [tool_schema(tool) for tool in tools]


def tool_schema(tool: Tool) -> JsonObject:
    """A function, or an object that is a schema already (mapping, or with `model_dump`)."""
    if isinstance(tool, Mapping):
        return dict(tool)
    dump = getattr(tool, "model_dump", None)
    if dump is not None:
        dumped: JsonObject = dump(exclude_none=True)
        return dumped
    if not callable(tool):
        raise InvalidRequest(f"A tool is a function or a schema, not {type(tool).__name__}")
    named: Any = tool.func if isinstance(tool, partial) else tool
    about, parameters = _docstring(inspect.getdoc(named) or "")
    return {
        "type": "function",
        "function": {
            "name": getattr(named, "__name__", type(named).__name__),
            "description": about,
            "parameters": _parameters(tool, parameters),
        },
    }


def _parameters(tool: Callable[..., Any], about: Mapping[str, str]) -> JsonObject:
    hints = _hints(tool)
    properties: dict[str, Any] = {}
    required: list[str] = []
    definitions: dict[str, Any] = {}
    for name, parameter in inspect.signature(tool).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) or name == "self":
            continue
        schema = _type_schema(hints.get(name, str), definitions)
        if name in about:
            schema["description"] = about[name]
        properties[name] = schema
        if parameter.default is parameter.empty:
            required.append(name)
    schema = {"type": "object", "properties": properties, "required": required}
    if definitions:
        schema["$defs"] = definitions
    return schema


def _hints(tool: Callable[..., Any]) -> dict[str, Any]:
    written: Any = tool.func if isinstance(tool, partial) else tool
    if not (inspect.isroutine(written) or inspect.isclass(written)):
        written = written.__call__  # an object that can be called
    try:
        return get_type_hints(written)
    except NameError as error:
        raise InvalidRequest(f"The annotations of a tool cannot be read: {error}") from error


def _type_schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    try:
        (schema,), components = msgspec.json.schema_components(
            [hint], ref_template="#/$defs/{name}"
        )
    except TypeError as error:
        raise InvalidRequest(
            f"The type {hint!r} of a tool's parameter has no JSON schema"
        ) from error
    definitions.update(components)
    types = [option.get("type") for option in schema.get("anyOf", ())]
    if "null" in types and len(types) == 2 and None not in types:  # Optional[x] is x to a model
        return {"type": next(kind for kind in types if kind != "null")}
    return dict(schema)


def _docstring(doc: str) -> tuple[str, dict[str, str]]:
    """The text above the sections, and the entries of the Args section."""
    args = _ARGS.search(doc)
    section = _SECTION.search(doc)
    ends = [match.start() for match in (args, section) if match]
    about = doc[: min(ends)] if ends else doc
    return inspect.cleandoc(about).strip(), _entries(doc[args.end() :]) if args else {}


def _entries(text: str) -> dict[str, str]:
    entries: dict[str, str] = {}
    name, indent = "", -1
    for line in text.splitlines():
        if _SECTION.match(line):
            break
        entry = _ENTRY.match(line)
        if entry and (indent < 0 or len(entry[1]) <= indent):
            indent, name = len(entry[1]), entry[2].lstrip("*")
            entries[name] = entry[3].strip()
        elif name and line.strip():
            entries[name] = f"{entries[name]} {line.strip()}".strip()
    return entries
