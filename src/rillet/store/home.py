"""The home folder of the user."""

from pathlib import Path

from rillet.words.errors import StoreError


def home() -> Path:
    """Raises `StoreError` where there is none, as in a container without HOME and passwd entry."""
    try:
        return Path.home()
    except RuntimeError:
        raise StoreError(
            "This user has no home folder",
            hint="Let HOME name one; RILLET_MODELS names the folder of the models alone",
        ) from None
