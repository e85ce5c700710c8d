"""Where the models are: the folders that the user's environment names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from rillet.store.home import home

_VARIABLES = ("RILLET_MODELS", "OLLAMA_MODELS")


def default_roots(env: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The folders of models in the order to search; the first is the one to write to.

    `RILLET_MODELS`, then `OLLAMA_MODELS`; where neither is set, `~/.ollama/models`. As with
    Ollama, spaces and quotes around a value do not count. Raises `StoreError` where there is
    neither a variable nor a home.
    """
    values = (env.get(name, "").strip().strip("\"'") for name in _VARIABLES)
    named = [Path(value).expanduser().absolute() for value in values if value]
    return tuple(dict.fromkeys(named)) or (home() / ".ollama" / "models",)
