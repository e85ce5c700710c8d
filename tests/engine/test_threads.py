import os
from dataclasses import replace
from pathlib import Path

import pytest

from rillet.engine import read_model_header
from rillet.engine.threads import usable_cores, usual_threads

from .models import CHAT


def cpus(root: Path, siblings: str) -> Path:
    for number in range(os.cpu_count() or 1):
        folder = root / f"cpu{number}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(siblings.format(number))
    return root


def allowed() -> int:
    return len(os.sched_getaffinity(0))


def test_one_thread_for_each_core(tmp_path: Path) -> None:
    assert usable_cores(cpus(tmp_path, "{}\n"), tmp_path / "none") == allowed()


def test_two_halves_of_a_core_count_once(tmp_path: Path) -> None:
    assert usable_cores(cpus(tmp_path, "0-255\n"), tmp_path / "none") == 1


def test_unknown_topology_counts_processors(tmp_path: Path) -> None:
    assert usable_cores(tmp_path, tmp_path / "none") == allowed()


@pytest.mark.parametrize("quota", ["50000 100000\n", "100000 100000\n", "150000 100000\n"])
def test_a_share_of_the_processor_is_respected(tmp_path: Path, quota: str) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    assert usable_cores(tmp_path, tmp_path, tmp_path / "none") == 1


@pytest.mark.parametrize("quota", ["max 100000\n", "", "garbage\n"])
def test_no_share_is_no_limit(tmp_path: Path, quota: str) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    assert usable_cores(tmp_path, tmp_path, tmp_path / "none") == allowed()


def test_the_share_of_version_1_and_of_our_own_group(tmp_path: Path) -> None:
    (tmp_path / "membership").write_text("5:cpu,cpuacct:/docker/1fafb6ce\n")
    group = tmp_path / "cpu" / "docker" / "1fafb6ce"
    group.mkdir(parents=True)
    (group / "cpu.cfs_period_us").write_text("100000\n")
    for quota, cores in (("100000\n", 1), ("-1\n", allowed()), ("99999999\n", allowed())):
        (group / "cpu.cfs_quota_us").write_text(quota)
        assert usable_cores(tmp_path, tmp_path, tmp_path / "membership") == cores


def test_a_small_model_gets_one_and_a_large_one_all() -> None:
    header = read_model_header(CHAT)
    large = replace(header, tensors=header.tensors * (1 + (64 << 20) // header.tensors[0].size))
    assert usual_threads(header) == 1
    assert usual_threads(large) == 0
