"""Train the network: ``python -m training.train --work DIR --minutes 60 --workers 1``.

The schedule is a fraction of the way, where the way is ``--tokens`` or, on machines that
others use too, ``--minutes`` (whichever comes first). The learning rate warms up shortly,
stays, and falls to nothing (or to ``--end``) over the last part, so a run must be left to its
end. A checkpoint is written every few minutes; each can be exported.

Several workers train on their own shares and average their weights every few steps: on a
busy machine that costs less waiting than averaging gradients at each step.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor
from torch.multiprocessing.spawn import spawn

from training.dataset import Dataset, batches
from training.model import Config, Llama
from training.optimiser import Optimiser


@dataclass(frozen=True)
class Run:
    """One training run; ``work`` holds train.npz and valid.npz and gets the checkpoints."""

    work: str
    minutes: float = 60.0
    tokens: float = 1e12
    workers: int = 1
    batch_tokens: int = 4096
    muon_rate: float = 0.014
    adam_rate: float = 0.003
    warmup: float = 0.02
    decay: float = 0.45
    end: float = 0.0
    seed: int = 1
    save_minutes: float = 4.0
    start: str = ""
    data: str = "train.npz"
    name: str = "model"
    nice: int = 0
    average_every: int = 8


def scale(run: Run, progress: float) -> float:
    """Learning rate as a share of its peak."""
    if progress < run.warmup:
        return progress / run.warmup + 0.02
    return run.end + (1 - run.end) * min(1.0, max(0.0, (1 - progress) / run.decay))


def evaluate(model: Llama, data: Dataset, dtype: torch.dtype, limit: int = 40) -> float:
    """Weighted loss per token on unseen documents."""
    total = count = 0.0
    with torch.no_grad():
        for index, (ids, weights) in enumerate(batches(data, 4096, seed=0)):
            if index == limit:
                break
            own = np.where(weights > 0.5, 1.0, 0.0).astype(np.float32)
            total += model.loss(torch.from_numpy(ids), torch.from_numpy(own), dtype).item()
            count += float(own[:, 1:].sum())
    return total / count


def save(model: Llama, path: Path, **facts: object) -> None:
    """Written aside and renamed, so that an export never reads half a file."""
    aside = path.with_suffix(".part")
    torch.save({"config": asdict(model.cfg), "weights": model.state_dict(), "facts": facts}, aside)
    os.replace(aside, path)


def _average(tensors: list[Tensor], workers: int) -> None:
    """Replace each tensor by its mean over all workers."""
    with torch.no_grad():
        flat = torch.cat([t.flatten() for t in tensors])
        dist.all_reduce(flat)
        for t, part in zip(tensors, torch.split(flat, [t.numel() for t in tensors]), strict=True):
            t.copy_(part.view_as(t) / workers)


def worker(rank: int, run: Run) -> None:
    """One process of one thread; all workers keep equal weights."""
    os.nice(run.nice)
    torch.set_num_threads(1)
    torch.manual_seed(run.seed)
    if run.workers > 1:
        dist.init_process_group("gloo", rank=rank, world_size=run.workers)
    work, dtype = Path(run.work), torch.bfloat16
    train, valid = Dataset.load(work / run.data), Dataset.load(work / "valid.npz")
    model = Llama(Config())
    if run.start:
        model.load_state_dict(torch.load(run.start)["weights"])
    optimiser = Optimiser(model, run.muon_rate, run.adam_rate)
    parameters = list(model.parameters())
    began = saved = reported = time.monotonic()
    seen, step, epoch, ended, running = 0, 0, 0, False, 0.0
    while not ended:
        for index, (ids, weights) in enumerate(batches(train, run.batch_tokens, run.seed + epoch)):
            if index % run.workers != rank:
                continue
            elapsed = (time.monotonic() - began) / 60
            progress = torch.tensor([max(elapsed / run.minutes, seen / run.tokens)])
            if run.workers > 1 and step % run.average_every == 0:
                _average([*parameters, *optimiser.momenta], run.workers)
                # The clock of rank 0 rules, or the workers would not end together.
                dist.broadcast(progress, 0)
            if run.workers == 1 or step % run.average_every == 0:
                ended = progress.item() >= 1
            if ended:
                break
            loss = model.loss(torch.from_numpy(ids), torch.from_numpy(weights), dtype)
            # A mean over the weight that is really there; a batch of chats weighs less.
            loss = loss / max(float(weights[:, 1:].sum()), 1.0)
            for p in parameters:
                p.grad = None
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step(scale(run, progress.item()))
            seen += int((weights > 0).sum()) * run.workers
            step += 1
            running += loss.item()
            now = time.monotonic()
            if rank == 0 and (step % 100 == 0):
                report = {
                    "step": step,
                    "epoch": epoch,
                    "minutes": round(elapsed, 2),
                    "tokens": seen,
                    "tokens_per_second": round(seen / (now - began)),
                    "loss": round(running / 100, 4),
                }
                running = 0.0
                if now - reported > 240:
                    report["valid"] = round(evaluate(model, valid, dtype, limit=12), 4)
                    reported = time.monotonic()
                print(json.dumps(report), flush=True)
            if rank == 0 and now - saved > run.save_minutes * 60:
                save(model, work / f"{run.name}.pt", step=step, tokens=seen)
                saved = now
        epoch += 1
    if rank == 0:
        final = evaluate(model, valid, dtype, limit=80)
        minutes = round((time.monotonic() - began) / 60, 1)
        save(model, work / f"{run.name}.pt", step=step, tokens=seen, valid=final, minutes=minutes)
        print(
            json.dumps(
                {
                    "final": True,
                    "step": step,
                    "tokens": seen,
                    "valid": round(final, 4),
                    "minutes": minutes,
                }
            ),
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Train rillet-tiny.")
    for name, value in asdict(Run(work="")).items():
        flag = "--" + name.replace("_", "-")
        parser.add_argument(flag, type=type(value), default=value, required=name == "work")
    run = Run(**vars(parser.parse_args()))
    if run.workers == 1:
        worker(0, run)
    else:
        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        os.environ.setdefault("MASTER_PORT", "29512")
        spawn(worker, args=(run,), nprocs=run.workers)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
