import asyncio
import http.client
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
import uvloop

from rillet.engine import EngineProcess, LoadOptions, read_model_header
from rillet.words.errors import InvalidModelFile, InvalidRequest, LoadFailed
from rillet.words.events import Progress

from .asking import ask, open_answer
from .models import CHAT, ENDLESS, MODELS, with_template

OPTIONS = LoadOptions(model_path=str(CHAT), num_ctx=512)
Sockets = Callable[[], list[str]]


async def asked(process: EngineProcess, path: str, body: object = None) -> dict[str, object]:
    answer = await asyncio.to_thread(ask, process.endpoint, path, body)
    assert isinstance(answer, dict)
    return answer


async def test_it_answers_when_started_and_leaves_nothing_when_stopped(sockets: Sockets) -> None:
    process = await EngineProcess.start(OPTIONS)
    assert process.alive and process.exit_reason() == "" and process.load_ns > 0
    assert process.num_ctx == 512 and process.props["total_slots"] == 1
    assert await asked(process, "/health") == {"status": "ok"}
    answer = await asked(process, "/completion", {"prompt": "hi", "n_predict": 3})
    assert answer["tokens_predicted"] == 3
    await process.stop()
    await process.stop()
    assert not process.alive and process.exit_reason() == "stopped" and sockets() == []


async def test_only_who_has_the_key_is_answered() -> None:
    process = await EngineProcess.start(OPTIONS)
    assert process.endpoint.socket_path and process.endpoint.api_key not in repr(process.endpoint)
    answer = await asyncio.to_thread(open_answer, process.endpoint, "/props", key="wrong")
    assert answer.status == 401
    assert answer.headers["Access-Control-Allow-Origin"] in (None, "")
    answer.close()
    for path in ("/", "/slots", "/metrics"):
        with await asyncio.to_thread(open_answer, process.endpoint, path) as answer:
            assert answer.status in (404, 501)
    await process.stop()


async def test_a_port_where_a_socket_cannot_be() -> None:
    process = await EngineProcess.start(OPTIONS, unix_socket=False)
    assert process.endpoint.socket_path is None and process.endpoint.port
    assert await asked(process, "/health") == {"status": "ok"}
    await process.stop()


async def test_every_slot_has_the_whole_context() -> None:
    process = await EngineProcess.start(LoadOptions(model_path=str(CHAT), num_ctx=512, parallel=4))
    assert (process.num_ctx, process.props["total_slots"]) == (512, 4)
    await process.stop()


async def test_no_more_context_than_the_model_was_made_for() -> None:
    process = await EngineProcess.start(LoadOptions(model_path=str(CHAT), num_ctx=1 << 20))
    assert process.num_ctx == read_model_header(CHAT).context_length
    assert process.options.num_ctx == 1 << 20
    await process.stop()


@pytest.mark.parametrize(
    "values",
    [
        {"use_mmap": False},
        {"use_mmap": True},
        {"use_mlock": True},
        {"kv_cache_type": "bf16", "flash_attention": True},
        {"num_batch": 1, "num_ctx": 1, "num_thread": 1},
        {"tensor_split": (1.0, 2.0), "main_gpu": 0, "num_gpu": 0},
        {"draft_path": str(CHAT)},
        {"parallel": 4, "num_batch": 1},
        {"parallel": 64, "num_ctx": 64, "prompt_cache_mib": 0, "shift": False},
    ],
    ids=str,
)
async def test_each_option_is_one_that_the_engine_knows(values: dict[str, object]) -> None:
    options = LoadOptions(model_path=str(CHAT), **values)  # type: ignore[arg-type]
    process = await EngineProcess.start(options)
    answer = await asked(process, "/completion", {"prompt": "hi", "n_predict": 2})
    assert answer["tokens_predicted"] == 2
    await process.stop()


