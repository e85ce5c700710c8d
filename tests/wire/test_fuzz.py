"""A short run of the fuzzer; `python -m tests.wire.fuzz` is the long one."""

import pytest

from .fuzz import run


def test_a_short_run_breaks_no_law() -> None:
    assert run(seed=1, first=0, count=3_000) == 0


@pytest.mark.slow
def test_a_longer_run_breaks_no_law() -> None:
    assert run(seed=2, first=0, count=100_000) == 0
