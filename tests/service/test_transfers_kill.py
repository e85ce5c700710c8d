"""kill -9 at any moment of a pull: the next one goes on, and ends with a whole model."""

import itertools
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rillet.store.store import ModelStore

from .scripted_registry import Question, ScriptedRegistry, on_blobs, scripted_registry
from .transferred import Published, assert_complete, begun, noise, pulled

HOME = Path(__file__).parents[2]
PART = 500_000
PARTS = 64


class Slowly:
    """Sends blobs at a pace that leaves time to be killed in; may hold the line altogether."""

    def __init__(self) -> None:
        self.pace = 0.02  # seconds for each 100 kB
        self._never = threading.Event()

    def __call__(self, question: Question, content: bytes) -> None:
        part = question.blob_head(content)
        try:
            for start in range(0, len(part), 100_000):
                question.wfile.write(part[start : start + 100_000])
                self._never.wait(self.pace)
        except OSError:
            question.close_connection = True  # it was killed, as it should be


@pytest.fixture
def slowly() -> Slowly:
    return Slowly()


@pytest.fixture
def registry(slowly: Slowly) -> Iterator[ScriptedRegistry]:
    with scripted_registry() as registry:
        registry.faults.append(on_blobs(slowly))
        yield registry


def killed(root: Path, model: Published, moment: Callable[[], object]) -> list[str]:
    """Pull in a process of its own and kill it when the moment has come; what it said."""
    command = [sys.executable, "-m", "tests.service.pulling_process", str(root), str(model.name)]
    environment = {**os.environ, "PYTHONPATH": f"{HOME / 'src'}{os.pathsep}{HOME}"}
    with subprocess.Popen(
        command,
        cwd=HOME,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        try:
            said = [child.stdout.readline().strip()]
            moment()
        finally:
            child.kill()
        said += child.stdout.read().split("\n")
        assert child.stderr.read() == ""
    return [line for line in said if line]


async def rounds(tmp_path: Path, registry: ScriptedRegistry, slowly: Slowly, count: int) -> None:
    model = Published(registry, noise(PART * PARTS))
    cuts = [PART * n for n in range(PARTS)]
    begun(tmp_path, model.weights, cuts, [1] + [0] * (PARTS - 1))
    chance = random.Random(7)
    store = ModelStore(tmp_path)
    ended = 0
    for _ in range(count):
        # The one sleep: the moment of death has to be any moment.
        said = killed(tmp_path, model, lambda: time.sleep(chance.uniform(0, 0.7)))
        ended += said[-1] == "success"
        if store.find(model.name) is not None:
            store.collect(grace_seconds=0, now=time.time() + 10)
            assert_complete(tmp_path, model)
            # Once more from the middle: the moments of the end are moments too.
            assert store.delete(model.name)
            begun(tmp_path, model.weights, cuts, [PART] * (PARTS - 2) + [0, 0])
    fetched = sum(end - start for start, end in filter(None, (q.range for q in registry.seen)))
    slowly.pace = 0.0
    registry.seen.clear()
    assert (await pulled(tmp_path, model.name))[-1] == "success"
    store.collect(grace_seconds=0, now=time.time() + 10)
    assert_complete(tmp_path, model)
    if count > 10:
        assert ended < count
        assert fetched < count * len(model.weights) / 2  # much of it was not asked for again


async def test_killed_and_continued(
    tmp_path: Path, registry: ScriptedRegistry, slowly: Slowly
) -> None:
    await rounds(tmp_path, registry, slowly, 2)


@pytest.mark.slow
async def test_killed_at_any_moment(
    tmp_path: Path, registry: ScriptedRegistry, slowly: Slowly
) -> None:
    await rounds(tmp_path, registry, slowly, 30)


async def test_what_was_there_is_not_asked_for_again(
    tmp_path: Path, registry: ScriptedRegistry
) -> None:
    """Killed when the 32nd of the parts is asked for: sixteen are whole, for so many go at once."""
    model = Published(registry, noise(PART * PARTS))
    cuts = [PART * n for n in range(PARTS)]
    begun(tmp_path, model.weights, cuts, [1] + [0] * (PARTS - 1))
    reached, over = threading.Event(), threading.Event()
    asked = itertools.count(1)

    def hold(question: Question, content: bytes) -> None:
        if next(asked) < 32:
            question.wfile.write(question.blob_head(content))
            return
        reached.set()
        over.wait(10)
        question.hang_up()

    registry.faults[:] = [on_blobs(hold)]
    killed(tmp_path, model, lambda: reached.wait(10))
    over.set()
    registry.faults.clear()
    registry.seen.clear()
    assert (await pulled(tmp_path, model.name))[-1] == "success"
    again = [q.range for q in registry.seen if q.range and q.path.endswith(str(model.digest))]
    assert 1 <= len(again) <= PARTS - 16
    # The kill may have left a file half written; such are collected like all that nothing names.
    ModelStore(tmp_path).collect(grace_seconds=0, now=time.time() + 10)
    assert_complete(tmp_path, model)