async def test_embeddings() -> None:
    model = str(MODELS / "tinyembed.gguf")
    process = await EngineProcess.start(LoadOptions(model_path=model, embedding=True))
    answer = await asyncio.to_thread(ask, process.endpoint, "/embedding", {"content": "hi " * 600})
    assert len(answer[0]["embedding"][0]) == read_model_header(model).embedding_length
    await process.stop()


async def test_thinking_comes_apart_from_the_answer() -> None:
    process = await EngineProcess.start(LoadOptions(model_path=str(MODELS / "tinythink.gguf")))
    body = {"messages": [{"role": "user", "content": "hi"}]}
    answer = await asyncio.to_thread(ask, process.endpoint, "/v1/chat/completions", body)
    message = answer["choices"][0]["message"]
    assert message["reasoning_content"].strip() == "I ponder"
    assert message["content"].strip() == "Hello world!"
    await process.stop()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM])
async def test_its_death_is_seen(number: signal.Signals, sockets: Sockets) -> None:
    process = await EngineProcess.start(OPTIONS)
    os.kill(process.pid, number)
    await asyncio.wait_for(process.wait(), 30)
    assert process.exit_reason() == f"killed by {number.name}"
    assert sockets() == []
    await process.stop()
    assert process.exit_reason() == f"killed by {number.name}"


async def test_a_death_in_mid_answer_cuts_the_answer() -> None:
    process = await EngineProcess.start(OPTIONS)
    body = {"prompt": "hi", "n_predict": -1, "stream": True, "ignore_eos": True}
    answer = await asyncio.to_thread(open_answer, process.endpoint, "/completion", body)
    await asyncio.to_thread(answer.readline)
    os.kill(process.pid, signal.SIGKILL)
    await asyncio.wait_for(process.wait(), 30)
    with pytest.raises((http.client.IncompleteRead, OSError)):
        await asyncio.to_thread(answer.read)
    answer.close()


async def test_one_that_dies_does_not_disturb_the_others(sockets: Sockets) -> None:
    one, other, third = await asyncio.gather(*(EngineProcess.start(OPTIONS) for _ in range(3)))
    assert len({p.pid for p in (one, other, third)}) == len(sockets()) == 3
    os.kill(one.pid, signal.SIGKILL)
    await one.wait()
    assert other.alive and third.alive
    assert await asked(other, "/health") == {"status": "ok"}
    await asyncio.gather(other.stop(), third.stop())


async def test_ctrl_c_at_the_terminal_is_not_for_it() -> None:
    process = await EngineProcess.start(OPTIONS)
    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    await process.stop()


async def test_progress_is_told_while_loading() -> None:
    seen: list[Progress] = []
    process = await EngineProcess.start(OPTIONS, on_progress=seen.append)
    await process.stop()
    assert seen and all(p.status == "loading" and p.total == 1000 for p in seen)
    assert all(0 <= (p.completed or 0) < 1000 for p in seen)


@pytest.fixture
def endless(tmp_path_factory: pytest.TempPathFactory) -> LoadOptions:
    """A model that takes minutes or all memory to load."""
    path = tmp_path_factory.mktemp("models") / "endless.gguf"
    path.write_bytes(with_template(ENDLESS))
    return LoadOptions(model_path=str(path), num_ctx=512)


async def test_a_load_has_a_time_limit(endless: LoadOptions, sockets: Sockets) -> None:
    with pytest.raises(LoadFailed, match=r"endless.gguf was not loaded within 0.3 s"):
        await EngineProcess.start(endless, load_timeout=0.3)
    assert sockets() == []


async def test_a_load_can_be_cancelled(endless: LoadOptions, sockets: Sockets) -> None:
    loading = asyncio.Event()
    start = EngineProcess.start(endless, on_progress=lambda _: loading.set())
    task = asyncio.create_task(start)
    await loading.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sockets() == []


async def test_a_load_has_a_memory_limit(endless: LoadOptions, sockets: Sockets) -> None:
    with pytest.raises(LoadFailed, match="out of memory, of which it may use 64 MiB"):
        await EngineProcess.start(endless, memory_limit=64 << 20)
    assert sockets() == []


