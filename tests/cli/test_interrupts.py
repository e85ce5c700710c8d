"""Where a Ctrl-C counts, where it counts once, and where it is only told."""

import signal
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from rillet.cli.interrupts import interrupts_told, one_interrupt


def strike() -> None:
    signal.raise_signal(signal.SIGINT)


def test_only_the_first_one_counts() -> None:
    left = False
    with pytest.raises(KeyboardInterrupt), one_interrupt():
        try:
            strike()
        finally:
            strike()
            left = True
    assert left
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_between_the_steps_of_a_loop_it_is_told_and_raises_nothing() -> None:
    told: list[bool] = []
    with interrupts_told(lambda: told.append(True)):
        for _ in range(3):
            strike()
            with one_interrupt():
                with pytest.raises(KeyboardInterrupt):
                    strike()
                strike()
            strike()
    assert len(told) == 6
    with pytest.raises(KeyboardInterrupt):
        strike()


@pytest.mark.parametrize("around", [one_interrupt, lambda: interrupts_told(strike)])
def test_where_it_is_ignored_it_stays_so(
    around: Callable[[], AbstractContextManager[None]],
) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with around():
            strike()
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
