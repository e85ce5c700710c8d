"""The blocks of a message in Anthropic's Messages API, as messages of ours.

Rules:
* The results of tools become messages of their own, before the text that came with them.
* Blocks of a kind that is not known are skipped, so that a client with new ones can still talk.
Source: Anthropic's API reference (messages); error texts as observed on Ollama 0.33.
"""

from typing import Any

from rillet.wire.go_fields import Fields, fields, mismatch, refused
from rillet.wire.openai_messages import base64_text
from rillet.words.requests import Message, MessageToolCall, ToolCallFunction

_Json = dict[str, Any]

_BLOCK = {
    "type": "string",
    "text": "string",
    "thinking": "string",
    "source": "anthropic.ImageSource",
    "id": "string",
    "name": "string",
    "input": "api.ToolCallFunctionArguments",
    "tool_use_id": "string",
    "content": "any",
}


class Turn:
    """One message of blocks, taken apart."""

    def __init__(self, role: str, names: dict[str, str]) -> None:
        self._role = role
        self._names = names
        self._texts: list[str] = []
        self._images: list[str] = []
        self._thoughts: list[str] = []
        self._calls: list[MessageToolCall] = []
        self._results: list[Message] = []

    def messages(self, blocks: list[Any]) -> list[Message]:
        for block in blocks:
            self._take(fields(block, "anthropic.ContentBlock", _BLOCK))
        text = "\n\n".join(text for text in self._texts if text)
        if not (text or self._images or any(self._thoughts) or self._calls):
            return self._results
        turn = Message(
            self._role,
            text,
            thinking="".join(self._thoughts) or None,
            images=self._images or None,
            tool_calls=self._calls or None,
        )
        if self._role == "user":
            return [*self._results, turn]
        return [turn, *self._results]  # what the provider's own tools found

    def _take(self, block: Fields) -> None:
        match block.get("type"):
            case "text":
                self._texts.append(block.get("text", ""))
            case "thinking":
                self._thoughts.append(block.get("thinking", ""))
            case "image":
                self._images.append(_image(block.get("source"), "invalid image source"))
            case "document":
                self._texts.append(_document(block))
            case "tool_use":
                self._call(block)
            case "server_tool_use":
                self._add_call(block)
            case "tool_result":
                self._result(block, *_result_content(block.get("content")))
            case "web_search_tool_result":
                self._result(block, _found(block.get("content")), [])

    def _call(self, block: Fields) -> None:
        for name in ("id", "name"):
            if not block.get(name):
                raise refused(f"tool_use block missing required '{name}' field")
        self._add_call(block)

    def _add_call(self, block: Fields) -> None:
        name, id = block.get("name", ""), block.get("id", "")
        self._names[id] = name
        self._calls.append(MessageToolCall(ToolCallFunction(name, block.get("input", {})), id))

    def _result(self, block: Fields, text: str, images: list[str]) -> None:
        id = block.get("tool_use_id", "")
        name = self._names.get(id)
        self._results.append(
            Message("tool", text, images=images or None, tool_name=name, tool_call_id=id)
        )


def texts_of(content: Any) -> str:
    """A text, or the blocks of text in a list; whatever else stands there is skipped."""
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else ()
    texts = [part.get("text") for part in blocks if _is_a("text", part)]
    return "\n\n".join(text for text in texts if isinstance(text, str))


def _result_content(content: Any) -> tuple[str, list[str]]:
    blocks = content if isinstance(content, list) else ()
    wrong = "invalid tool_result image source"
    images = [_image(part.get("source"), wrong) for part in blocks if _is_a("image", part)]
    return texts_of(content), images


def _found(content: Any) -> str:
    """What a search of the provider's found, as a text for the model."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    lines: list[str] = []
    for part in parts:
        if _is_a("web_search_result", part):
            lines.append(f"- {part.get('title') or ''}: {part.get('url') or ''}")
        elif _is_a("web_search_tool_result_error", part):
            lines.append(f"web_search_tool_result_error: {part.get('error_code') or ''}")
    return "\n".join(lines)


def _is_a(kind_: str, part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == kind_


def _text(block: _Json, name: str) -> str:
    value = block.get(name) or ""
    if not isinstance(value, str):
        raise mismatch(value, f"ContentBlock.{name}", "string")
    return value


def _image(source: Any, none: str) -> str:
    """The base64 text of an image; `none` is what to say where there is no source."""
    if not isinstance(source, dict):
        raise refused(none)
    kind_, data = (
        value if isinstance(value, str) else ""
        for value in (source.get("type"), source.get("data"))
    )
    if kind_ != "base64":
        raise refused(f"invalid image source type: {kind_}. Only base64 images are supported.")
    return base64_text(data, "invalid base64 image data: {}")


def _document(block: _Json) -> str:
    """The words of a document; one that would have to be fetched or unpacked is refused."""
    source = block.get("source")
    kind_ = source.get("type") if isinstance(source, dict) else None
    if not isinstance(source, dict) or kind_ not in ("text", "content"):
        shown = kind_ or "none"
        raise refused(f"invalid document source type: {shown}. Only text is supported.")
    if kind_ == "content":
        return texts_of(source.get("content"))
    return _text(source, "data")
