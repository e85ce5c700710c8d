"""One child process in the event loop: what it reports, what it prints, that it ended.

Its end is seen by a process descriptor where there are any (no thread, no signal handler, any event
loop), and by a waiting thread elsewhere.
"""

import asyncio
import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

#: Bytes kept of what a child prints on stderr, and of an unfinished report.
KEPT = 64 << 10


class Watched:
    """Watches `process`. `on_report` gets each line of its stdout, and None at the end of that;
    `on_exit` is called once, with everything it printed already in `printed`."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        on_report: Callable[[bytes | None], None],
        on_exit: Callable[[int], None],
    ) -> None:
        self.process = process
        self.printed = bytearray()
        self._report = bytearray()
        self._on_report = on_report
        self._on_exit = on_exit
        self._loop = asyncio.get_running_loop()
        self._pidfd = -1
        assert process.stdout and process.stderr
        self._follow(process.stdout, self._read_report)
        self._follow(process.stderr, self._read_stderr)
        self._await_exit()

    def kill(self) -> None:
        """Kill it with all it started. Does nothing once it is reaped."""
        if self.process.returncode is None:
            try:
                # It leads a session of its own; until reaped, nobody else can have its number.
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self.process.kill()

    def _follow(self, pipe: IO[bytes], read: Callable[[], None]) -> None:
        os.set_blocking(pipe.fileno(), False)
        self._loop.add_reader(pipe.fileno(), read)

    def _unfollow(self, pipe: IO[bytes]) -> None:
        if not pipe.closed:
            self._loop.remove_reader(pipe.fileno())
            pipe.close()

    def _read_report(self) -> None:
        assert self.process.stdout
        data = _take(self.process.stdout)
        if data is None:
            return
        if not data or len(self._report) > KEPT:
            self._unfollow(self.process.stdout)
            self._on_report(None)
            return
        self._report += data
        *lines, rest = self._report.split(b"\n")
        self._report = bytearray(rest)
        for line in lines:
            self._on_report(bytes(line))

    def _read_stderr(self) -> None:
        assert self.process.stderr
        data = _take(self.process.stderr)
        if data == b"":
            self._unfollow(self.process.stderr)
        elif data:
            self._keep(data)

    def _keep(self, data: bytes) -> None:
        self.printed += data
        if len(self.printed) > 2 * KEPT:
            del self.printed[:-KEPT]

    def _await_exit(self) -> None:
        try:
            self._pidfd = os.pidfd_open(self.process.pid)
        except (AttributeError, OSError):
            threading.Thread(target=self._wait, name="rillet-engine-wait", daemon=True).start()
        else:
            self._loop.add_reader(self._pidfd, self._reap)

    def _wait(self) -> None:
        self.process.wait()
        try:
            self._loop.call_soon_threadsafe(self._reap)
        except RuntimeError:
            pass  # the loop is closed: nobody is left to be told

    def _reap(self) -> None:
        returncode = self.process.wait()
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
        assert self.process.stdin and self.process.stdout and self.process.stderr
        # What it printed last is still in the pipe; a grandchild may hold that open, so no waiting.
        while not self.process.stderr.closed and (data := _take(self.process.stderr)):
            self._keep(data)
        while not self.process.stdout.closed and _readable(self.process.stdout):
            self._read_report()
        for pipe in (self.process.stdout, self.process.stderr):
            self._unfollow(pipe)
        self.process.stdin.close()
        self._on_exit(returncode)


def _take(pipe: IO[bytes]) -> bytes | None:
    """What is there: b"" at the end, None for nothing yet."""
    try:
        return os.read(pipe.fileno(), 65536)
    except BlockingIOError:
        return None


def _readable(pipe: IO[bytes]) -> bool:
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    return any(events & select.POLLIN for _, events in poll.poll(0))


def kernel_kills(vmstat: Path = Path("/proc/vmstat")) -> int:
    """How many processes this kernel has killed because memory ran out; 0 if unknown."""
    try:
        for line in vmstat.read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return 0
