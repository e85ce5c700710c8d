"""The line that a person types: keys and history as Ollama's users know them.

Ctrl-J or Alt-Enter begins a new line, Ctrl-G opens an editor, Ctrl-L clears the screen, Ctrl-T
shows the last thinking, Ctrl-D on an empty line leaves. A paste of several lines is one message.
Three double quotes begin a message of several lines and end it. The history holds the last hundred
messages, one a line.
"""

import os
import sys
from collections.abc import Callable, Iterable
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import HTML
from prompt_toolkit.history import History
from prompt_toolkit.output.vt100 import Vt100_Output

from rillet.cli.chat.editing import keys
from rillet.cli.prompt import as_text
from rillet.store.home import home
from rillet.words.errors import StoreError

PROMPT, MORE = ">>> ", "... "
_PLACEHOLDER = HTML("<ansibrightblack>Send a message (/? for help)</ansibrightblack>")

_ENTRIES = 100
_QUOTES = '"""'


class Editor:
    """`read()` gives a message. Raises `EOFError` for Ctrl-D, `KeyboardInterrupt` for Ctrl-C."""

    def __init__(
        self, history: "LineHistory", commands: Iterable[str], show_thinking: Callable[[], None]
    ) -> None:
        self.history = history
        self._session: PromptSession[str] = PromptSession(
            history=history,
            output=_terminal(),
            key_bindings=keys(show_thinking),
            completer=_Commands(tuple(commands)),
            complete_while_typing=False,
            enable_open_in_editor=False,
            prompt_continuation=lambda *_: MORE,
        )

    def read(self, default: str = "") -> str:
        line = self._line(PROMPT, default=default, placeholder=_placeholder)
        return self._rest(line) if line.startswith(_QUOTES) else line

    def more(self, first: str) -> str:
        """The rest of a text that `first` begins with three quotes, up to three quotes."""
        return self._rest(first) if first.startswith(_QUOTES) else first

    def _rest(self, line: str) -> str:
        lines = [line.removeprefix(_QUOTES)]
        while not lines[-1].rstrip().endswith(_QUOTES):
            lines.append(self._line(MORE, placeholder=""))
        lines[-1] = lines[-1].rstrip().removesuffix(_QUOTES)
        return "\n".join(lines)

    def _line(self, prompt: str, **how: Any) -> str:
        # Its own handler of SIGINT fails at a second one, and leaves Python's for a moment.
        return as_text(self._session.prompt(prompt, handle_sigint=False, **how))

    def interrupt(self) -> None:
        """A Ctrl-C came as a signal, at whatever moment: it ends a line that is being typed."""
        if (loop := self._session.app.loop) is not None:
            loop.call_soon_threadsafe(self._end_line)

    def _end_line(self) -> None:
        if self._session.app.is_running and not self._session.app.is_done:
            self._session.app.exit(exception=KeyboardInterrupt, style="class:aborting")


class LineHistory(History):
    """The history as a file of one entry a line; newlines within an entry become spaces.

    A link is followed. What is no file, such as /dev/null, keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        place = os.path.realpath(path) if path else ""
        usable = os.path.isfile(place) or not os.path.exists(place)
        self.path = Path(place) if place and usable else None
        self.writing = self.path is not None

    def load_history_strings(self) -> Iterable[str]:
        return reversed(self._lines())

    def store_string(self, string: str) -> None:
        if self.path is None or not self.writing or not string.strip():
            return
        lines = [*self._lines(), " ".join(as_text(string).split("\n"))][-_ENTRIES:]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.path.with_suffix(f".{os.getpid()}")
            fresh.touch(mode=0o600)
            fresh.write_text("\n".join(lines) + "\n", encoding="utf-8")
            fresh.replace(self.path)
        except OSError:
            self.writing = False  # a talk goes on without

    def _lines(self) -> list[str]:
        if self.path is None:
            return []
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return [line for line in text.split("\n") if line][-_ENTRIES:]


def _terminal() -> Vt100_Output:
    """The terminal, which is never asked where its cursor is: some answer late, some not at all.

    It speaks UTF-8 as everywhere else here, whatever PYTHONIOENCODING or the locale says.
    """
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    output = Vt100_Output.from_pty(sys.stdout)
    output.enable_cpr = False
    return output


def _placeholder() -> HTML | str:
    """Not below a line that was left empty: it stays on the screen."""
    return "" if get_app().is_done else _PLACEHOLDER


class _Commands(Completer):
    """Tab completes what begins with a slash."""

    def __init__(self, commands: tuple[str, ...]) -> None:
        self._commands = commands

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        text = document.text_before_cursor
        if text.startswith("/"):
            for command in self._commands:
                if command.startswith(text):
                    yield Completion(command, start_position=-len(text))


def history_path(nohistory: bool) -> Path | None:
    """Ollama's own file where its folder is, else ours; None without a home."""
    if nohistory:
        return None
    try:
        ours, ollama = home() / ".rillet", home() / ".ollama"
    except StoreError:
        return None
    return (ollama if ollama.is_dir() else ours) / "history"
