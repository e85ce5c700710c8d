"""Ctrl-C counts once: those that follow must not break off what puts an answer away."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn


class _Told:
    """A handler of signals that tells somebody, and disturbs nobody."""

    def __init__(self, listener: Callable[[], None]) -> None:
        self._listener = listener

    def __call__(self, number: int, frame: Any) -> None:
        self._listener()


@contextmanager
def interrupts_told(listener: Callable[[], None]) -> Iterator[None]:
    """A Ctrl-C calls `listener`, between any two steps of the program, and raises nothing.

    For a loop that goes on for ever, such as a talk: one that comes as an answer ends would strike
    between two steps of it, or while an event loop is made, and end it. `one_interrupt` within has
    its own way.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:  # ignored, as under nohup, or not ours
        yield
        return
    signal.signal(signal.SIGINT, _Told(listener))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def one_interrupt() -> Iterator[None]:
    """The first Ctrl-C raises `KeyboardInterrupt`, the next ones do nothing until the end.

    One that nobody has caught by then ends the command, and nothing disturbs that; unless this is
    within `interrupts_told`, where it goes on.
    """

    def strike(number: int, frame: Any) -> NoReturn:
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    ours = before is signal.default_int_handler or isinstance(before, _Told)
    if not ours:  # ignored, as under nohup, or another program's
        yield
        return
    try:
        signal.signal(signal.SIGINT, strike)
        yield
    except KeyboardInterrupt:
        over = before is signal.default_int_handler
        signal.signal(signal.SIGINT, signal.SIG_IGN if over else before)
        raise
    except BaseException:
        signal.signal(signal.SIGINT, before)
        raise
    signal.signal(signal.SIGINT, before)