LOADER = """
import asyncio, os, sys
from rillet.engine import EngineProcess, LoadOptions
async def main():
    def tell(_):
        print(open(f"/proc/self/task/{os.getpid()}/children").read(), flush=True)
    process = await EngineProcess.start(LoadOptions(model_path=sys.argv[1]), on_progress=tell)
    await process.wait()
asyncio.run(main())
"""


@pytest.mark.parametrize("loaded", [True, False])
async def test_it_dies_with_us(loaded: bool, endless: LoadOptions, sockets: Sockets) -> None:
    path = OPTIONS.model_path if loaded else endless.model_path
    argv = (sys.executable, "-c", LOADER, path)
    parent = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.PIPE)
    assert parent.stdout
    child = int(await parent.stdout.readline())
    watched = os.pidfd_open(child)
    parent.kill()
    await parent.wait()
    assert select.select([watched], [], [], 30)[0], "the child lives on"
    os.close(watched)
    assert len(sockets()) == 1
    process = await EngineProcess.start(OPTIONS)
    assert len(sockets()) == 1, "what was left is swept by the next start"
    await process.stop()


def held() -> tuple[int, int]:
    return len(os.listdir("/proc/self/fd")), threading.active_count()


async def test_thirty_lives_leave_no_trace(sockets: Sockets) -> None:
    await (await EngineProcess.start(OPTIONS)).stop()
    before = held()
    for life in range(30):
        process = await EngineProcess.start(OPTIONS)
        if life % 3:
            os.kill(process.pid, signal.SIGKILL)
        await process.stop()
    assert held() == before and sockets() == []


async def test_failed_starts_leave_no_trace(sockets: Sockets) -> None:
    header = read_model_header(CHAT)
    missing = LoadOptions(model_path="missing.gguf")
    for _ in range(2):
        before = held()
        with pytest.raises(LoadFailed, match=r"missing\.gguf is missing"):
            await EngineProcess.start(missing, header=header)
    assert held() == before and sockets() == []


async def test_without_process_descriptors_a_thread_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    process = await EngineProcess.start(OPTIONS)
    os.kill(process.pid, signal.SIGKILL)
    await asyncio.wait_for(process.wait(), 30)
    assert process.exit_reason() == "killed by SIGKILL"


def test_under_another_event_loop() -> None:
    async def live() -> str:
        process = await EngineProcess.start(OPTIONS)
        os.kill(process.pid, signal.SIGKILL)
        await asyncio.wait_for(process.wait(), 30)
        again = await EngineProcess.start(OPTIONS)
        await again.stop()
        return process.exit_reason()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(live()) == "killed by SIGKILL"


async def test_wrong_options_and_files_never_start_anything(sockets: Sockets) -> None:
    with pytest.raises(InvalidRequest, match="parallel is 0"):
        await EngineProcess.start(LoadOptions(model_path=str(CHAT), parallel=0))
    with pytest.raises(InvalidRequest, match="parallel is 0"):
        broken = LoadOptions(model_path=str(CHAT), parallel=0)
        await EngineProcess.start(broken, header=read_model_header(CHAT))
    with pytest.raises(InvalidModelFile, match=r"missing.gguf.*No such file"):
        await EngineProcess.start(LoadOptions(model_path="missing.gguf"))
    with pytest.raises(InvalidModelFile, match=r"does not begin with GGUF"):
        await EngineProcess.start(LoadOptions(model_path=str(CHAT), adapters=(__file__,)))
    assert sockets() == []


async def test_where_nothing_can_be_written_a_port_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below a device nobody can make a folder, root neither."""
    monkeypatch.setenv("TMPDIR", "/dev/null/none")
    monkeypatch.setattr("rillet.engine.folder._TEMPORARY", "/dev/null/too")
    process = await EngineProcess.start(OPTIONS)
    assert process.endpoint.port and not process.endpoint.socket_path
    assert await asked(process, "/health") == {"status": "ok"}
    await process.stop()
