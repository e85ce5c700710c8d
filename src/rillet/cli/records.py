"""Events as records of `--events`: one JSON object a line, its `event` says which."""

from typing import Any

import msgspec

from rillet.words.events import Event, Failure


def record(event: Event) -> str:
    """Such as ``{"event":"text","text":"Hel"}``. What is not known is left out."""
    kind = type(event).__name__
    name = "".join(f"_{char.lower()}" if char.isupper() else char for char in kind)[1:]
    fields: dict[str, Any] = {"event": name}
    if isinstance(event, Failure):
        fields["error"] = event.error.message
    else:
        found = msgspec.to_builtins(event)
        fields |= {name: value for name, value in found.items() if value not in (None, "", [])}
    return msgspec.json.encode(fields).decode()
