"""The model that ships inside the package, and its card.

The weights are made by `training/` in the source repository. The service finds the model through
`model_path`: keep that name.
"""

from pathlib import Path

MODEL_NAME = "rillet-tiny"

_HERE = Path(__file__).parent


def model_path() -> Path | None:
    """The GGUF file; None in a package that was built without it."""
    path = _HERE / f"{MODEL_NAME}.gguf"
    return path if path.is_file() else None


def card_path() -> Path:
    """The model card, in Markdown (UTF-8)."""
    return _HERE / "MODEL_CARD.md"
