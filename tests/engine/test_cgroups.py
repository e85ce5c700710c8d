from pathlib import Path

import pytest

from rillet.engine import cgroups


def folders(tmp_path: Path, membership: str) -> list[str]:
    (tmp_path / "membership").write_text(membership)
    root = tmp_path / "cgroup"
    found = cgroups.version2(root, tmp_path / "membership")
    return [str(folder.relative_to(root)) for folder in found]


@pytest.mark.parametrize(
    ("membership", "expected"),
    [
        ("0::/a/b\n", ["a/b", "a", "."]),
        ("0::/\n", ["."]),
        ("0::/of/the/host/alone\n", ["."]),
        ("0::/../../elsewhere\n", ["."]),
        ("0::/a:b\n", ["a:b", "."]),
        ("", ["."]),
        ("garbage\n", ["."]),
    ],
)
def test_from_our_own_upwards(tmp_path: Path, membership: str, expected: list[str]) -> None:
    for folder in ("a/b", "a:b"):
        (tmp_path / "cgroup" / folder).mkdir(parents=True)
    assert folders(tmp_path, membership) == expected


def test_version_2_may_stand_beside_version_1(tmp_path: Path) -> None:
    (tmp_path / "cgroup" / "unified" / "a").mkdir(parents=True)
    assert folders(tmp_path, "4:memory:/x\n0::/a\n") == [".", "unified/a", "unified"]


def test_controllers_that_share_a_tree(tmp_path: Path) -> None:
    (tmp_path / "cpu" / "a").mkdir(parents=True)
    (tmp_path / "membership").write_text("3:cpu,cpuacct:/a\n")
    found = list(cgroups.version1("cpu", tmp_path, tmp_path / "membership"))
    assert found == [tmp_path / "cpu" / "a", tmp_path / "cpu"]


def test_not_on_linux(tmp_path: Path) -> None:
    assert not list(cgroups.version1("memory", tmp_path / "none", tmp_path / "none"))
