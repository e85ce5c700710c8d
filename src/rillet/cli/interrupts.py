"""Ctrl-C counts once: those that follow must not break off what puts an answer away."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn


@contextmanager
def one_interrupt() -> Iterator[None]:
    """The first Ctrl-C raises `KeyboardInterrupt`, the next ones do nothing until the end.

    One that nobody has caught by then ends the command, and nothing disturbs that.
    """

    def strike(number: int, frame: Any) -> NoReturn:
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # ignored, as under nohup, or not ours
        yield
        return
    signal.signal(signal.SIGINT, strike)
    try:
        yield
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise
    except BaseException:
        signal.signal(signal.SIGINT, before)
        raise
    signal.signal(signal.SIGINT, before)
