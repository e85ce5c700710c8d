import hashlib
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from rillet.engine import command, read_model_header
from rillet.engine.conversion import quantize
from rillet.words.errors import EngineError, InvalidModelFile

from .models import MODELS

TINY = MODELS / "tiny.gguf"
#: What `llama-quantize` makes of the file: a digest over the tensors by their names.
RECORDED = {
    "Q4_K_M": "2cb0f2e3f750b006",
    "Q4_K_S": "1750f38403dd76a6",
    "Q8_0": "59aa6b4f5a5aa2d7",
    "F16": "7c0e4bdda6987771",
    "BF16": "97d82ac90f771ac0",
}


def weights(path: Path) -> str:
    header, data = read_model_header(path), path.read_bytes()
    hasher = hashlib.sha256()
    for tensor in sorted(header.tensors, key=lambda tensor: tensor.name):
        start = header.data_offset + tensor.offset
        hasher.update(data[start : start + tensor.size])
    return hasher.hexdigest()[:16]


@pytest.mark.parametrize("kind", RECORDED)
async def test_the_tensors_are_those_of_llama_quantize(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "out.gguf"
    done = [count async for count in quantize(TINY, target, kind)]
    before, after = read_model_header(TINY), read_model_header(target)
    assert weights(target) == RECORDED[kind]
    assert after.file_type == kind and after.metadata["general.quantization_version"] == 2
    assert done == sorted(done) and done[-1] == sum(tensor.size for tensor in before.tensors)
    kept = {key: value for key, value in before.metadata.items() if key != "general.file_type"}
    assert {key: after.metadata[key] for key in kept if isinstance(kept[key], str)} == {
        key: value for key, value in kept.items() if isinstance(value, str)
    }


async def test_back_to_whole_numbers_nothing_is_lost(tmp_path: Path) -> None:
    half, whole, again = (tmp_path / f"{name}.gguf" for name in ("half", "whole", "again"))
    for source, target, kind in ((TINY, half, "F16"), (half, whole, "F32"), (whole, again, "F16")):
        async for _ in quantize(source, target, kind):
            pass
    assert half.read_bytes() == again.read_bytes()


async def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"GGUF")
    with pytest.raises(InvalidModelFile):
        async for _ in quantize(wrong, tmp_path / "out.gguf", "Q8_0"):
            pass


async def test_an_engine_without_the_entry_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An empty folder in place of the engine's: the child is real, and finds no library there.
    monkeypatch.setattr("rillet.engine.command.wheel_folder", lambda: str(tmp_path))
    with pytest.raises(EngineError, match="cannot be converted"):
        async for _ in quantize(TINY, tmp_path / "out.gguf", "Q8_0"):
            pass


async def test_to_break_off_ends_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []  # the child is the real one; it is only kept here, to look at afterwards

    def spawn(*args: Any) -> Any:
        started.append(command_spawn(*args))
        return started[-1]

    command_spawn = command.spawn  # it is called as ever; only which child it was is kept
    monkeypatch.setattr(command, "spawn", spawn)
    async with aclosing(quantize(TINY, tmp_path / "out.gguf", "Q8_0")) as steps:
        async for _ in steps:
            break
    (child,) = started
    assert child.poll() is not None
