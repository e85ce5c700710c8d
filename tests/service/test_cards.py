"""What lists say of a model."""

import time
from collections.abc import Iterator

import pytest

from rillet.service.cards import timestamp


@pytest.fixture(params=["UTC", "Asia/Kolkata", "America/St_Johns"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The machine's zone, which the C library reads from TZ; afterwards it is as it was."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


def test_times_are_of_the_zone_of_the_machine(zone: str) -> None:
    told = {
        "UTC": "2026-11-30T18:51:56.985137Z",
        "Asia/Kolkata": "2026-12-01T00:21:56.985137+05:30",
        "America/St_Johns": "2026-11-30T15:21:56.985137-03:30",
    }
    assert timestamp(1796064716.985137) == told[zone]
