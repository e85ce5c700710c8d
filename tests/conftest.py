"""What holds for every test."""

from __future__ import annotations

import os
import re
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine than about the example.
settings.register_profile(
    "shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared machine")

#: What people set for themselves, and what the tests are told by.
_SETTINGS = re.compile(
    r"(RILLET|OLLAMA|OPENAI|ANTHROPIC|LLM|XDG|LC)_.*|LANG|LANGUAGE|NO_COLOR|COLUMNS|LINES|PAGER"
    r"|EDITOR|VISUAL|(?i:[a-z]+_proxy)"
)
_OF_THE_TESTS = re.compile("RILLET_(TEST_.*|KILL.*|LLAMA_SERVER)")


def pytest_configure() -> None:
    _leave_settings_out()
    _take_signals()


def _leave_settings_out() -> None:
    """A proxy, a server or a language of who runs the tests is not theirs."""
    for name in list(os.environ):
        if _SETTINGS.fullmatch(name) and not _OF_THE_TESTS.fullmatch(name):
            del os.environ[name]
    os.environ["LC_ALL"] = "C.UTF-8"


def _take_signals() -> None:
    """Signals as a terminal gives them to a program.

    Started in the background (``./test &``, ``nohup ./test``), the shell has SIGINT and SIGHUP
    ignored, and so would every program have that the tests start and interrupt.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        # A handler, not the default: programs start with the default, this run goes on.
        signal.signal(signal.SIGHUP, lambda number, frame: None)


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder for sockets, whose paths may have some hundred bytes: that of temporary files may
    be as long by itself."""
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp") as folder:
        yield Path(folder)
