"""The keys of a terminal while nobody reads them. Imports little: it is there before the rest."""

import os
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager

from rillet.cli import screen


@contextmanager
def keys_kept() -> Iterator[None]:
    """What is typed while nobody reads is neither shown nor changed, and stands in the next line.

    Else it would be printed into an answer, and an Enter would arrive as Ctrl-J. Ctrl-C stays.
    """
    if screen.is_dumb():  # what is before us there, such as Emacs, keeps them itself
        yield
        return
    before = termios.tcgetattr(0)
    kept = termios.tcgetattr(0)
    kept[0] &= ~termios.ICRNL
    kept[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(0, termios.TCSADRAIN, kept)

    def stop(number: int, frame: object) -> None:
        """The shell gets the terminal as it was, and Ctrl-Z is no end of what it shows."""
        ours = termios.tcgetattr(0)
        termios.tcsetattr(0, termios.TCSADRAIN, before)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # comes back when the person does
        signal.signal(number, stop)
        termios.tcsetattr(0, termios.TCSADRAIN, ours)
        screen.stops += 1

    earlier = signal.signal(signal.SIGTSTP, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, earlier)
        termios.tcsetattr(0, termios.TCSADRAIN, before)
