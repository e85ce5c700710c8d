"""A model's card as text, in the sections of `ollama show`."""

from collections.abc import Sequence
from typing import Any

from rillet.cli.table import table
from rillet.words.models import ModelCard

_HEAD = 2  # lines of a system message or a license that are shown
_ITEMS = 3  # of an array that are shown
_NUMBERS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K"))
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
    count = info.get("general.parameter_count")
    rows = [
        ("architecture", architecture),
        ("parameters", number(count) if isinstance(count, int) else card.details.parameter_size),
        ("context length", _text(info.get(f"{architecture}.context_length", ""))),
        ("embedding length", _text(info.get(f"{architecture}.embedding_length", ""))),
        ("quantization", card.details.quantization_level),
        ("requires", card.requires),
    ]
    return [row for row in rows if row[1]]


def _projector(info: dict[str, Any]) -> Rows:
    architecture = info.get("general.architecture", "")
    names = {
        "architecture": "general.architecture",
        "parameters": "general.parameter_count",
        "embedding length": f"{architecture}.vision.embedding_length",
        "dimensions": f"{architecture}.vision.projection_dim",
    }
    return [(shown, _text(info[key])) for shown, key in names.items() if key in info]


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
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [(line,) for line in lines[:_HEAD]] + ([("...",)] if len(lines) > _HEAD else [])


def _text(value: Any) -> str:
    if isinstance(value, list):
        items = ", ".join(_text(item) for item in value[:_ITEMS])
        more = f", ...+{len(value) - _ITEMS} more" if len(value) > _ITEMS else ""
        return f"[{items}{more}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def number(count: int) -> str:
    """``2.8M``, ``8B``, ``999``: as counts of parameters are written."""
    for unit, name in _NUMBERS:
        if count >= unit:
            return f"{count / unit:.1f}".removesuffix(".0") + name
    return str(count)
