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
# Part one at a constant rate; over parts two and three, each with its own mix, the rate falls in
# one line to nothing: part two ends where part three begins.
SHARES = (0.50, 0.40, 0.10)
MUON, ADAM, LAST = 0.014, 0.003, 0.2
BATCH = ("--batch-tokens", "2048")
SECOND = ("--data", "second.npz", "--seed", "2", "--warmup", "0.01", "--decay", "1.0")
THIRD = ("--data", "third.npz", "--seed", "3", "--warmup", "0.02", "--decay", "1.0")
TO_LAST = ("--end", str(LAST))
FROM_LAST = ("--muon-rate", str(MUON * LAST), "--adam-rate", str(ADAM * LAST))


def main() -> None:
    parser = argparse.ArgumentParser(description="Make rillet-tiny from nothing.")
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for corpus and checkpoints"
    )
    parser.add_argument("--out", type=Path, default=Path("src/rillet/builtin/rillet-tiny.gguf"))
    parser.add_argument("--documents", type=int, default=220_000)
    parser.add_argument("--minutes", type=float, default=74.0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    work = str(options.work)

    def minutes(part: float) -> tuple[str, str]:
        return "--minutes", str(round(part * options.minutes, 1))

    train = ("training.train", "--work", work, "--workers", str(options.workers), *BATCH)
    steps = (
        ("training.prepare", "--work", work, "--documents", str(options.documents)),
        (*train, *minutes(SHARES[0]), "--name", "first", "--end", "1.0"),
        (
            *train,
            *minutes(SHARES[1]),
            "--name",
            "second",
            *SECOND,
            *TO_LAST,
            "--start",
            f"{work}/first.pt",
        ),
        (*train, *minutes(SHARES[2]), *THIRD, *FROM_LAST, "--start", f"{work}/second.pt"),
        ("training.export", "--work", work, "--out", str(options.out)),
        (
            "training.evaluate",
            "--model",
            str(options.out),
            "--out",
            str(options.work / "evaluation.md"),
            "--failures",
            str(options.work / "failures.txt"),
        ),
        ("training.compare", "--work", work, "--model", str(options.out)),
    )
    for step in steps:
        print("==", " ".join(step), flush=True)
        environment = {**os.environ, "GLIBC_TUNABLES": MALLOC}
        subprocess.run([sys.executable, "-m", *step], check=True, env=environment)


if __name__ == "__main__":
    main()
