"""Memory of machines that this one is not, as the system and the engine would tell it."""

import pytest

from rillet.engine import MachineMemory
from rillet.service.room import Needs, Room
from rillet.words.errors import ServerError

GIB = 1 << 30


def model(gib: float, *, layers: float | None = None) -> Needs:
    """One of so many GiB; `layers`: the share of it that was asked for on the GPU."""
    share = 1.0 if layers is None else layers
    return Needs(int(gib * GIB * (1 - share)), int(gib * GIB * share), layers is None)


def room(total: float, available: float, gpu: float = 0, loaded: tuple[Needs, ...] = ()) -> Room:
    return Room(MachineMemory(int(total * GIB), int(available * GIB), int(gpu * GIB)), loaded)


def test_the_weights_of_loaded_models_are_taken_though_the_system_could_drop_them() -> None:
    assert room(8, 7.5).holds(model(5))
    assert not room(8, 7.5, loaded=(model(5),)).holds(model(5))
    assert room(8, 7.5, loaded=(model(5),)).holds(model(2))


def test_what_others_use_is_taken() -> None:
    assert not room(8, 2).holds(model(5))
    assert room(8, 2).holds(model(5, layers=0)) is False


def test_without_a_gpu_everything_lies_in_the_memory_of_the_system() -> None:
    with pytest.raises(ServerError, match=r"\(10.0 GiB\) than is available \(7.0 GiB\)"):
        room(8, 7).check(model(10))
    room(8, 2, loaded=(model(5),)).check_without_others(model(6))
    with pytest.raises(ServerError):
        room(8, 2, loaded=(model(5),)).check(model(6))


def test_a_model_larger_than_the_memory_of_the_system_lies_on_the_gpu() -> None:
    large = room(16, 10, gpu=24)
    assert large.holds(model(20))
    large.check(model(20))


def test_a_gpu_that_another_model_fills_is_no_room() -> None:
    taken = room(64, 60, gpu=3, loaded=(model(20),))
    assert not taken.holds(model(10))
    taken.check_without_others(model(10))
    taken.check(model(10))  # it spills over, if it comes to that


def test_layers_that_were_asked_for_on_the_gpu() -> None:
    half = model(20, layers=0.5)
    assert room(16, 12, gpu=12).holds(half)
    assert not room(16, 12, gpu=8).holds(half)
    room(16, 12, gpu=8).check(half)  # the engine says how many would fit
    with pytest.raises(ServerError, match="requires more system memory"):
        room(16, 8, gpu=24).check(half)


def test_too_large_for_both_together() -> None:
    with pytest.raises(ServerError):
        room(16, 10, gpu=24).check(model(40))


def test_a_machine_that_does_not_tell() -> None:
    unknown = room(0, 0)
    assert unknown.holds(model(1000))
    unknown.check(model(1000))
