"""Model files made to break an engine: each is a typed error, in time, and leaves nothing."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rillet.engine import EngineProcess, LoadOptions, read_model_header
from rillet.words.errors import EngineError, InvalidModelFile, LoadFailed

from .asking import ask
from .models import (
    CHAT,
    with_architecture,
    with_counts,
    with_number,
    with_template,
    with_weights,
)

Sockets = Callable[[], list[str]]
WHOLE = CHAT.read_bytes()

#: Name: (bytes, what the validator says, what the engine says if it is asked nevertheless).
FILES = {
    "empty": (b"", "not a GGUF file", "magic"),
    "text": (b"Once upon a time\n", "not a GGUF file", "magic"),
    "garbage": (b"\x00\xff\x1b[2J" * 999, "not a GGUF file", "magic"),
    "short header": (WHOLE[:500], "cut off", "key-value pairs"),
    "short data": (WHOLE[:300_000], "cut off", "not within the file bounds"),
    "many tensors": (with_counts(1 << 60, 20), "claims", "number of tensors"),
    "many entries": (with_counts(20, 1 << 60), "claims", "number of key value pairs"),
    "3 heads": (with_number("llama.attention.head_count", 3), "not a multiple", "invalid n_rot"),
    "0 heads": (with_number("llama.attention.head_count", 0), "is 0", "wrong shape"),
    "0 kv heads": (with_number("llama.attention.head_count_kv", 0), "is 0", "wrong shape"),
    "many blocks": (with_number("llama.block_count", 4_000_000_000), "not within", "GGML_ASSERT"),
}


@pytest.fixture
def model(tmp_path: Path) -> Callable[[bytes], LoadOptions]:
    def write(data: bytes) -> LoadOptions:
        path = tmp_path / "hostile.gguf"
        path.write_bytes(data)
        return LoadOptions(model_path=str(path), num_ctx=512)

    return write


Model = Callable[[bytes], LoadOptions]


@pytest.mark.parametrize(("data", "said", "_"), FILES.values(), ids=FILES)
async def test_the_validator_refuses(
    data: bytes, said: str, _: str, model: Model, sockets: Sockets
) -> None:
    with pytest.raises(InvalidModelFile, match=said):
        await EngineProcess.start(model(data))
    assert sockets() == []


@pytest.mark.parametrize(("data", "_", "said"), FILES.values(), ids=FILES)
async def test_what_gets_past_the_validator_dies_in_the_child(
    data: bytes, _: str, said: str, model: Model, sockets: Sockets, tmp_path: Path
) -> None:
    with pytest.raises(LoadFailed, match=said) as caught:
        await EngineProcess.start(model(data), header=read_model_header(CHAT), load_timeout=20)
    assert "hostile.gguf" in caught.value.message
    assert str(tmp_path) not in caught.value.message and "\x1b" not in caught.value.message
    assert sockets() == []


async def test_an_unknown_architecture_is_named(model: Model, sockets: Sockets) -> None:
    with pytest.raises(LoadFailed, match="unknown model architecture: 'lxxma'"):
        await EngineProcess.start(model(with_architecture("lxxma")))
    assert sockets() == []


async def test_a_broken_template_is_named(model: Model, sockets: Sockets) -> None:
    with pytest.raises(LoadFailed, match="Unexpected token"):
        await EngineProcess.start(model(with_template("{% for %}")))
    assert sockets() == []


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
async def test_weights_that_are_no_numbers_are_named(
    value: float, model: Model, sockets: Sockets
) -> None:
    with pytest.raises(
        LoadFailed, match=r"tensor 'token_embd\.weight' has a weight that is not a number"
    ) as caught:
        await EngineProcess.start(model(with_weights(value)))
    assert "damaged" in (caught.value.hint or "")
    assert sockets() == []


async def test_weights_that_are_too_large_disturb_nobody(model: Model) -> None:
    """The engine may answer nonsense or die; both are told."""
    process = await EngineProcess.start(model(with_weights(3e38)))
    try:
        body = {"prompt": "hi", "n_predict": 3}
        await asyncio.to_thread(ask, process.endpoint, "/completion", body)
    except OSError:
        await asyncio.wait_for(process.wait(), 30)
        assert process.exit_reason()
    await process.stop()


async def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    with pytest.raises(InvalidModelFile, match="is not a file"):
        await EngineProcess.start(LoadOptions(model_path=str(tmp_path / "pipe.gguf")))


async def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelFile, match="is not a file"):
        await EngineProcess.start(LoadOptions(model_path=str(tmp_path)))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
async def test_any_byte_of_the_header_may_be_wrong(part: int, model: Model) -> None:
    """Each case either loads or is a typed error; nothing hangs, nothing else is raised."""
    header = read_model_header(CHAT)
    for place in range(24 + part * 97, header.data_offset, 97 * 8):
        data = bytearray(WHOLE)
        data[place] ^= 1 << place % 8
        try:
            process = await EngineProcess.start(
                model(bytes(data)), header=header, load_timeout=20, memory_limit=1 << 30
            )
            await process.stop()
        except EngineError as error:
            assert error.message
