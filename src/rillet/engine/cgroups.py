"""The control groups of Linux that limit this process: a container, a service, a user's session.

Source: cgroups(7). Version 2 has one tree; version 1 has one for each controller. A process is
limited by its own group and by each one above it. In a container the root of the tree that we see
is mostly our own group, and the path that the kernel tells may be one that only the host has.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")


def version2(root: Path = ROOT, membership: Path = MEMBERSHIP) -> Iterator[Path]:
    """Folders of our groups in the tree of version 2, from our own upwards."""
    path = _paths(membership).get("", "/")
    yield from _upwards(root, path)
    yield from _upwards(root / "unified", path)


def version1(controller: str, root: Path = ROOT, membership: Path = MEMBERSHIP) -> Iterator[Path]:
    """The same in the tree of one controller, such as "memory" or "cpu"."""
    yield from _upwards(root / controller, _paths(membership).get(controller, "/"))


def _paths(membership: Path) -> dict[str, str]:
    """The path of our group for each controller; "" is version 2."""
    found = {}
    try:
        for line in membership.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            found.update(dict.fromkeys(controllers.split(","), path))
    except (OSError, ValueError):
        pass  # not on Linux
    return found


def _upwards(tree: Path, path: str) -> Iterator[Path]:
    inside = PurePosixPath(path.lstrip("/"))
    if ".." in inside.parts:  # our group is outside of what we see
        inside = PurePosixPath()
    for group in (inside, *inside.parents):
        if (folder := tree / group).is_dir():
            yield folder
