"""From documents to flat arrays on disk, and from those to batches of one length.

Tokens of the assistant count fully in the loss, the rest a tenth: the model should read
prompts well but needs no practice in asking. Words that an answer takes over from the user
(a subject, a name) count more, because copying is what a small model learns last. Padding
counts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from training.copied import copied_weights, said_words
from training.corpus.phrasing import Document
from training.tokenizer import END, END_OF_TEXT, START, token_id

OTHER_WEIGHT = 0.1
_CHUNK = 2000


@dataclass(frozen=True)
class Dataset:
    """Document i is ``ids[starts[i]:starts[i + 1]]`` with a weight for each token."""

    ids: np.ndarray
    weights: np.ndarray
    starts: np.ndarray

    def save(self, path: Path) -> None:
        np.savez(path, ids=self.ids, weights=self.weights, starts=self.starts)

    @staticmethod
    def load(path: Path) -> Dataset:
        with np.load(path) as arrays:
            return Dataset(arrays["ids"], arrays["weights"], arrays["starts"])


def text_of(document: Document) -> str:
    """All words of a document, for training the tokenizer."""
    return "\n".join(f"{turn.role}\n{turn.text}" for turn in document.turns)


def encode(tokenizer: Tokenizer, documents: Iterable[Document], context: int) -> Dataset:
    """Longer documents than ``context`` are left out."""
    ids: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    chunk: list[Document] = []

    def flush() -> None:
        for tokens, counts in _encode_chunk(tokenizer, chunk):
            if len(tokens) <= context:
                ids.append(np.array(tokens, dtype=np.uint16))
                weights.append(np.array(counts, dtype=np.float16))
        chunk.clear()

    for document in documents:
        chunk.append(document)
        if len(chunk) == _CHUNK:
            flush()
    flush()
    starts = np.concatenate([[0], np.cumsum([len(i) for i in ids])]).astype(np.int64)
    return Dataset(np.concatenate(ids), np.concatenate(weights), starts)


def _encode_chunk(
    tokenizer: Tokenizer, documents: list[Document]
) -> Iterator[tuple[list[int], list[float]]]:
    start, end = token_id(tokenizer, START), token_id(tokenizer, END)
    stop = token_id(tokenizer, END_OF_TEXT)
    newline = tokenizer.encode("\n").ids
    head = len(tokenizer.encode("assistant\n").ids)
    pieces = [t.text if d.raw else f"{t.role}\n{t.text}" for d in documents for t in d.turns]
    encoded = iter(tokenizer.encode_batch(pieces))
    for document in documents:
        tokens: list[int] = []
        counts: list[float] = []
        said: set[str] = set()
        for turn in document.turns:
            encoding = next(encoded)
            body = encoding.ids
            if document.raw:
                tokens, counts = [*body, stop], [1.0] * (len(body) + 1)
                continue
            tokens += [start, *body, end, *newline]
            if turn.role == "assistant":
                text = f"{turn.role}\n{turn.text}"
                sums = document.kind == "sum"
                own = copied_weights(text, said, encoding.offsets, numbers=sums)[head:]
                if turn.free:
                    own[0] = 0.0
                counts += [OTHER_WEIGHT] * (1 + head) + own + [1.0] + [OTHER_WEIGHT] * len(newline)
            else:
                said |= said_words(turn.text)
                counts += [OTHER_WEIGHT] * (len(body) + 2 + len(newline))
        yield tokens, counts


def batches(
    data: Dataset, tokens: int, seed: int, step: int = 16
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """One epoch of (ids, weights), each (documents, length), about ``tokens`` in size.

    Documents of like length go together, in a random order that the seed fixes.
    """
    rng = np.random.default_rng(seed)
    lengths = np.diff(data.starts)
    # A little noise on the sort key mixes who meets whom from epoch to epoch.
    order = np.argsort((lengths // step) + rng.random(len(lengths)), kind="stable")
    groups: list[np.ndarray] = []
    at = 0
    while at < len(order):
        size = max(1, int(tokens // max(lengths[order[at]], step)))
        groups.append(order[at : at + size])
        at += size
    rng.shuffle(groups)
    for group in groups:
        length = int(lengths[group].max())
        ids = np.zeros((len(group), length), dtype=np.int64)
        weights = np.zeros((len(group), length), dtype=np.float32)
        for row, i in enumerate(group):
            piece = slice(data.starts[i], data.starts[i + 1])
            ids[row, : lengths[i]] = data.ids[piece]
            weights[row, : lengths[i]] = data.weights[piece]
        yield ids, weights
