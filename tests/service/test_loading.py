import pytest

from rillet.service.loading import usual_context


@pytest.mark.parametrize(
    ("gib", "context"), [(0, 4096), (22.9, 4096), (23, 32768), (46, 32768), (47.5, 262144)]
)
def test_a_large_gpu_has_room_for_a_longer_context(gib: float, context: int) -> None:
    assert usual_context(int(gib * (1 << 30))) == context
