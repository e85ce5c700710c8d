"""What the client costs: CPU a token, latency, a long line, a million tokens, the import.

    python benchmarks/client_overhead.py                  # all of it, beside whatever is installed
    python benchmarks/client_overhead.py --only cpu --tokens 200000
    python benchmarks/client_overhead.py --only latency

A server in a process of its own sends streams that it made before; CPU is user and system time of
this process alone, the best of `--rounds`. Read in the same run, where installed: a `requests`
loop, `httpx`, `ollama`, `openai`. "lines" has one record per HTTP chunk, as servers send them;
"blocks" has 16 KiB of records in each chunk. Both travel in large segments: the network is not
what is measured. Goals: NDJSON <= 1.5 µs sync and 2 µs async, SSE <= 2.5 µs a token; at 50 tokens a
second <= 100 µs later than a bare socket (median); 16 MiB in one line <= 0.5 s; 1,000,000 tokens
in flat memory (beyond the text itself, which a stream keeps for `.partial`); `import rillet`
<= 60 ms CPU.
"""

import argparse
import asyncio
import importlib.util
import json
import multiprocessing
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import rillet

HI = [{"role": "user", "content": "hi"}]
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
NDJSON, SSE = b"application/x-ndjson", b"text/event-stream"
OLLAMA_HEAD = {"model": "llama3.2:1b", "created_at": "2026-11-22T10:00:00.123456789Z"}
OPENAI_HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}

# The server


def record(kind: str, text: str, *, last: bool = False) -> bytes:
    if kind == "generate":
        return _line({**OLLAMA_HEAD, "response": text, "done": last})
    if kind == "chat":
        message = {"role": "assistant", "content": text}
        return _line({**OLLAMA_HEAD, "message": message, "done": last})
    reason = "stop" if last else None
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    return b"data: " + json.dumps({**OPENAI_HEAD, "choices": [choice]}).encode() + b"\n\n"


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"


def ending(kind: str) -> bytes:
    return record(kind, "", last=True) + (b"data: [DONE]\n\n" if kind == "sse" else b"")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def rendered(kind: str, form: str, tokens: int) -> list[bytes]:
    """The segments of a stream."""
    token = record(kind, " tok")
    if form == "long":
        return [chunk(record(kind, "x" * (16 << 20)) + ending(kind)) + b"0\r\n\r\n"]
    if form == "blocks":
        some = max(1, 16384 // len(token))
        unit, units = chunk(token * some), tokens // some
    else:
        unit, units = chunk(token), tokens
    per_segment = max(1, 65536 // len(unit))
    whole, rest = divmod(units, per_segment)
    return [unit * per_segment] * whole + [unit * rest, chunk(ending(kind)) + b"0\r\n\r\n"]


def serve(listener: socket.socket, tokens: int) -> None:
    """A thread for each connection; the path's first part says what: /generate-lines/…"""
    ready: dict[str, list[bytes]] = {}
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_serve_one, args=(sock, tokens, ready), daemon=True).start()


def _serve_one(sock: socket.socket, tokens: int, ready: dict[str, list[bytes]]) -> None:
    with sock:
        try:
            while what := _asked(sock):
                kind, form = what.split("-")
                sock.sendall(CHUNKED % (SSE if kind == "sse" else NDJSON))
                if form == "paced":
                    _paced(sock, kind)
                    continue
                if what not in ready:
                    ready.clear()
                    ready[what] = rendered(kind, form, tokens)
                for segment in ready[what]:
                    sock.sendall(segment)
        except OSError:
            pass  # the reader left


def _asked(sock: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            return ""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"),
        0,
    )
    while len(body) < length:
        body += sock.recv(65536)
    return head.split(b" ")[1].split(b"/")[1].decode()


def _paced(sock: socket.socket, kind: str) -> None:
    """150 tokens, 50 a second, each the moment at which it was sent."""
    for _ in range(150):
        time.sleep(0.02)
        sock.sendall(chunk(record(kind, f"{time.monotonic():.9f} ")))
    sock.sendall(chunk(ending(kind)) + b"0\r\n\r\n")


@contextmanager
def serving(tokens: int) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=16)
    process = multiprocessing.get_context("fork").Process(
        target=serve, args=(listener, tokens), daemon=True
    )
    process.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    process.terminate()
    process.join()


# The readers: each takes the base URL of what it reads, and hands every token to `see`.

See = Callable[[str], object]
Reader = Callable[[str, See], None]


def rillet_generate(url: str, see: See) -> None:
    with rillet.Client(url, api="ollama") as client:
        for text in client.stream_generate("m", "hi").text():
            see(text)


def rillet_chat(url: str, see: See) -> None:
    with rillet.Client(url, api="ollama") as client:
        for text in client.stream_chat("m", HI).text():
            see(text)


