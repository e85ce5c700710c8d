"""JSON as models say it."""

import json
from typing import Any


def said_json(text: str) -> Any:
    """The value of a text of JSON; None for anything else. Bare line ends in strings are let pass;
    `NaN` and `Infinity`, which Python would take, are no JSON."""
    try:
        return json.loads(text, strict=False, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")
