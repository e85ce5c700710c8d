"""How many threads an engine gets: one for each physical core that this process may use.

Two threads on the two halves of a core only wait for each other; threads above a container's share
of the processor are stopped in the middle of a token.

A small model gets one: its threads would meet after each matrix, and since those that wait sleep
(they leave the core to others), waking them costs more than the matrix. Measured on two idle cores
with a model of 3 MB: 2,640 tokens/s with one thread, 254 with two.
"""

import os
from pathlib import Path

from rillet.model.gguf import GgufHeader

_CPU = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_SMALL = 64 << 20  # bytes of weights


def usual_threads(header: GgufHeader) -> int:
    """For a request that does not say, to write tokens with; 0 is `usable_cores()`."""
    return 1 if sum(tensor.size for tensor in header.tensors) < _SMALL else 0


def usable_cores(cpu: Path = _CPU, quota: Path = _QUOTA) -> int:
    """At least 1."""
    allowed = _allowed()
    cores = {_siblings(cpu, number) for number in allowed}
    return max(1, min(len(cores), _share(quota)))


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


def _share(quota: Path) -> int:
    try:
        allowed, period = quota.read_text().split()
        return max(1, int(allowed) // int(period))
    except (OSError, ValueError):
        return 1 << 16
