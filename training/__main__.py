"""Everything, from nothing: ``python -m training --work DIR --out FILE``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

# Transparent huge pages for torch's many short-lived arrays: a fifth faster on Linux.
MALLOC = (
    "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0"
    ":glibc.malloc.trim_threshold=4000000000:glibc.malloc.top_pad=268435456"
)
# Part one at a constant rate, part two on the second mix with a rate that falls to nothing, and a
# short third one with what was weak.
BATCH = ("--batch-tokens", "2048")
SECOND = ("--data", "second.npz", "--seed", "2", "--warmup", "0.01", "--decay", "1.0")
THIRD = ("--data", "third.npz", "--seed", "3", "--warmup", "0.02", "--decay", "1.0")
LOWER = ("--muon-rate", "0.006", "--adam-rate", "0.0013")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make rillet-tiny from nothing.")
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for corpus and checkpoints"
    )
    parser.add_argument("--out", type=Path, default=Path("src/rillet/builtin/rillet-tiny.gguf"))
    parser.add_argument("--documents", type=int, default=220_000)
    parser.add_argument("--minutes", type=float, default=88.0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    work = str(options.work)

    def minutes(part: float) -> tuple[str, str]:
        return "--minutes", str(round(part * options.minutes, 1))

    train = ("training.train", "--work", work, "--workers", str(options.workers), *BATCH)
    steps = (
        ("training.prepare", "--work", work, "--documents", str(options.documents)),
        (*train, *minutes(0.55), "--name", "first", "--decay", "0.01"),
        (*train, *minutes(0.37), "--name", "second", *SECOND, "--start", f"{work}/first.pt"),
        (*train, *minutes(0.08), *THIRD, *LOWER, "--start", f"{work}/second.pt"),
        ("training.export", "--work", work, "--out", str(options.out)),
        ("training.compare", "--work", work, "--model", str(options.out)),
        (
            "training.evaluate",
            "--model",
            str(options.out),
            "--out",
            str(options.work / "evaluation.md"),
        ),
    )
    for step in steps:
        print("==", " ".join(step), flush=True)
        environment = {**os.environ, "GLIBC_TUNABLES": MALLOC}
        subprocess.run([sys.executable, "-m", *step], check=True, env=environment)


if __name__ == "__main__":
    main()
