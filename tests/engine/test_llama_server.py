"""A llama-server that the user names does all that the wheel does."""

import asyncio
import os
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rillet.engine import EngineProcess, LoadOptions, capabilities, read_model_header
from rillet.words.errors import EngineError, LoadFailed

from .asking import ask
from .models import CHAT, with_number

Sockets = Callable[[], list[str]]
OPTIONS = LoadOptions(model_path=str(CHAT), num_ctx=512, parallel=2)


def program(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def told_by_kernel(process: EngineProcess, name: str) -> str:
    return Path(f"/proc/{process.pid}/{name}").read_text()


@pytest.fixture
def llama_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    script = Path(__file__).with_name("llama_server.py")
    path = program(tmp_path / "llama-server", f'exec "{sys.executable}" "{script}" "$@"')
    monkeypatch.setenv("RILLET_LLAMA_SERVER", path)
    return path


@pytest.mark.parametrize("unix_socket", [True, False])
async def test_it_loads_answers_and_stops(
    unix_socket: bool, llama_server: str, sockets: Sockets
) -> None:
    process = await EngineProcess.start(OPTIONS, unix_socket=unix_socket)
    assert "llama_server.py" in told_by_kernel(process, "cmdline")
    assert process.endpoint.api_key not in told_by_kernel(process, "cmdline")
    assert (process.num_ctx, process.props["total_slots"]) == (512, 2)
    body = {"prompt": "hi", "n_predict": 3}
    answer = await asyncio.to_thread(ask, process.endpoint, "/completion", body)
    assert answer["tokens_predicted"] == 3
    await process.stop()
    assert sockets() == []


async def test_its_death_is_seen(llama_server: str, sockets: Sockets) -> None:
    process = await EngineProcess.start(OPTIONS)
    os.kill(process.pid, signal.SIGKILL)
    await asyncio.wait_for(process.wait(), 30)
    assert process.exit_reason() == "killed by SIGKILL" and sockets() == []


async def test_it_is_as_harmless_as_the_wheel(llama_server: str) -> None:
    process = await EngineProcess.start(OPTIONS, memory_limit=1 << 30)
    assert "Max core file size        0" in told_by_kernel(process, "limits")
    assert int(told_by_kernel(process, "oom_score_adj")) > 0
    await process.stop()


async def test_it_dies_with_us(llama_server: str, sockets: Sockets) -> None:
    code = (
        "import asyncio, sys\n"
        "from rillet.engine import EngineProcess, LoadOptions\n"
        "async def main():\n"
        "    process = await EngineProcess.start(LoadOptions(model_path=sys.argv[1]))\n"
        "    print(process.pid, flush=True)\n"
        "    await process.wait()\n"
        "asyncio.run(main())\n"
    )
    argv = (sys.executable, "-c", code, str(CHAT))
    parent = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout
    watched = os.pidfd_open(int(await parent.stdout.readline()))
    parent.kill()
    await parent.wait()
    assert select.select([watched], [], [], 30)[0]
    os.close(watched)


async def test_a_failed_load_says_why(llama_server: str, tmp_path: Path, sockets: Sockets) -> None:
    path = tmp_path / "blocks.gguf"
    path.write_bytes(with_number("llama.block_count", 4_000_000_000))
    with pytest.raises(LoadFailed, match="GGML_ASSERT"):
        await EngineProcess.start(
            LoadOptions(model_path=str(path)), header=read_model_header(CHAT), load_timeout=20
        )
    assert sockets() == []


async def test_a_program_that_is_no_llama_server_says_what_it_printed(tmp_path: Path) -> None:
    path = program(tmp_path / "other", "echo 'error: invalid argument: --parallel' >&2; exit 1")
    with pytest.raises(LoadFailed, match=r"exit status 1: .*invalid argument: --parallel"):
        await EngineProcess.start(OPTIONS, env={"RILLET_LLAMA_SERVER": path})


async def test_its_folders_do_not_concern_who_asks(tmp_path: Path) -> None:
    path = program(tmp_path / "llama-server", 'echo "error: failed to load $*" >&2; exit 1')
    with pytest.raises(LoadFailed, match=CHAT.name) as caught:
        await EngineProcess.start(OPTIONS, env={"RILLET_LLAMA_SERVER": path})
    assert str(CHAT.parent) not in str(caught.value)


async def test_a_file_that_cannot_be_executed_says_so(tmp_path: Path, sockets: Sockets) -> None:
    path = tmp_path / "broken"
    path.write_bytes(b"\x7fELF nothing")
    path.chmod(0o755)
    with pytest.raises(LoadFailed, match="Exec format error"):
        await EngineProcess.start(OPTIONS, env={"RILLET_LLAMA_SERVER": str(path)})
    assert sockets() == []


async def test_one_that_is_not_there_is_a_clear_error(sockets: Sockets) -> None:
    with pytest.raises(EngineError, match=r"RILLET_LLAMA_SERVER names '/nowhere'"):
        await EngineProcess.start(OPTIONS, env={"RILLET_LLAMA_SERVER": "/nowhere"})
    assert sockets() == []


async def test_one_that_never_answers_meets_the_time_limit(
    tmp_path: Path, sockets: Sockets
) -> None:
    path = program(tmp_path / "mute", "sleep 60 & wait")
    with pytest.raises(LoadFailed, match=r"not loaded within 0.3 s"):
        await EngineProcess.start(OPTIONS, env={"RILLET_LLAMA_SERVER": path}, load_timeout=0.3)
    assert sockets() == []


def test_the_survey_names_it(llama_server: str) -> None:
    assert capabilities().llama_server == llama_server
