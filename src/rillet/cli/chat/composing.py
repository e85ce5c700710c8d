"""A message that is written in an editor of its own: Ctrl-G."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from shutil import which

from rillet.words.errors import InvalidRequest
from rillet.words.settings import Settings

_USUAL = ("editor", "nano", "pico", "vi", "emacs")


def composed(text: str) -> str:
    """What becomes of `text` in the person's editor. Raises `InvalidRequest`."""
    command = _editor(os.environ)
    try:
        with tempfile.TemporaryDirectory(prefix="rillet-") as folder:
            path = Path(folder) / "message.txt"
            path.write_text(text, encoding="utf-8")
            code = subprocess.call([*command, str(path)])
            if code:
                raise InvalidRequest(f"The editor {command[0]} ended with code {code}")
            return path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        raise InvalidRequest(f"The editor {command[0]}: {named}{error.strerror}") from error


def _editor(environ: Mapping[str, str]) -> list[str]:
    named = Settings.from_env(environ).editor or environ.get("VISUAL") or environ.get("EDITOR")
    try:
        command = shlex.split(named or "")
    except ValueError:  # a quote that is not closed
        command = (named or "").split()
    command = command or [next(filter(which, _USUAL), _USUAL[0])]
    if which(command[0]) is None:
        raise InvalidRequest(
            f'There is no editor "{command[0]}"', hint="RILLET_EDITOR names the one that you like"
        )
    return command
