"""The built-in model `rillet-tiny`: a small transformer that ships inside the package."""

from pathlib import Path

_HERE = Path(__file__).parent


def model_path() -> Path | None:
    """The GGUF file; None in a package that was built without it."""
    path = _HERE / "rillet-tiny.gguf"
    return path if path.is_file() else None


def card_path() -> Path:
    """The model card, in Markdown."""
    return _HERE / "MODEL_CARD.md"
