from pathlib import Path

import pytest

from rillet.engine import available_memory, machine_memory

MEMINFO = "MemTotal: 4096 kB\nMemAvailable:    2048 kB\n"


def test_the_machine_has_memory() -> None:
    memory = machine_memory()
    assert 64 << 20 < memory.available <= memory.total < 1 << 50


def test_without_proc_it_is_the_memory_of_the_machine(tmp_path: Path) -> None:
    assert available_memory(tmp_path / "none", tmp_path, tmp_path / "none") > 64 << 20


def left(tmp_path: Path, membership: str) -> int:
    (tmp_path / "meminfo").write_text(MEMINFO)
    (tmp_path / "membership").write_text(membership)
    return available_memory(tmp_path / "meminfo", tmp_path, tmp_path / "membership")


def limit(folder: Path, most: str, used: int, stat: str = "anon 1\n") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(most + "\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(stat)


@pytest.mark.parametrize(
    ("most", "used", "stat", "expected"),
    [
        ("max", 0, "", 2048 * 1024),
        ("1048576", 524288, "", 524288),
        ("1048576", 1048576, "inactive_file 262144\n", 262144),
        # What was read twice is active, and gives way as well, unless it is mapped.
        ("1048576", 1048576, "inactive_file 1000\nactive_file 2000\nfile_mapped 500\n", 2500),
        ("1048576", 1048576, "active_file 2000\nfile_mapped 5000\n", 0),
        ("1048576", 2097152, "", 0),
        ("1048576", 0, "garbage\n", 2048 * 1024),
    ],
)
def test_a_container_may_have_less(
    tmp_path: Path, most: str, used: int, stat: str, expected: int
) -> None:
    limit(tmp_path, most, used, stat)
    assert left(tmp_path, "0::/\n") == expected


def test_a_service_is_limited_by_its_own_group_and_those_above(tmp_path: Path) -> None:
    limit(tmp_path / "user.slice", "1000000", 400_000)
    limit(tmp_path / "user.slice" / "rillet.service", "max", 100_000)
    assert left(tmp_path, "0::/user.slice/rillet.service\n") == 600_000
    limit(tmp_path / "user.slice" / "rillet.service", "300000", 100_000)
    assert left(tmp_path, "0::/user.slice/rillet.service\n") == 200_000


def test_version_1_has_a_tree_for_memory(tmp_path: Path) -> None:
    group = tmp_path / "memory" / "docker" / "1fafb6ce"
    group.mkdir(parents=True)
    (group / "memory.limit_in_bytes").write_text("1000000\n")
    (group / "memory.usage_in_bytes").write_text("700000\n")
    (group / "memory.stat").write_text("total_inactive_file 50000\ntotal_mapped_file 0\n")
    assert left(tmp_path, "5:cpu:/\n4:memory:/docker/1fafb6ce\n0::/\n") == 350_000
