"""Moments of the monotonic clock by which something has to be done, for sockets that block."""

from time import monotonic

from rillet.net.faults import Cut, TimedOut

EARLY = 0.05  # seconds that a timer may strike before the clock says so


def left(deadline: float | None) -> float | None:
    """Seconds left, None for ever. Raises `TimedOut` when there are none."""
    if deadline is None:
        return None
    seconds = deadline - monotonic()
    if seconds <= 0:  # even if bytes are there: a peer that drips must not stretch it
        raise TimedOut
    return seconds


def meant(error: TimeoutError, deadline: float | None) -> Exception:
    """Our deadline, the kernel's patience with a dead peer, or the program's own alarm."""
    if is_of_the_program(error, deadline):
        return error
    return TimedOut() if error.errno is None else Cut(error.strerror or str(error))


def is_of_the_program(error: TimeoutError, end: float | None) -> bool:
    """Whether a signal handler of the program raised it in the middle of our waiting until `end`.

    The kernel's own have a number.
    """
    return error.errno is None and (end is None or monotonic() < end - EARLY)
