"""Calls that are JSON between tags."""

from rillet.text.forms.tool import Call, Tools, json_object

_BEGIN, _END, _MIDDLE = "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>", "<｜tool▁sep｜>"


def read_named(raw: str, tools: Tools, whole: bool) -> list[Call] | None:
    """`{"name": …, "arguments": {…}}`, as Qwen3 writes it."""
    value = json_object(raw)
    if value is None or not isinstance(name := value.get("name"), str) or not name:
        return None
    arguments = value.get("arguments")
    if not isinstance(arguments, dict | None):
        return None
    return [(name, arguments or {})]


def read_deepseek(raw: str, tools: Tools, whole: bool) -> list[Call] | None:
    """`NAME<sep>{…}`, each between marks."""
    return _each(raw, "", "")


def read_cogito(raw: str, tools: Tools, whole: bool) -> list[Call] | None:
    """`function<sep>NAME`, and the arguments as a block of code."""
    return _each(raw, "\n```json\n", "\n```")


def _each(raw: str, before: str, behind: str) -> list[Call] | None:
    calls: list[Call] = []
    for piece in raw.split(_BEGIN)[1:]:
        first, middle, rest = piece.partition(_END)[0].partition(_MIDDLE)
        if before:
            first, middle, rest = rest.partition(before)
            rest = rest.partition(behind)[0]
        arguments = json_object(rest)
        if middle and arguments is not None:
            calls.append((first.strip(), arguments))
    return calls or None
