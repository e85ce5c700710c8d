"""The `info` of a create request: what a configuration is to say in place of what the file says."""

from typing import Any

import msgspec

from rillet.model.manifest import Config
from rillet.words.errors import ServerError
from rillet.words.requests import JsonObject

_TEXTS = {
    "base_name": "base_name",
    "quantization_level": "file_type",
    "parameter_size": "model_type",
}
_NUMBERS = {"context_length": "context_length", "embedding_length": "embedding_length"}
_LARGEST = 2**63


def with_info(config: Config, info: JsonObject) -> Config:
    """The configuration with these values. Raises `ServerError` (400) for one of a wrong type."""
    changed: dict[str, Any] = {}
    if family := _text(info, "model_family"):
        families = config.model_families or ()
        changed |= {"model_family": family, "model_families": (family, *families)}
    changed |= {name: value for key, name in _TEXTS.items() if (value := _text(info, key))}
    changed |= {name: number for key, name in _NUMBERS.items() if (number := _number(info, key))}
    if isinstance(listed := info.get("capabilities"), list):
        own = [item if isinstance(item, str) else "" for item in listed]
        changed["capabilities"] = (*(config.capabilities or ()), *own)
    return msgspec.structs.replace(config, **changed)


def _text(info: JsonObject, key: str) -> str:
    value = info.get(key, "")
    if not isinstance(value, str):
        raise ServerError(f'info field "{key}" must be a string', status=400)
    return value


def _number(info: JsonObject, key: str) -> int:
    value = info.get(key, 0)
    if type(value) not in (int, float):
        raise ServerError(f'info field "{key}" must be a number', status=400)
    if value < 0 or value != int(value) or value >= _LARGEST:
        raise ServerError(f'info field "{key}" must be a non-negative integer', status=400)
    return int(value)
