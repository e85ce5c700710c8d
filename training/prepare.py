"""Write the corpus: ``python -m training.prepare --work DIR --documents 400000``."""

from __future__ import annotations

import argparse
from pathlib import Path

from tokenizers import Tokenizer

from training.corpus.mix import SECOND, THIRD, documents
from training.dataset import encode, text_of
from training.model import Config
from training.tokenizer import load, train

TOKENIZER_DOCUMENTS = 40_000
VALID_DOCUMENTS = 4_000


def prepare(work: Path, count: int, seed: int, new_tokenizer: bool = True) -> None:
    """tokenizer.json, train.npz, second.npz, third.npz and valid.npz in ``work``."""
    work.mkdir(parents=True, exist_ok=True)
    path = work / "tokenizer.json"
    if new_tokenizer or not path.exists():
        sample = (text_of(d) for d in documents(TOKENIZER_DOCUMENTS, seed))
        train(sample, Config().vocab).save(str(path))
    tokenizer = load(path)
    data = encode(tokenizer, documents(count, seed), Config().context)
    data.save(work / "train.npz")
    prepare_part(work, tokenizer, "second", count * 7 // 11, seed + 2)
    prepare_part(work, tokenizer, "third", count * 2 // 11, seed + 3)
    encode(tokenizer, documents(VALID_DOCUMENTS, seed + 1), Config().context).save(
        work / "valid.npz"
    )
    print(f"{len(data.starts) - 1} documents, {len(data.ids)} tokens")


def prepare_part(work: Path, tokenizer: Tokenizer, part: str, count: int, seed: int) -> None:
    """``second.npz`` or ``third.npz``: the later parts of training, with their own shares."""
    text = documents(count, seed, {"second": SECOND, "third": THIRD}[part])
    encode(tokenizer, text, Config().context).save(work / f"{part}.npz")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the corpus of rillet-tiny.")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=400_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--keep-tokenizer", action="store_true")
    options = parser.parse_args()
    prepare(options.work, options.documents, options.seed, not options.keep_tokenizer)


if __name__ == "__main__":
    main()
