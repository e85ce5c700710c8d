"""Messages and tools as a Go template sees them: structs with Go's field names.

A tool, its parameters and the arguments of a call show as JSON where a template just prints them.
The order of a tool's keys is the one that models were trained on, whatever order a client sends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rillet.words.requests import JsonObject, Message, MessageToolCall

from .gotemplate import Record, as_json
from .gotemplate.values import Value

_TOOL_KEYS = ("type", "items", "function")
_FUNCTION_KEYS = ("name", "description", "parameters")
_PARAMETERS_KEYS = ("type", "$defs", "items", "required", "properties")
_PROPERTY_KEYS = ("anyOf", "type", "items", "description", "enum", "properties", "required")

_TYPESCRIPT = {
    "string": "string",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "array": "any[]",
    "object": "Record<string, any>",
    "null": "null",
}


class JsonMap(dict[str, Value]):
    """A map that prints as its JSON."""

    def __str__(self) -> str:
        return as_json(dict(self))


class JsonList(list[Value]):
    """A list that prints as its JSON."""

    def __str__(self) -> str:
        return as_json(list(self))


class TypeNames(list[str]):
    """The types of a property; a single one prints as itself."""

    def __str__(self) -> str:
        return self[0] if len(self) == 1 else f"[{' '.join(self)}]" if self else ""


def message_record(message: Message) -> Record:
    """A message: Role, Content, Thinking, Images, ToolCalls, ToolName, ToolCallID."""
    calls = [_call_record(call, place) for place, call in enumerate(message.tool_calls or ())]
    fields: dict[str, Value] = {
        "Role": message.role,
        "Content": message.content,
        "Thinking": message.thinking or "",
        "Images": list(message.images or ()),
        "ToolCalls": calls,
        "ToolName": message.tool_name or "",
        "ToolCallID": message.tool_call_id or "",
    }
    shown = {
        "role": message.role,
        "content": message.content,
        "thinking": message.thinking,
        "tool_calls": calls,
        "tool_name": message.tool_name,
    }
    always = ("role", "content")
    return Record(fields, {k: v for k, v in shown.items() if v or k in always})


def tool_record(tool: JsonObject) -> Record:
    """A tool: Type, Function (Name, Description, Parameters)."""
    function = _object(tool.get("function"))
    parameters = _parameters_record(_object(function.get("parameters")))
    function_json = _ordered({**function, "parameters": parameters.json}, _FUNCTION_KEYS)
    function_record = Record(
        {
            "Name": _text(function.get("name")),
            "Description": _text(function.get("description")),
            "Parameters": parameters,
        },
        function_json,
    )
    fields: dict[str, Value] = {
        "Type": _text(tool.get("type")),
        "Items": tool.get("items"),
        "Function": function_record,
    }
    return Record(fields, _ordered({**tool, "function": function_json}, _TOOL_KEYS))


def tool_records(tools: Sequence[JsonObject]) -> Value:
    """Tools, which show as a JSON list where a template just prints them."""
    return JsonList(tool_record(tool) for tool in tools)


def typescript_type(value: Value) -> str:
    """The TypeScript type of a tool's property, or of anything else `any`."""
    schema = value.json if isinstance(value, Record) else value
    if not isinstance(schema, dict):
        return "any"
    choices = schema.get("anyOf")
    if isinstance(choices, list) and choices:
        return " | ".join(typescript_type(choice) for choice in choices)
    kinds = _types(schema.get("type"))
    return " | ".join(_TYPESCRIPT.get(kind, "any") for kind in kinds) or "any"


def _call_record(call: MessageToolCall, place: int) -> Record:
    index = call.function.index or place
    arguments = call.function.arguments
    # A map that prints as JSON: templates go over it and also just show it.
    shown = {"index": index, "name": call.function.name, "arguments": arguments}
    function = Record(
        {"Index": index, "Name": call.function.name, "Arguments": JsonMap(arguments)}, shown
    )
    json: dict[str, Value] = {"function": shown}
    if call.id:
        json = {"id": call.id, **json}
    return Record({"ID": call.id or "", "Function": function}, json)


def _parameters_record(schema: JsonObject) -> Record:
    properties = _object(schema.get("properties"))
    records = JsonMap({name: _property_record(_object(p)) for name, p in properties.items()})
    json = {**schema, "properties": {name: record.json for name, record in records.items()}}
    if "properties" not in schema:
        del json["properties"]
    fields: dict[str, Value] = {
        "Type": _text(schema.get("type")),
        "Defs": schema.get("$defs"),
        "Items": schema.get("items"),
        "Required": _list(schema.get("required")),
        "Properties": records,
    }
    return Record(fields, _ordered(json, _PARAMETERS_KEYS))


def _property_record(schema: JsonObject) -> Record:
    fields: dict[str, Value] = {
        "AnyOf": _list(schema.get("anyOf")),
        "Type": TypeNames(_types(schema.get("type"))),
        "Items": schema.get("items"),
        "Description": _text(schema.get("description")),
        "Enum": _list(schema.get("enum")),
        "Properties": _object(schema.get("properties")),
        "Required": _list(schema.get("required")),
    }
    return Record(fields, _ordered(schema, _PROPERTY_KEYS))


def _ordered(value: Mapping[str, Value], keys: Sequence[str]) -> dict[str, Value]:
    known = {key: value[key] for key in keys if key in value}
    return {**known, **value} if known else dict(value)


def _types(value: Value) -> list[str]:
    kinds = value if isinstance(value, list) else [value]
    return [kind for kind in kinds if isinstance(kind, str)]


def _object(value: Value) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