def rillet_sse(url: str, see: See) -> None:
    with rillet.Client(url, api="openai") as client:
        for text in client.stream_chat("m", HI).text():
            see(text)


def rillet_async(api: Any, kind: str) -> Reader:
    async def run(url: str, see: See) -> None:
        async with rillet.AsyncClient(url, api=api) as client:
            generating = kind == "generate"
            stream = (
                client.stream_generate("m", "hi") if generating else client.stream_chat("m", HI)
            )
            async for text in stream.text():
                see(text)

    return lambda url, see: asyncio.run(run(url, see))


def rillet_ollama(url: str, see: See) -> None:
    from rillet.ollama import Client

    for part in Client(url).chat("m", HI, stream=True):
        see(part.message.content)


def requests_generate(url: str, see: See) -> None:
    import requests

    with requests.post(f"{url}/api/generate", json={"model": "m"}, stream=True) as response:
        for line in response.iter_lines():
            see(json.loads(line)["response"])


def requests_chat(url: str, see: See) -> None:
    import requests

    with requests.post(f"{url}/api/chat", json={"model": "m"}, stream=True) as response:
        for line in response.iter_lines():
            see(json.loads(line)["message"]["content"])


def requests_sse(url: str, see: See) -> None:
    import requests

    with requests.post(f"{url}/v1/x", json={"model": "m"}, stream=True) as response:
        for line in response.iter_lines():
            if line.startswith(b"data: ") and line != b"data: [DONE]":
                see(json.loads(line[6:])["choices"][0]["delta"]["content"])


def httpx_generate(url: str, see: See) -> None:
    import httpx

    with httpx.stream("POST", f"{url}/api/generate", json={"model": "m"}) as response:
        for line in response.iter_lines():
            see(json.loads(line)["response"])


def httpx_async(url: str, see: See) -> None:
    import httpx

    async def run() -> None:
        async with (
            httpx.AsyncClient() as client,
            client.stream("POST", f"{url}/api/generate", json={"model": "m"}) as response,
        ):
            async for line in response.aiter_lines():
                see(json.loads(line)["response"])

    asyncio.run(run())


def ollama_chat(url: str, see: See) -> None:
    from ollama import Client

    for part in Client(url).chat("m", HI, stream=True):
        see(part.message.content)


def ollama_async(url: str, see: See) -> None:
    from ollama import AsyncClient

    async def run() -> None:
        async for part in await AsyncClient(url).chat("m", HI, stream=True):
            see(part.message.content)

    asyncio.run(run())


def openai_sse(url: str, see: See) -> None:
    from openai import OpenAI

    client = OpenAI(base_url=f"{url}/v1", api_key="k")
    for part in client.chat.completions.create(model="m", messages=HI, stream=True):
        see(part.choices[0].delta.content)


def openai_async(url: str, see: See) -> None:
    from openai import AsyncOpenAI

    async def run() -> None:
        async with AsyncOpenAI(base_url=f"{url}/v1", api_key="k") as client:
            stream = await client.chat.completions.create(model="m", messages=HI, stream=True)
            async for part in stream:
                see(part.choices[0].delta.content)

    asyncio.run(run())


