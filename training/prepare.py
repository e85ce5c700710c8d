"""Write the corpus: ``python -m training.prepare --work DIR --documents 400000``."""

from __future__ import annotations

import argparse
from pathlib import Path

from tokenizers import Tokenizer

from training.corpus.mix import documents
from training.dataset import encode, text_of
from training.model import Config
from training.tokenizer import load, train

TOKENIZER_DOCUMENTS = 40_000
VALID_DOCUMENTS = 4_000


def prepare(work: Path, count: int, seed: int, new_tokenizer: bool = True) -> None:
    """tokenizer.json, train.npz, second.npz (of fewer documents) and valid.npz in ``work``."""
    work.mkdir(parents=True, exist_ok=True)
    path = work / "tokenizer.json"
    if new_tokenizer or not path.exists():
        sample = (text_of(d) for d in documents(TOKENIZER_DOCUMENTS, seed))
        train(sample, Config().vocab).save(str(path))
    tokenizer = load(path)
    data = encode(tokenizer, documents(count, seed), Config().context)
    data.save(work / "train.npz")
    prepare_second(work, tokenizer, count * 7 // 11, seed)
    encode(tokenizer, documents(VALID_DOCUMENTS, seed + 1), Config().context).save(
        work / "valid.npz"
    )
    print(f"{len(data.starts) - 1} documents, {len(data.ids)} tokens")


def prepare_second(work: Path, tokenizer: Tokenizer, count: int, seed: int) -> None:
    data = encode(tokenizer, documents(count, seed + 2, second=True), Config().context)
    data.save(work / "second.npz")


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
