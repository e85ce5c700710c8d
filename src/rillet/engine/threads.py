"""How many threads an engine gets: one for each physical core that this process may use.

Two threads on the two halves of a core only wait for each other; threads above a container's share
of the processor are stopped in the middle of a token.

A small model gets one: its threads would meet after each matrix, and since those that wait sleep
(they leave the core to others), waking them costs more than the matrix. Measured on two idle cores
with a model of 3 MB: 2,640 tokens/s with one thread, 254 with two.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from rillet.engine import cgroups
from rillet.model.gguf import GgufHeader

_CPU = Path("/sys/devices/system/cpu")
_SMALL = 64 << 20  # bytes of weights


def usual_threads(header: GgufHeader) -> int:
    """For a request that does not say, to write tokens with; 0 is `usable_cores()`."""
    return 1 if sum(tensor.size for tensor in header.tensors) < _SMALL else 0


def usable_cores(
    cpu: Path = _CPU, root: Path = cgroups.ROOT, membership: Path = cgroups.MEMBERSHIP
) -> int:
    """At least 1."""
    allowed = _allowed()
    cores = {_siblings(cpu, number) for number in allowed}
    return max(1, min([len(cores), *_shares(root, membership)]))


def _allowed() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def _siblings(cpu: Path, number: int) -> str:
    """The logical processors of one core, as the kernel lists them; `number` if unknown."""
    try:
        return (cpu / f"cpu{number}/topology/thread_siblings_list").read_text().strip()
    except OSError:
        return str(number)


def _shares(root: Path, membership: Path) -> Iterator[int]:
    """Whole processors that our groups leave us, for each that has a limit."""
    for folder in cgroups.version2(root, membership):
        yield from _share(folder, "cpu.max")
    for folder in cgroups.version1("cpu", root, membership):
        yield from _share(folder, "cpu.cfs_quota_us", "cpu.cfs_period_us")


def _share(folder: Path, *names: str) -> Iterator[int]:
    try:
        allowed, period = map(int, " ".join((folder / name).read_text() for name in names).split())
        if allowed > 0:  # -1 is no limit
            yield allowed // period
    except (OSError, ValueError, ZeroDivisionError):
        pass  # "max" is no limit
