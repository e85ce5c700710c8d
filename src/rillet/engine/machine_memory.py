"""How much memory this machine has for engines. Bytes everywhere."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rillet.engine import cgroups
from rillet.engine.survey import gpu_memory

_MEMINFO = Path("/proc/meminfo")


class MachineMemory(NamedTuple):
    """`total` and `available` of the system, here or within our container; 0 if unknown.

    Model files that are mapped count as available, since the system could read them again; so
    what loaded models need has to be taken from `total` as well. `gpu` is free on all GPUs.
    """

    total: int
    available: int
    gpu: int = 0


def machine_memory() -> MachineMemory:
    """Blocks where there is a GPU: its driver is asked, for up to some seconds."""
    total, available = _system(_MEMINFO, cgroups.ROOT, cgroups.MEMBERSHIP)
    return MachineMemory(total, available, gpu_memory().free)


def available_memory(
    meminfo: Path = _MEMINFO, root: Path = cgroups.ROOT, membership: Path = cgroups.MEMBERSHIP
) -> int:
    """Bytes a new process can use without swapping, here or within our container; 0 if unknown."""
    return _system(meminfo, root, membership)[1]


def _system(meminfo: Path, root: Path, membership: Path) -> tuple[int, int]:
    """Total and available."""
    total, available = _meminfo(meminfo)
    if not available:
        return total, 0
    for most, left in _limits(root, membership):
        total, available = min(total, most), min(available, left)
    return total, max(0, available)


def _meminfo(path: Path) -> tuple[int, int]:
    try:
        lines = (line.split() for line in path.read_text().splitlines())
        sizes = {words[0]: int(words[1]) * 1024 for words in lines if len(words) > 1}
        return sizes["MemTotal:"], sizes["MemAvailable:"]
    except (OSError, ValueError, KeyError):
        pass
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        size = 0
    return size, size


def _limits(root: Path, membership: Path) -> Iterator[tuple[int, int]]:
    """For each of our groups that has one: the limit, and what is left of it."""
    for folder in cgroups.version2(root, membership):
        yield from _limit(folder, "memory.max", "memory.current", "", "file_mapped")
    for folder in cgroups.version1("memory", root, membership):
        names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
        yield from _limit(folder, *names, "total_", "total_mapped_file")


def _limit(
    folder: Path, limit: str, usage: str, prefix: str, mapped: str
) -> Iterator[tuple[int, int]]:
    """Cached files give way, so they are not in use; but those that are mapped are the weights of
    models, each of which is read for every token."""
    try:
        most, used = int((folder / limit).read_text()), int((folder / usage).read_text())
        lines = (line.split() for line in (folder / "memory.stat").read_text().splitlines())
        stat = {name: int(value) for name, value in lines}
    except (OSError, ValueError):
        return  # no limit, or a root that has none
    files = stat.get(f"{prefix}inactive_file", 0) + stat.get(f"{prefix}active_file", 0)
    yield most, most - used + max(0, files - stat.get(mapped, 0))
