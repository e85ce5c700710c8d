from pathlib import Path

import pytest

from rillet.engine import Capabilities, Device, capabilities, has_gpu
from rillet.engine.survey import gpu_memory, gpus_found
from rillet.words.errors import EngineError

CPU = Device(name="CPU", description="", type="CPU", memory_free=1, memory_total=2)
GPU = Device(name="CUDA0", description="", type="GPU", memory_free=1, memory_total=2)


def test_the_engine_tells_what_it_has() -> None:
    found = capabilities()
    assert any(device.type == "CPU" and device.memory_total > 0 for device in found.devices)
    assert "CPU" in found.features and found.version and found.build


def test_what_is_used_of_the_processor() -> None:
    line = "CPU : SSE3 = 1 | AVX = 1 | AVX512 = 0 | LLAMAFILE = 1 | REPACK : Q4 = 1 | "
    found = Capabilities(devices=(), features=line, version="", build={})
    assert found.used == ("SSE3", "AVX", "LLAMAFILE", "Q4")


def test_a_build_without_avx512_leaves_speed_where_there_is_avx512() -> None:
    def found(devices: tuple[Device, ...], features: str, machine: bool) -> Capabilities:
        return Capabilities(devices, features, "1", {}, machine_has_avx512=machine)

    assert found((CPU,), "AVX2 = 1", True).leaves_speed
    assert not found((CPU,), "AVX2 = 1 | AVX512 = 1", True).leaves_speed
    assert not found((CPU,), "AVX2 = 1", False).leaves_speed
    assert not found((CPU, GPU), "AVX2 = 1", True).leaves_speed
    assert found((CPU, GPU), "", True).gpus == (GPU,)


def test_a_broken_engine_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('libgomp.so.1: no such file')")
    monkeypatch.setattr("rillet.engine.command.wheel_folder", lambda: str(tmp_path))
    with pytest.raises(EngineError, match=r"libgomp.so.1"):
        capabilities()


def test_openmp_beside_the_engine_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody may install it: `scripts/venv.sh` puts it there."""
    beside = tmp_path / "xllamacpp.libs" / "libgomp.so.1"
    beside.parent.mkdir()
    beside.write_text("no library")
    monkeypatch.setattr("rillet.engine.command.wheel_folder", lambda: str(tmp_path))
    with pytest.raises(EngineError, match=r"xllamacpp\.libs/libgomp\.so\.1"):
        capabilities()


def test_no_engine_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EngineError, match="pip install xllamacpp"):
        capabilities()


@pytest.mark.parametrize(
    ("listed", "free"),
    [
        ("Available devices:\n  CUDA0: NVIDIA L4 (22563 MiB, 22100 MiB free)\n", 22100),
        ("Devices:\n  Vulkan1: AMD (X) (9 MiB, 7 MiB free)\n  B: b (1 MiB, 1 MiB free)\n", 8),
        ("Available devices:\n  Metal: of another version\n", 0),
        ("Available devices:\n", None),
        ("Available devices:\n  BLAS: OpenBLAS (0 MiB, 0 MiB free)\n", None),
    ],
)
def test_a_llama_server_tells_its_devices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: str, free: int | None
) -> None:
    program = tmp_path / "llama-server"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{listed}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("RILLET_LLAMA_SERVER", str(program))
    gpus_found.cache_clear()
    try:
        assert has_gpu() is (free is not None)
        assert gpu_memory().free == (free or 0) << 20
    finally:
        gpus_found.cache_clear()
