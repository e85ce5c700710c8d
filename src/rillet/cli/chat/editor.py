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

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import HTML
from prompt_toolkit.history import History
from prompt_toolkit.output.vt100 import Vt100_Output

from rillet.cli import screen
from rillet.cli.chat.editing import keys
from rillet.cli.prompt import as_text
from rillet.store.home import home
from rillet.words.errors import StoreError

PROMPT, MORE = ">>> ", "... "
_PLACEHOLDER = HTML("<ansibrightblack>Send a message (/? for help)</ansibrightblack>")

_ENTRIES = 100
_QUOTES = '"""'


class LineReader:
    """`read()` gives a message. Raises `EOFError` for Ctrl-D, `KeyboardInterrupt` for Ctrl-C.

    This one reads lines as the terminal gives them: for one that only prints.
    """

    def __init__(self, history: "LineHistory") -> None:
        self.history = history
        self._waits = False

    def read(self, default: str = "") -> str:
        """With `default` in the line already, or above it where it cannot be put there."""
        return self.more(self.line(PROMPT, default))

    def more(self, first: str) -> str:
        """The rest of a text that `first` begins with three quotes, up to three quotes."""
        if not first.startswith(_QUOTES):
            return first
        lines = [first.removeprefix(_QUOTES)]
        while not lines[-1].rstrip().endswith(_QUOTES):
            lines.append(self.line(MORE))
        lines[-1] = lines[-1].rstrip().removesuffix(_QUOTES)
        return "\n".join(lines)

    def line(self, prompt: str, default: str = "") -> str:
        out = screen.output()
        out.write(f"{default}\n{prompt}" if default else prompt)
        self._waits = True
        try:
            line = sys.stdin.buffer.readline()
        except KeyboardInterrupt:
            out.line()
            raise
        finally:
            self._waits = False
        if not line:
            raise EOFError
        text = line.decode(errors="replace").removesuffix("\n")
        self.history.append_string(text)
        return text

    def interrupt(self) -> None:
        """A Ctrl-C came as a signal, at whatever moment: it ends a line that is being typed."""
        if self._waits:
            raise KeyboardInterrupt


class Editor(LineReader):
    """On a terminal with a cursor: with the keys of Ollama, and the history at hand."""

    def __init__(
        self, history: "LineHistory", commands: Iterable[str], show_thinking: Callable[[], None]
    ) -> None:
        super().__init__(history)
        self._session: PromptSession[str] = PromptSession(
            history=history,
            output=_terminal(),
            key_bindings=keys(show_thinking),
            completer=_Commands(tuple(commands)),
            complete_while_typing=False,
            enable_open_in_editor=False,
            prompt_continuation=lambda *_: MORE,
        )

    def line(self, prompt: str, default: str = "") -> str:
        placeholder = _placeholder if prompt == PROMPT else ""
        # Its own handler of SIGINT fails at a second one, and leaves Python's for a moment.
        return as_text(
            self._session.prompt(
                prompt, default=default, placeholder=placeholder, handle_sigint=False
            )
        )

    def interrupt(self) -> None:
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
        return reversed(_entries(self._text())[-_ENTRIES:])

    def store_string(self, string: str) -> None:
        if self.path is None or not self.writing or not string.strip():
            return
        try:
            self._store(self.path, " ".join(as_text(string).split("\n")))
        except OSError:
            self.writing = False  # a talk goes on without

    def _store(self, path: Path, line: str) -> None:
        """At the end, where other talks write too; at times the oldest are left out."""
        text = self._text()
        kept = _entries(text)
        path.parent.mkdir(parents=True, exist_ok=True)
        if len(kept) < 2 * _ENTRIES:
            start = "" if text.endswith("\n") or not text else "\n"
            _write(path, f"{start}{line}\n", os.O_APPEND)
            return
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        _write(fresh, "\n".join([*kept, line][-_ENTRIES:]) + "\n", os.O_TRUNC)
        fresh.replace(path)

    def _text(self) -> str:
        if self.path is None:
            return ""
        try:
            return self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


def _entries(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


def _write(path: Path, text: str, how: int) -> None:
    """For the owner alone, in one piece."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how, 0o600)
    try:
        screen.write_all(descriptor, text.encode())
    finally:
        os.close(descriptor)


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
