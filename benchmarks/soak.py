"""Thousands of requests of all kinds, with hang-ups, unloads and killed engines: what is left?

    python benchmarks/soak.py [MODEL.gguf] [--requests 10000] [--kills 50] [--at-once 24]

Memory, open files, threads and child processes of the server are taken when it is idle with nothing
loaded: once after a warm-up, and at the end. Exit status 1, with a line for each reason, where
files, threads or processes have become more, or memory by more than --most-growth megabytes, or
where an answer was neither whole nor a clear error. Some seconds are given to the server to come to
rest, for a busy machine.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from measuring import Served, parser, serving

from rillet.net.http1 import Request
from rillet.words.errors import RilletError

JSON = (("content-type", "application/json"),)
#: What an error may say while engines are killed and models unloaded, and of the long prompts.
CLEAR = (
    *("ended", "died", "was not loaded", "could not load", "busy", "shutting down", "failed"),
    "exceeds the available context size",
)
#: Threads that a server has at the most: its own, the journal's, and those of asyncio's pool,
#: which come when they are first needed.
THREADS = 2 + min(32, (os.cpu_count() or 1) + 4)
#: Seconds that a server may take until it rests.
REST = 30.0


@dataclass
class State:
    """What a process holds."""

    megabytes: float
    files: int
    threads: int
    children: int

    def more_than(self, before: "State", megabytes: float) -> list[str]:
        """What has become more, in words."""
        found = []
        if self.files > before.files:
            found.append(f"{self.files - before.files} more files are open")
        if self.threads > max(before.threads, THREADS):
            found.append(f"{self.threads} threads, {before.threads} before")
        if self.children:
            found.append(f"{self.children} processes are left")
        if self.megabytes - before.megabytes > megabytes:
            found.append(f"{self.megabytes - before.megabytes:.1f} MB more memory")
        return found


def state(pid: int) -> State:
    status = Path(f"/proc/{pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return State(
        int(fields["VmRSS"].split()[0]) / 1024,
        len(os.listdir(f"/proc/{pid}/fd")),
        int(fields["Threads"]),
        len(children(pid)),
    )


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(each) for each in (task / "children").read_text().split()]
    return found


class Soak:
    def __init__(self, served: Served, arguments: argparse.Namespace) -> None:
        self.served = served
        self.lot = random.Random(arguments.seed)
        self.arguments = arguments
        self.outcomes: Counter[str] = Counter()
        self.unclear: list[str] = []
        self.kills = 0
        self.due = 0

    async def run(self, count: int, kills: int) -> None:
        """So many requests, some at once; kills come at even distances."""
        left = iter(range(count))
        every = max(1, count // kills) if kills else 0

        async def worker() -> None:
            for number in left:
                if every and number % every == every - 1 and self.kills + self.due < kills:
                    self.due += 1
                self._kill()
                await self._one()

        async with asyncio.TaskGroup() as group:
            for _ in range(self.arguments.at_once):
                group.create_task(worker())
        while self.due:  # no engine was there when its time came
            await self._ask(_post("/api/generate", {"model": "measured", "keep_alive": 5}))
            self._kill()

    async def settle(self, before: State | None = None) -> State:
        """The server with nothing to do and nothing loaded; no more than `before`, if it gets
        there in time."""
        await self._ask(_post("/api/generate", {"model": "measured", "keep_alive": 0}))
        await self._ask(_post("/api/embed", {"model": "measured", "input": [], "keep_alive": 0}))
        self.served.server.close()
        end = time.monotonic() + REST
        while children(self.served.pid) and time.monotonic() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        while True:
            await asyncio.sleep(1)
            found = state(self.served.pid)
            done = not before or not found.more_than(before, self.arguments.most_growth)
            if done or time.monotonic() > end:
                return found

    def _kill(self) -> None:
        """Where one is due and there is an engine."""
        engines = children(self.served.pid) if self.due else []
        if not engines:
            return
        try:
            os.kill(self.lot.choice(engines), signal.SIGKILL)
        except ProcessLookupError:
            return  # it ended by itself just now: another one is found
        self.due -= 1
        self.kills += 1

    async def _one(self) -> None:
        kind, request = self.lot.choice(self._kinds())
        try:
            if self.lot.random() < 0.25:
                async with asyncio.timeout(self.lot.random() * 0.3):
                    said = await self._ask(request)
            else:
                said = await self._ask(request)
        except TimeoutError:
            self.outcomes["hung up"] += 1
            return
        except RilletError as error:
            said = json.dumps({"error": error.message}).encode()
        self._judge(kind, said)

    def _judge(self, kind: str, said: bytes) -> None:
        last = said.rstrip().rpartition(b"\n")[2]
        try:
            record = json.loads(last.removeprefix(b"data: ")) if last != b"data: [DONE]" else {}
        except ValueError:
            self.unclear.append(f"{kind}: {said[-200:]!r}")
            return
        error = record.get("error") if isinstance(record, dict) else None
        if error is None:
            self.outcomes[kind] += 1
            whole = kind not in ("generate", "chat") or record.get("done")
            if not whole:
                self.unclear.append(f"{kind} without an end: {last[:200]!r}")
        else:
            self.outcomes["error"] += 1
            if not any(word in str(error) for word in CLEAR):
                self.unclear.append(f"{kind}: {error}")

    def _kinds(self) -> list[tuple[str, Request]]:
        lot = self.lot
        options = {"num_predict": lot.choice((1, 8, 40)), "num_ctx": 512}
        prompt = f"{lot.random()} " + "word " * lot.choice((1, 20, 300))
        model = {"model": "measured"}
        turns = {"messages": [{"role": "user", "content": prompt}]}
        generate = {**model, "prompt": prompt, "options": options}
        return [
            ("generate", _post("/api/generate", generate)),
            ("generate", _post("/api/generate", {**generate, "raw": True, "stream": False})),
            ("generate", _post("/api/generate", {**generate, "keep_alive": lot.choice((0, 1))})),
            ("chat", _post("/api/chat", {**model, **turns, "options": options})),
            ("openai", _post("/v1/chat/completions", {**model, **turns, "max_tokens": 8})),
            (
                "openai stream",
                _post("/v1/chat/completions", {**model, **turns, "max_tokens": 8, "stream": True}),
            ),
            ("embed", _post("/api/embed", {**model, "input": [prompt, "b"]})),
            ("tags", Request("GET", "/api/tags")),
            ("ps", Request("GET", "/api/ps")),
            ("show", _post("/api/show", model)),
            ("unload", _post("/api/generate", {**model, "keep_alive": 0})),
        ]

    async def _ask(self, request: Request) -> bytes:
        exchange = self.served.server.exchange(request)
        try:
            await exchange.head(connect=5, deadline=time.monotonic() + 120)
            said = b""
            while data := await exchange.read(time.monotonic() + 120):
                said = (said + data)[-65536:]
            return said
        finally:
            exchange.close()


def _post(path: str, body: dict[str, object]) -> Request:
    return Request("POST", path, JSON, json.dumps(body).encode())


async def soak(served: Served, arguments: argparse.Namespace) -> int:
    soak = Soak(served, arguments)
    await soak.run(max(100, arguments.requests // 10), 0)
    before = await soak.settle()
    begun = time.monotonic()
    await soak.run(arguments.requests, arguments.kills)
    seconds = time.monotonic() - begun
    after = await soak.settle(before)
    print(f"{arguments.requests} requests in {seconds:.0f} s, {soak.kills} engines killed")
    print("outcomes:", dict(soak.outcomes.most_common()))
    print("before:", asdict(before))
    print("after: ", asdict(after))
    wrong = after.more_than(before, arguments.most_growth)
    wrong += [f"neither whole nor a clear error: {line}" for line in soak.unclear[:10]]
    for line in wrong:
        print("WRONG:", line)
    return 1 if wrong else 0


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--requests", type=int, default=10_000)
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--at-once", type=int, default=24)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--most-growth", type=float, default=48.0)
    arguments = options.parse_args()
    with serving(arguments.model, 4, arguments.num_ctx) as served:
        status = asyncio.run(soak(served, arguments))
    sys.exit(status)


if __name__ == "__main__":
    main()
