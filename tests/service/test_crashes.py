import time

import pytest

from rillet.service.crashes import LIMIT, LONGEST, WINDOW, Deaths
from rillet.words.errors import Busy

KEY = ("/model.gguf", False)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def dead(times: int) -> tuple[Deaths, Clock]:
    clock = Clock()
    deaths = Deaths(clock)
    for _ in range(times):
        deaths.note(KEY)
    return deaths, clock


@pytest.mark.parametrize("times", range(LIMIT))
def test_the_first_deaths_cost_nothing(times: int) -> None:
    deaths, _ = dead(times)
    deaths.check(KEY, "m")


@pytest.mark.parametrize(
    ("times", "wait"), [(LIMIT, 1.0), (LIMIT + 1, 2.0), (LIMIT + 3, 8.0), (LIMIT + 9, LONGEST)]
)
def test_then_every_death_doubles_the_wait(times: int, wait: float) -> None:
    deaths, clock = dead(times)
    with pytest.raises(Busy, match=f"died {times} times within a minute") as caught:
        deaths.check(KEY, "m")
    assert caught.value.status == 503 and caught.value.retry_after == wait
    clock.now += wait
    deaths.check(KEY, "m")


def test_one_model_does_not_wait_for_the_deaths_of_another() -> None:
    deaths, _ = dead(9)
    deaths.check(("/other.gguf", False), "other")


def test_each_whole_answer_makes_up_for_a_death() -> None:
    deaths, _ = dead(LIMIT + 2)
    for _ in range(2):
        deaths.make_up(KEY)
        with pytest.raises(Busy):
            deaths.check(KEY, "m")
    deaths.make_up(KEY)
    deaths.check(KEY, "m")
    deaths.make_up(("/other.gguf", False))


async def test_a_short_wait_is_waited_and_a_long_one_is_told() -> None:
    deaths = Deaths()
    for _ in range(LIMIT):
        deaths.note(KEY)
    begun = time.monotonic()
    await deaths.wait(KEY, "m")
    assert time.monotonic() - begun >= 0.99
    deaths.note(KEY)
    deaths.note(KEY)
    with pytest.raises(Busy):
        await deaths.wait(KEY, "m")


def test_deaths_are_forgotten() -> None:
    deaths, clock = dead(9)
    clock.now += WINDOW
    deaths.check(KEY, "m")
    deaths.note(KEY)
    deaths.check(KEY, "m")