def bare_socket(url: str, see: See) -> None:
    """No client at all: what arrives, cut at line ends. For the latency alone."""
    host, port = url.removeprefix("http://").split("/")[0].split(":")
    path = url.removeprefix(f"http://{host}:{port}")
    with socket.create_connection((host, int(port))) as sock:
        sock.sendall(f"POST {path}/x HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while b"0\r\n\r\n" not in (data := sock.recv(65536)):
            for line in data.split(b"\n"):
                if line.startswith(b"{"):
                    see(json.loads(line)["response"])


def bare_asyncio(url: str, see: See) -> None:
    """The same by asyncio, which takes a turn of its loop more."""
    host, port = url.removeprefix("http://").split("/")[0].split(":")
    path = url.removeprefix(f"http://{host}:{port}")

    async def run() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"POST {path}/x HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while b"0\r\n\r\n" not in (data := await reader.read(65536)):
            for line in data.split(b"\n"):
                if line.startswith(b"{"):
                    see(json.loads(line)["response"])
        writer.close()

    asyncio.run(run())


READERS: dict[str, tuple[str, str, Reader]] = {  # name: (kind, package that it needs, reader)
    "rillet generate": ("generate", "rillet", rillet_generate),
    "rillet chat": ("chat", "rillet", rillet_chat),
    "rillet async generate": ("generate", "rillet", rillet_async("ollama", "generate")),
    "rillet async chat": ("chat", "rillet", rillet_async("ollama", "chat")),
    "rillet.ollama chat": ("chat", "rillet", rillet_ollama),
    "requests generate": ("generate", "requests", requests_generate),
    "requests chat": ("chat", "requests", requests_chat),
    "httpx generate": ("generate", "httpx", httpx_generate),
    "httpx async generate": ("generate", "httpx", httpx_async),
    "ollama chat": ("chat", "ollama", ollama_chat),
    "ollama async chat": ("chat", "ollama", ollama_async),
    "rillet SSE": ("sse", "rillet", rillet_sse),
    "rillet async SSE": ("sse", "rillet", rillet_async("openai", "sse")),
    "requests SSE": ("sse", "requests", requests_sse),
    "openai SSE": ("sse", "openai", openai_sse),
    "openai async SSE": ("sse", "openai", openai_async),
}
SLOW = ("openai",)  # read a tenth of the tokens: it would take minutes


def installed() -> dict[str, tuple[str, str, Reader]]:
    return {name: reader for name, reader in READERS.items() if importlib.util.find_spec(reader[1])}


def spent(reader: Reader, url: str) -> tuple[float, int]:
    """CPU seconds of this process, and how many tokens came."""
    count = 0

    def see(text: str) -> None:
        nonlocal count
        count += 1 if text else 0

    before = time.process_time()
    reader(url, see)
    return time.process_time() - before, count


def measure_cpu(tokens: int, rounds: int) -> None:
    print(f"\nCPU µs a token, {tokens} tokens, best of {rounds}\n\n| client | lines | blocks |")
    print("|---|---|---|")
    with serving(tokens) as url, serving(tokens // 10) as shorter:
        for name, (kind, package, reader) in installed().items():
            base = shorter if package in SLOW else url
            cells = []
            for form in ("lines", "blocks"):
                reader(f"{shorter}/{kind}-{form}", lambda text: None)  # imports, and first times
                best = min(
                    (lambda pair: pair[0] / pair[1])(spent(reader, f"{base}/{kind}-{form}"))
                    for _ in range(rounds)
                )
                cells.append(f"{best * 1e6:.2f}")
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


def measure_latency() -> None:
    print("\nLateness at 50 tokens/s, µs, p50 / p90\n\n| client | | |\n|---|---|---|")
    bare = {
        "a bare socket": ("generate", "rillet", bare_socket),
        "bare asyncio": ("generate", "rillet", bare_asyncio),
    }
    readers = {**bare, **installed()}
    with serving(1) as url:
        for name, (kind, _, reader) in readers.items():
            late: list[float] = []

            def see(text: str, late: list[float] = late) -> None:
                if text and text.strip():
                    late.append(time.monotonic() - float(text))

            reader(f"{url}/{kind}-paced", see)
            late.sort()
            p50, p90 = statistics.median(late), late[int(len(late) * 0.9)]
            print(f"| {name} | {p50 * 1e6:.0f} | {p90 * 1e6:.0f} |", flush=True)


def measure_long_line() -> None:
    print("\nA record of 16 MiB\n\n| client | wall s | CPU s |\n|---|---|---|")
    with serving(1) as url:
        for name, (kind, package, reader) in installed().items():
            if package == "requests":
                continue  # quadratic: minutes
            reader(f"{url}/{kind}-long", lambda text: None)  # the server makes it now
            began = time.monotonic()
            cpu, _ = spent(reader, f"{url}/{kind}-long")
            print(f"| {name} | {time.monotonic() - began:.2f} | {cpu:.2f} |", flush=True)


def measure_memory() -> None:
    print("\n1,000,000 tokens\n\n| client | s CPU | MiB more memory at most |\n|---|---|---|")
    with serving(1_000_000) as url:
        for name in ("rillet generate", "rillet SSE", "rillet async chat"):
            kind, _, reader = READERS[name]
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            cpu, count = spent(reader, f"{url}/{kind}-lines")
            assert count == 1_000_000
            more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            print(f"| {name} | {cpu:.2f} | {more / 1024:.1f} |", flush=True)


def measure_import() -> None:
    print("\nImports, ms CPU beyond an empty interpreter, best of 9\n")
    empty = _import_cost("pass")
    for code in ("import rillet", "import rillet; rillet.Client", "import rillet.ollama"):
        print(f"{code}: {1e3 * (_import_cost(code) - empty):.0f}")
    for package in ("requests", "httpx", "ollama", "openai"):
        if importlib.util.find_spec(package):
            print(f"import {package}: {1e3 * (_import_cost(f'import {package}') - empty):.0f}")


def _import_cost(code: str) -> float:
    costs = []
    for _ in range(9):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(costs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["cpu", "latency", "line", "memory", "import"])
    arguments = parser.parse_args()
    parts: dict[str, Callable[[], None]] = {
        "cpu": lambda: measure_cpu(arguments.tokens, arguments.rounds),
        "latency": measure_latency,
        "line": measure_long_line,
        "memory": measure_memory,
        "import": measure_import,
    }
    for name, part in parts.items():
        if arguments.only in (None, name):
            part()


if __name__ == "__main__":
    main()
