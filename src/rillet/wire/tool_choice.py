"""Which tools a model may call, and whether it has to: `tool_choice` of OpenAI and Anthropic.

Rules:
* A tool that is named is the only one that is offered, and has to be called.
* A choice that is not known, or one without tools, says nothing: Ollama takes no notice of any.
Source: OpenAI's API reference (chat/create, responses/create), Anthropic's (messages).
"""

from collections.abc import Sequence
from typing import Any, Literal

from rillet.wire.go_fields import refused
from rillet.words.requests import JsonObject

Forced = Literal["required"] | None
_FORCED = ("required", "any")


def chosen(
    tools: Sequence[JsonObject] | None, choice: Any
) -> tuple[list[JsonObject] | None, Forced]:
    """The tools to offer, and "required" where one of them has to be called.

    `choice` is a word or an object as one of the dialects has it. Raises `ServerError` (400) where
    it names a tool that is not there.
    """
    if choice == "none" or not tools:
        return None, None
    mode, names = _read(choice) if isinstance(choice, dict) else (choice, None)
    if mode == "none":
        return None, None
    offered = list(tools)
    if names is not None:
        offered = [tool for tool in tools if tool["function"]["name"] in names]
        missing = [name for name in names if name not in {t["function"]["name"] for t in offered}]
        if missing:
            raise refused(f"tool_choice names {missing[0]}, which is not among the tools")
    return offered or None, "required" if mode in _FORCED and offered else None


def _read(choice: JsonObject) -> tuple[Any, list[str] | None]:
    """The mode, and the names that are meant; None for all."""
    match choice.get("type"):
        case "function" | "tool" | "custom":
            name = _name(choice)
            return ("required", [name]) if name else (None, None)
        case "allowed_tools":
            inner = choice.get("allowed_tools", choice)
            listed = inner.get("tools") if isinstance(inner, dict) else None
            if not isinstance(listed, list):
                return None, None
            names = [_name(tool) for tool in listed if isinstance(tool, dict)]
            return inner.get("mode"), [name for name in names if name]
        case mode:
            return mode, None


def _name(holder: JsonObject) -> str | None:
    inner = holder.get("function")
    name = inner.get("name") if isinstance(inner, dict) else holder.get("name")
    return name if isinstance(name, str) else None
