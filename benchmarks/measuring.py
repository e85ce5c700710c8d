"""What the measurements share: a `rillet serve` of its own, and a reader of many streams."""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rillet import builtin
from rillet.net.address import Target, parse_host
from rillet.net.aio import AsyncTransport
from rillet.net.http1 import Request
from rillet.server.app import spare_collections
from rillet.server.listen import listen_and_serve
from rillet.service.service import Service
from rillet.words.settings import Settings

PROMPT = "Once upon a time"
SAMPLING = {"temperature": 0.8, "top_k": 40, "top_p": 0.9, "seed": 7}
#: A record with a text: those of progress, and the last one, have an empty one.
_TEXT = re.compile(rb'"(?:response|content)":"[^"]')
_COUNT = re.compile(rb'"(?:eval_count|tokens_predicted)":(\d+)')
_PROMPT = re.compile(rb'"(?:prompt_eval_count|tokens_evaluated)":(\d+)')


@dataclass
class Answer:
    """One stream, as its reader saw it. Seconds."""

    first: float = 0.0
    tokens: int = 0
    prompt: int = 0  # tokens
    gaps: list[float] = field(default_factory=list)


@dataclass
class Level:
    """All streams of one round together."""

    rate: float  # tokens per second
    first: list[float]
    gaps: list[float]
    largest: list[float]  # gap of each stream


class Served:
    """A running server, the way to it, and the way to its engine past it."""

    def __init__(self, url: str, endpoint: Path, pid: int, num_ctx: int) -> None:
        self.pid = pid
        self.server = AsyncTransport(parse_host(url), pool_size=300)
        self._endpoint = endpoint
        self._num_ctx = num_ctx

    async def load(self, **more: object) -> None:
        """Have the model loaded; afterwards `engine` is there."""
        await read(self.server, self.through(1, **more))
        while not self._endpoint.exists():  # the first answer may be there before it  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        said = json.loads(self._endpoint.read_text())
        self.engine_pid = said["pid"]
        self.engine = AsyncTransport(
            Target(host="127.0.0.1", port=80, unix=said["socket"]),
            headers=(("authorization", f"Bearer {said['key']}"),),
            pool_size=300,
        )

    def through(self, tokens: int, prompt: str = PROMPT, **more: object) -> Request:
        options = {"num_predict": tokens, "num_ctx": self._num_ctx, **SAMPLING, **more}
        body = {"model": "measured", "prompt": prompt, "raw": True, "options": options}
        return _request("/api/generate", body)

    def unload(self) -> Request:
        return _request("/api/generate", {"model": "measured", "keep_alive": 0})

    def direct(self, tokens: int, prompt: str = PROMPT) -> Request:
        body = {"prompt": prompt, "n_predict": tokens, "stream": True, "return_tokens": True}
        more = {"min_p": 0.0, "repeat_penalty": 1.0, "cache_prompt": True}
        return _request("/completion", {**body, **more, **SAMPLING})


def _request(path: str, body: dict[str, object]) -> Request:
    return Request("POST", path, (("content-type", "application/json"),), json.dumps(body).encode())


async def read(transport: AsyncTransport, asked: Request) -> Answer:
    """Read one stream to its end. Raises RuntimeError where it is not what was asked for."""
    answer = Answer()
    last = begun = time.perf_counter()
    exchange = transport.exchange(asked)
    head = await exchange.head(connect=5, deadline=None)
    tail = b""
    while data := await exchange.read(None):
        if _TEXT.search(data):
            now = time.perf_counter()
            if answer.first:
                answer.gaps.append(now - last)
            else:
                answer.first = now - begun
            last = now
        tail = (tail + data)[-8192:]
    await exchange.release()
    found = _COUNT.findall(tail)
    if head.status != 200 or not found:
        raise RuntimeError(f"{head.status}: {tail[:300]!r}")
    answer.tokens = int(found[-1])
    answer.prompt = int((_PROMPT.findall(tail) or [0])[-1])
    return answer


async def level(transport: AsyncTransport, asked: Request, streams: int) -> Level:
    """Many streams that begin at once."""
    begun = time.perf_counter()
    answers = await asyncio.gather(*(read(transport, asked) for _ in range(streams)))
    wall = time.perf_counter() - begun
    return Level(
        sum(answer.tokens for answer in answers) / wall,
        [answer.first for answer in answers],
        [gap for answer in answers for gap in answer.gaps],
        [max(answer.gaps, default=0.0) for answer in answers],
    )


def percentile(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def median(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0


def processor_seconds(pid: int) -> float:
    """What all threads of a process have used so far."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def parser(description: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=description)
    made.add_argument("model", nargs="?", default=str(builtin.model_path()))
    made.add_argument("--slots", type=int, default=16)
    made.add_argument("--num-ctx", type=int, default=1024)
    return made


@contextmanager
def serving(model: str, slots: int, num_ctx: int = 1024) -> Iterator[Served]:
    """A server process for one model; it ends with the block, whatever happens in it."""
    path = Path(model).resolve()
    if not path.is_file():
        raise SystemExit(f"There is no model file {model}")
    with tempfile.TemporaryDirectory() as folder:
        endpoint = Path(folder) / "endpoint"
        command = [sys.executable, __file__, str(endpoint), str(slots), str(path)]
        server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            assert server.stderr
            line = server.stderr.readline()
            found = re.search(r"Listening on (\S+)", line)
            if not found:
                raise SystemExit(f"the server did not start: {line}{server.stderr.read()}")
            yield Served(found[1], endpoint, server.pid, num_ctx)
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


async def serve(endpoint: Path, slots: int, model: Path) -> None:
    """The server process: its only model is a file, and it tells where the engine listens."""
    settings = Settings(host="127.0.0.1:0", models=str(endpoint.parent), num_parallel=slots)
    service = Service.open(settings)
    service.library.find = lambda text: service.library.from_file(model)  # type: ignore[method-assign]

    async def tell() -> None:
        while not service.residents.all():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        process = service.residents.all()[0].process
        said = {"socket": process.endpoint.socket_path, "key": process.endpoint.api_key}
        whole = json.dumps({**said, "pid": process.pid})
        endpoint.with_suffix(".new").write_text(whole)
        os.replace(endpoint.with_suffix(".new"), endpoint)

    spare_collections()
    telling = asyncio.create_task(tell())
    try:
        await listen_and_serve(service, settings)
    finally:
        telling.cancel()


if __name__ == "__main__":
    import uvloop

    if profile := os.environ.get("RILLET_PROFILE"):
        import cProfile

        profiler = cProfile.Profile()
        profiler.enable()
    uvloop.run(serve(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
    if profile:
        profiler.dump_stats(profile)
