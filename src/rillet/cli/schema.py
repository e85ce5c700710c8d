"""`--schema`: a file, the text of a schema, or the short form ``name, age int, bio: in a line``."""

import json
import os
import re
from pathlib import Path
from typing import Any

from rillet.cli.exits import UsageError

_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_FIELD = re.compile(r"(?P<name>\w+)(?:\s+(?P<type>\w+))?(?:\s*:\s*(?P<about>.+))?", re.S)
_HOW = 'Write {"type": ...}, the path of such a file, or "name, age int"'


def read(said: str) -> dict[str, Any]:
    """Raises `UsageError`, `OSError`."""
    text = said.strip()
    of_a_file = not text.startswith(("{", "["))
    if of_a_file and not os.path.exists(said) and re.search(r"[,\s]", text):
        return short(text)
    try:
        schema = json.loads(Path(said).read_text(encoding="utf-8") if of_a_file else text)
    except ValueError as error:
        raise UsageError(f"the schema is no JSON ({error})\n{_HOW}") from None
    if not isinstance(schema, dict):
        raise UsageError(f"the schema is no JSON object\n{_HOW}")
    return schema


def short(text: str) -> dict[str, Any]:
    """An object of these fields, all of which it has; one a line if there are several lines."""
    properties: dict[str, Any] = {}
    for field in re.split(r"\n" if "\n" in text else ",", text):
        if not field.strip():
            continue
        match = _FIELD.fullmatch(field.strip())
        if match is None or (match["type"] or "str") not in _TYPES:
            raise UsageError(f"'{field.strip()}' is no field of a schema\n{_HOW}")
        properties[match["name"]] = {"type": _TYPES[match["type"] or "str"]}
        if match["about"]:
            properties[match["name"]]["description"] = match["about"].strip()
    return {"type": "object", "properties": properties, "required": list(properties)}
