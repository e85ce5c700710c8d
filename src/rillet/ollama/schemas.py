"""JSON schemas of the drop-in's values, for programs that describe or serve them."""

from typing import Any

import msgspec

from rillet.ollama.part import Part


def part_schema(kind: type[Part]) -> dict[str, Any]:
    """The schema of a class with all that is inside, in one piece."""
    required = [name for name in kind.model_fields if name not in kind._defaults]
    made = {
        "title": kind.__name__,
        "type": "object",
        "properties": {
            name: msgspec.json.schema(hint, schema_hook=_inside)
            for name, hint in kind.model_fields.items()
        },
    }
    return {**made, "required": required} if required else made


def _inside(kind: type) -> dict[str, Any]:
    if issubclass(kind, Part):
        return part_schema(kind)
    return {"type": "integer"} if issubclass(kind, int) else {}
