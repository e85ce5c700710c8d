"""What holds for every test."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine than about the example.
settings.register_profile(
    "shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared machine")


def pytest_configure() -> None:
    """Signals as a terminal gives them to a program.

    Started in the background (``./test &``, ``nohup ./test``), the shell has SIGINT and SIGHUP
    ignored, and so would every program have that the tests start and interrupt.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        # A handler, not the default: programs start with the default, this run goes on.
        signal.signal(signal.SIGHUP, lambda number, frame: None)
