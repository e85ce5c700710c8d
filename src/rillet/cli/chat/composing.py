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

_LAST_WORDS = 2.0  # seconds for an editor to put its files away
_USUAL = ("editor", "nano", "pico", "vi", "emacs")


class Composition:
    """`text` in the person's editor. `read` waits for what becomes of it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._editor: subprocess.Popen[bytes] | None = None

    def read(self) -> str:
        """What was written, when the editor has ended. Raises `InvalidRequest`."""
        command = _editor(os.environ)
        try:
            with tempfile.TemporaryDirectory(prefix="rillet-") as folder:
                path = Path(folder) / "message.txt"
                path.write_text(self._text, encoding="utf-8")
                self._editor = subprocess.Popen([*command, str(path)])
                if code := self._editor.wait():
                    raise InvalidRequest(f"The editor {command[0]} ended with code {code}")
                return path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
        except OSError as error:
            named = f"{error.filename}: " if error.filename else ""
            raise InvalidRequest(f"The editor {command[0]}: {named}{error.strerror}") from error

    def stop(self) -> None:
        """From another thread, where nobody will read what is written."""
        if (editor := self._editor) is None:
            return
        editor.terminate()
        try:
            editor.wait(_LAST_WORDS)
        except subprocess.TimeoutExpired:
            editor.kill()


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
