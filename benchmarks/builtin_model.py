"""The built-in model in the engine: load, first token, tokens per second.

    python benchmarks/builtin_model.py [MODEL.gguf] [--rounds 9] [--threads 0 1]

Goals on two cores: load <= 150 ms, first token <= 50 ms, >= 1,000 tokens/s.

Load is from the first step of the start until the engine's new process answers. First token and
rate are those of a story, asked of the engine over its unix socket, without a cached prompt; the
rate once with one stream and once with four. Medians; the best round stands beside them, since on
a machine with other work the clock measures that too, and so does what a token costs of the
processor's time.
"""

import argparse
import asyncio
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

from measuring import Level, level, median, processor_seconds, read

from rillet import builtin
from rillet.engine import EngineProcess, LoadOptions, read_model_header, usual_threads
from rillet.net.address import Target
from rillet.net.aio import AsyncTransport
from rillet.net.http1 import Request

PROMPT = "<|im_start|>user\nwrite me a story about a dragon<|im_end|>\n<|im_start|>assistant\n"
CONTEXT = 2048
STREAMS = 4


def story(seed: int) -> Request:
    asked = {"prompt": PROMPT, "n_predict": 400, "stream": True, "return_tokens": True}
    sampling = {"temperature": 0.8, "top_k": 40, "top_p": 0.9, "seed": seed}
    body = json.dumps({**asked, **sampling, "cache_prompt": False}).encode()
    return Request("POST", "/completion", (("content-type", "application/json"),), body)


async def measure(model: str, rounds: int, threads: int) -> None:
    options = LoadOptions(
        model_path=model,
        num_ctx=CONTEXT,
        num_gpu=0,
        num_thread=threads or usual_threads(read_model_header(model)),
        parallel=STREAMS,
    )
    loads: list[float] = []
    for _ in range(rounds):
        process = await EngineProcess.start(options)
        loads.append(process.load_ns / 1e9)
        await process.stop()
    report("load", loads, "<= 150 ms")
    process = await EngineProcess.start(options)
    try:
        at = process.endpoint
        engine = AsyncTransport(
            Target(host="127.0.0.1", port=80, unix=at.socket_path),
            headers=(("authorization", f"Bearer {at.api_key}"),),
        )
        await level(engine, story(0), 1)  # the first answer allocates
        one = [await level(engine, story(seed), 1) for seed in range(rounds)]
        report("first token", [round.first[0] for round in one], "<= 50 ms")
        rate("1 stream", one, ">= 1,000 tokens/s")
        rate(f"{STREAMS} streams", [await level(engine, story(n), STREAMS) for n in range(rounds)])
        used = processor_seconds(process.pid)
        answer = await read(engine, story(0))
        used = (processor_seconds(process.pid) - used) / answer.tokens
        cost = f"{1e6 * used:7.0f} µs of the processor's time"
        print(f"{'a token costs':24} {cost} ({answer.tokens} tokens)", flush=True)
    finally:
        await process.stop()


def report(name: str, seconds: list[float], goal: str = "") -> None:
    spread = f"median {1e3 * median(seconds):7.1f} ms, min {1e3 * min(seconds):7.1f} ms"
    print(f"{name:24} {spread}   {goal}".rstrip(), flush=True)


def rate(name: str, rounds: list[Level], goal: str = "") -> None:
    rates = [round.rate for round in rounds]
    spread = f"median {median(rates):7.0f} /s, max {max(rates):7.0f} /s"
    print(f"{'tokens, ' + name:24} {spread}    {goal}".rstrip(), flush=True)


def machine() -> str:
    """Processor, cores that we may use, versions, and how busy the machine is with other work."""
    named = [line for line in _cpuinfo() if line.startswith("model name")]
    name = named[0].partition(":")[2].strip() if named else platform.machine()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = f"Python {platform.python_version()}, xllamacpp {version('xllamacpp')}"
    busy = os.getloadavg()[0]
    return f"{name}, {cores} cores; {versions}; load average before: {busy:.1f}"


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", nargs="?", default=str(builtin.model_path()))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--threads", type=int, nargs="*", default=[0, 1], help="0 is Rillet's choice"
    )
    options = parser.parse_args()
    print(time.strftime("%Y-%m-%d"), machine())
    for threads in options.threads:
        print(f"threads: {threads or 'as Rillet chooses'}")
        asyncio.run(measure(options.model, options.rounds, threads))


if __name__ == "__main__":
    main()
