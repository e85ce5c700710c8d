"""What `rillet serve` costs above the engine: tokens/s and time to first token, 1 and 16 streams.

    python benchmarks/server_overhead.py [MODEL.gguf] [--tokens 256] [--rounds 7]

The same engine process is asked twice, in turn: through its own listener (/completion on its unix
socket) and through `rillet serve` (/api/generate, raw) which reads that listener. Both are read by
one reader. Ratios are of medians over the rounds; goal >= 0.95 with one stream, >= 0.85 with 16,
first token at most 5 ms later.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from rillet import builtin
from rillet.model.names import ModelName
from rillet.net.address import Target, parse_host
from rillet.net.aio import AsyncTransport
from rillet.net.http1 import Request
from rillet.server.listen import listen_and_serve
from rillet.service.service import Service
from rillet.store.importing import import_gguf
from rillet.words.settings import Settings

PROMPT = "Once upon a time"


def request(path: str, body: dict[str, object]) -> Request:
    return Request("POST", path, (("content-type", "application/json"),), json.dumps(body).encode())


async def one(transport: AsyncTransport, asked: Request) -> tuple[float, int, float]:
    """Seconds to the first content, number of records, seconds to the end."""
    begun = time.perf_counter()
    exchange = transport.exchange(asked)
    await exchange.head(connect=5, deadline=None)
    first = 0.0
    records = 0
    while data := await exchange.read(None):
        if not first and (b'"response":"' in data or b'"content":"' in data):
            first = time.perf_counter() - begun
        records += data.count(b"\n\n") or data.count(b"\n")
    await exchange.release()
    return first, records, time.perf_counter() - begun


async def load(
    transport: AsyncTransport, asked: Request, streams: int, tokens: int
) -> tuple[float, float]:
    """Tokens per second of all streams together, median seconds to the first token."""
    begun = time.perf_counter()
    answers = await asyncio.gather(*(one(transport, asked) for _ in range(streams)))
    wall = time.perf_counter() - begun
    return streams * tokens / wall, statistics.median(first for first, _, _ in answers)


async def measure(url: str, model: str, arguments: argparse.Namespace) -> None:
    server = AsyncTransport(parse_host(url), pool_size=32)
    tokens = arguments.tokens
    options = {"num_predict": tokens, "temperature": 0.8, "seed": 7, "num_ctx": 1024}
    through = request(
        "/api/generate", {"model": model, "prompt": PROMPT, "raw": True, "options": options}
    )
    await one(server, through)  # loads
    endpoint = json.loads(arguments.endpoint.read_text())
    target = Target(host="127.0.0.1", port=80, unix=endpoint["socket"])
    engine = AsyncTransport(
        target, headers=(("authorization", f"Bearer {endpoint['key']}"),), pool_size=32
    )
    direct = request(
        "/completion",
        {"prompt": PROMPT, "n_predict": tokens, "temperature": 0.8, "seed": 7, "stream": True}
        | {"top_k": 40, "top_p": 0.9, "min_p": 0.0, "repeat_penalty": 1.0, "cache_prompt": True}
        | {"return_tokens": True, "return_progress": True},
    )
    for streams in (1, 16):
        rates: dict[str, list[float]] = {"engine": [], "server": []}
        firsts: dict[str, list[float]] = {"engine": [], "server": []}
        for _ in range(arguments.rounds):
            for name, transport, asked in (("engine", engine, direct), ("server", server, through)):
                rate, first = await load(transport, asked, streams, tokens)
                rates[name].append(rate)
                firsts[name].append(first)
        pairs = [s / e for s, e in zip(rates["server"], rates["engine"], strict=True)]
        later = [s - e for s, e in zip(firsts["server"], firsts["engine"], strict=True)]
        print(
            f"{streams:3d} streams: engine {statistics.median(rates['engine']):7.0f} tokens/s,"
            f" server {statistics.median(rates['server']):7.0f} tokens/s,"
            f" ratio {statistics.median(pairs):.3f} ({min(pairs):.2f}-{max(pairs):.2f}),"
            f" first token {1e3 * statistics.median(later):+.1f} ms"
        )


async def serve(arguments: argparse.Namespace, models: str) -> None:
    """The server process: tells where it and its engine listen."""
    settings = Settings(host="127.0.0.1:0", models=models, num_parallel=arguments.slots)
    service = Service.open(settings)
    import_gguf(service.library.store, Path(arguments.model), ModelName.parse("bench"))

    async def tell() -> None:
        while not service.residents.all():  # noqa: ASYNC110 - the service has no event for it
            await asyncio.sleep(0.01)
        endpoint = service.residents.all()[0].process.endpoint
        arguments.endpoint.write_text(
            json.dumps({"socket": endpoint.socket_path, "key": endpoint.api_key})
        )

    telling = asyncio.create_task(tell())
    await listen_and_serve(service, settings)
    await telling


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default=str(builtin.model_path()))
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--endpoint", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        import uvloop

        uvloop.run(serve(arguments, tempfile.mkdtemp()))
        return
    import re
    import subprocess

    arguments.endpoint = Path(tempfile.mkdtemp(), "endpoint")
    command = [sys.executable, __file__, arguments.model, "--serve"]
    command += ["--endpoint", str(arguments.endpoint)]
    command += ["--slots", str(arguments.slots)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        line = server.stderr.readline()
        found = re.search(r"Listening on (\S+)", line)
        assert found, line
        try:
            asyncio.run(measure(found[1], "bench", arguments))
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
