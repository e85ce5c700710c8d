from pathlib import Path

import pytest

from rillet.engine import processor_alone, usual_batch
from rillet.engine.command import SERVER_VARIABLE


def test_a_processor_leaves_off_soon() -> None:
    assert usual_batch(parallel=1, processor=True) == 64


def test_every_slot_has_its_token() -> None:
    assert usual_batch(parallel=100, processor=True) == 100


def test_a_gpu_gets_what_it_needs() -> None:
    assert usual_batch(parallel=1, processor=False) == 512


@pytest.mark.parametrize("name", ["nvidiactl", "kfd", "dri/renderD128"])
def test_a_gpu_is_seen_by_its_device(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SERVER_VARIABLE, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert processor_alone(tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    assert not processor_alone(tmp_path)


def test_who_names_a_llama_server_may_have_one_for_a_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SERVER_VARIABLE, "llama-server")
    assert not processor_alone(tmp_path)
