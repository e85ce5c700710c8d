"""A model's card as text, in the sections of `ollama show`."""

from collections.abc import Sequence
from typing import Any

from rillet.cli.table import table
from rillet.words.models import ModelCard

_HEAD = 2  # lines of a system message or a license that are shown
_LINE = 100  # columns of them
_ARRAY = 10  # columns of an array, its first item apart
Rows = Sequence[Sequence[str]]


def described(card: ModelCard, *, verbose: bool = False) -> str:
    sections: list[tuple[str, Rows]] = [
        ("Model", _model(card)),
        ("Capabilities", [(each,) for each in card.capabilities or ()]),
        ("Projector", _projector(card.projector_info or {})),
        ("Parameters", _parameters(card.parameters)),
    ]
    if verbose:
        sections += [
            ("Metadata", _metadata(card.model_info)),
            ("Tensors", _tensors(card.tensors or [])),
        ]
    sections += [("System", _head(card.system)), ("License", _head(card.license))]
    return "".join(_section(title, rows) for title, rows in sections if rows)


def _section(title: str, rows: Rows) -> str:
    lines = table((), rows).splitlines()
    return f"  {title}\n" + "".join(f"    {line}\n" for line in lines) + "\n"


def _model(card: ModelCard) -> Rows:
    info = card.model_info
    architecture = str(info.get("general.architecture", card.details.family))
    rows = [
        ("architecture", architecture),
        ("parameters", card.details.parameter_size or _count(info)),
        ("context length", _text(info.get(f"{architecture}.context_length", ""))),
        ("embedding length", _text(info.get(f"{architecture}.embedding_length", ""))),
        ("quantization", card.details.quantization_level),
        ("requires", card.requires),
    ]
    return [row for row in rows if row[1]]


def _count(info: dict[str, Any]) -> str:
    from rillet.model.gguf import human_count

    count = info.get("general.parameter_count")
    return human_count(count) if isinstance(count, int) else ""


def _projector(info: dict[str, Any]) -> Rows:
    architecture = info.get("general.architecture", "")
    names = {
        "architecture": "general.architecture",
        "parameters": "",
        "embedding length": f"{architecture}.vision.embedding_length",
        "dimensions": f"{architecture}.vision.projection_dim",
    }
    rows = [(shown, _text(info.get(key)) if key else _count(info)) for shown, key in names.items()]
    return [row for row in rows if row[1]]


def _parameters(text: str) -> Rows:
    pairs = (line.strip().partition(" ") for line in text.splitlines() if line.strip())
    return [(name, value.strip()) for name, _, value in pairs]


def _metadata(info: dict[str, Any]) -> Rows:
    return [(key, _text(info[key])) for key in sorted(info)]


def _tensors(tensors: list[dict[str, Any]]) -> Rows:
    return [
        (_text(each.get("name", "")), _text(each.get("type", "")), _text(each.get("shape", [])))
        for each in tensors
    ]


def _head(text: str) -> Rows:
    from textwrap import wrap

    lines = [line.strip() for line in text.splitlines() if line.strip()]
    shown = [part for line in lines[:_HEAD] for part in wrap(line, _LINE, break_long_words=False)]
    return [(line,) for line in shown] + ([("...",)] if len(lines) > _HEAD else [])


def _text(value: Any) -> str:
    if isinstance(value, list):
        return _array([_text(item) for item in value[: _ARRAY + 1]], len(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(value).removesuffix(".0")
    return "" if value is None else str(value)


def _array(items: Sequence[str], count: int) -> str:
    """``[1 2 3]``, or as many of the first items as have room: ``[<s> </s> ...+254 more]``."""
    columns, shown = 1, 0
    for item in items:
        columns += len(item) + 2 * bool(shown)
        if columns > _ARRAY and shown:
            break
        shown += 1
    more = f" ...+{count - shown} more" if shown < count else ""
    return f"[{' '.join(items[:shown])}{more}]"
