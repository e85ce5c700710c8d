"""The command as its users have it: a process of its own, with pipes or on a real terminal."""

import codecs
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pyte

RILLET = [sys.executable, "-m", "rillet.cli.main"]
PATIENCE = 30.0  # seconds, for a machine with much to do

# Makes the terminal that is its standard input its own, as a login does, and becomes a command.
# A program for this, because a fork of a process with threads must run no Python of its own.
_AT_A_TERMINAL = [
    sys.executable,
    "-ISc",
    "import fcntl, os, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "os.execvp(sys.argv[1], sys.argv[1:])",
]


class Shell:
    """Runs `rillet` in a clean environment with a home of its own."""

    def __init__(self, home: Path, **env: str) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("RILLET_", "OLLAMA_"))}
        models = home / "models"
        self.home = home
        self.env: dict[str, str] = {
            **kept,
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "RILLET_MODELS": str(models),
            "TERM": "xterm-256color",
            **env,
        }

    def having(self, **env: str) -> "Shell":
        other = Shell.__new__(Shell)
        other.home, other.env = self.home, {**self.env, **env}
        return other

    def run(
        self, *args: str, stdin: bytes = b"", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*RILLET, *args],
            input=stdin,
            capture_output=True,
            env=self.env,
            timeout=PATIENCE,
            cwd=cwd,
        )

    def start(self, *args: str, **how: object) -> "subprocess.Popen[bytes]":
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([*RILLET, *args], env=self.env, **{**pipes, **how})  # type: ignore[call-overload,no-any-return]

    @contextmanager
    def serving(self, *flags: str, **how: Any) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
        """`rillet serve` at a free port: host:port, and the process, which ends with the block."""
        address = ["--host", "127.0.0.1:0"]
        process = self.start("serve", *address, *flags, stdout=subprocess.DEVNULL, **how)
        assert process.stderr is not None
        try:
            # Programs that start one wait for this line: nothing may come before it.
            line = process.stderr.readline().decode()
            assert line.startswith("Listening on "), line
            yield line.split()[2], process
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)

    def terminal(self, *args: str, columns: int = 80, rows: int = 24) -> "Terminal":
        return Terminal([*RILLET, *args], self.env, columns, rows)


class Terminal:
    """A process on a pseudo-terminal: keys go in with `type`, `screen` is all that came out."""

    def __init__(self, command: list[str], env: Mapping[str, str], columns: int, rows: int) -> None:
        self.reads: list[tuple[float, bytes]] = []  # when, and what
        self._paper = pyte.HistoryScreen(columns, rows, history=1000)
        self._stream = pyte.Stream(self._paper)
        self._text = codecs.getincrementaldecoder("utf-8")("replace")
        self.screen = ""
        self._fd, inside = os.openpty()
        try:
            fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            self._process = subprocess.Popen(
                [*_AT_A_TERMINAL, *command],
                env=dict(env),
                stdin=inside,
                stdout=inside,
                stderr=inside,
                start_new_session=True,
            )
        except BaseException:
            os.close(self._fd)
            raise
        finally:
            os.close(inside)
        self.pid = self._process.pid

    @property
    def rows(self) -> list[str]:
        """What a person sees, the rows that were scrolled away included."""
        columns = range(self._paper.columns)
        above = ["".join(row[at].data for at in columns) for row in self._paper.history.top]
        return [row.rstrip() for row in (*above, *self._paper.display)]

    def until(self, text: str, *, after: int = 0) -> str:
        """Wait until `text` has come, in what came after the first `after` characters."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.screen[after:]:
            if not self.read(deadline - time.monotonic()):
                raise AssertionError(f"{text!r} did not come. The screen: {self.screen[after:]!r}")
        return self.screen[after:]

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode(errors="surrogateescape"))

    def type_all(self, text: str) -> None:
        """More than a terminal holds: what comes back is read while it is typed."""
        data = memoryview(text.encode())
        os.set_blocking(self._fd, False)
        while data:
            _, writable, _ = select.select([self._fd], [self._fd], [], PATIENCE)
            assert writable or self.read(0), "nobody reads what is typed"
            while self.read(0):
                pass
            if writable:
                try:
                    data = data[os.write(self._fd, data[:4096]) :]
                except BlockingIOError:
                    pass
        os.set_blocking(self._fd, True)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._paper.resize(rows, columns)
        os.kill(self.pid, signal.SIGWINCH)

    def wait(self) -> int:
        """Read to the end; the exit code."""
        deadline = time.monotonic() + PATIENCE
        while self.read(deadline - time.monotonic()):
            pass
        if time.monotonic() >= deadline:
            raise AssertionError(f"It does not end. The screen: {self.screen!r}")
        return self._process.wait()

    def close(self) -> int:
        """As a window is closed; the exit code of what ran in it."""
        os.close(self._fd)
        self._fd = -1
        return self._process.wait(PATIENCE)

    def read(self, seconds: float) -> bool:
        """Take what has come by then; False if nothing has."""
        ready, _, _ = select.select([self._fd], [], [], max(0.0, seconds))
        if not ready:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # Linux says so that nobody is on the other side any more
            return False
        self.reads.append((time.monotonic(), data))
        text = self._text.decode(data)
        self.screen += text
        self._stream.feed(text)
        return bool(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()
        if self._fd >= 0:
            os.close(self._fd)


def children_of(pid: int) -> list[int]:
    """The processes that `pid` has started."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def ends(pid: int) -> bool:
    """Whether a process ends, which is waited for."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], PATIENCE)[0])
    finally:
        os.close(watched)
