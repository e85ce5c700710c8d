from typing import Any

import pytest

from rillet.wire.depth import MAX_DEPTH, too_deep


def nested(levels: int, kind: type) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value] if kind is list else {"a": value}
    return value


@pytest.mark.parametrize("kind", [list, dict])
def test_levels_are_counted(kind: type) -> None:
    for levels in (0, 1, MAX_DEPTH):
        assert not too_deep(nested(levels, kind))
    for levels in (MAX_DEPTH + 1, 100_000):
        assert too_deep(nested(levels, kind))
    assert not too_deep(nested(3, kind), 3)
    assert too_deep(nested(3, kind), 2)


def test_what_is_beside_and_empty_counts() -> None:
    assert too_deep([1, [], {"a": [[]]}], 3)
    assert not too_deep([1, [], {"a": [[]]}], 4)


def test_a_value_within_itself() -> None:
    ring: list[Any] = []
    ring.append(ring)
    assert too_deep(ring)
