"""How fast the engine runs the model: ``python -m training.speed --model FILE``.

Load is measured inside the engine's process, from the call that opens the file until it
answers; the first token and the rate over HTTP, median of several runs of one story.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import urllib.request
from pathlib import Path

from training.engine import Engine, running

PROMPT = "<|im_start|>user\nwrite me a story about a dragon<|im_end|>\n<|im_start|>assistant\n"


def story(engine: Engine, seed: int) -> tuple[float, float]:
    """(seconds to the first token, tokens per second after it)."""
    body = {"prompt": PROMPT, "stream": True, "seed": seed, "cache_prompt": False}
    request = urllib.request.Request(
        engine.base + "/completion", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    began = time.perf_counter()
    first, count = 0.0, 0
    with urllib.request.urlopen(request, timeout=60) as reply:
        for line in reply:
            if line.startswith(b"data:"):
                first = first or time.perf_counter() - began
                count += 1
    return first, (count - 1) / (time.perf_counter() - began - first)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure rillet-tiny in the engine.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    with running(options.model) as engine:
        story(engine, 0)
        runs = [story(engine, seed) for seed in range(options.runs)]
        print(f"load {1000 * engine.load_seconds:.0f} ms")
    print(f"first token {1000 * statistics.median(f for f, _ in runs):.1f} ms (median)")
    print(f"{statistics.median(r for _, r in runs):.0f} tokens/s (median, one thread)")


if __name__ == "__main__":
    main()
