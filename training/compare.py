"""Training framework against engine: ``python -m training.compare --work DIR --model FILE``.

Two comparisons: the tokens of 12,000 random strings (the tokenizers library against the
engine's /tokenize), and greedy answers to more than fifty prompts, token by token (torch,
with the weights as they stand in the file, against the engine). Exit status 1 on a
difference.
"""

from __future__ import annotations

import argparse
import sys
import unicodedata
from pathlib import Path
from random import Random

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer

from training.corpus.mix import documents
from training.dataset import text_of
from training.engine import Engine, running
from training.evaluate import CASES
from training.export import tensor_name
from training.model import Config, Llama
from training.tokenizer import END, START, load, token_id

_RANGES = (
    (0x20, 0x7F),
    (0xA0, 0x250),
    (0x370, 0x530),
    (0x5D0, 0x700),
    (0x900, 0x980),
    (0x3040, 0x3100),
    (0x4E00, 0x9FA5),
    (0xAC00, 0xD7A3),
    (0x1F300, 0x1F650),
    (0x2000, 0x2070),
    (0x1F1E6, 0x1F200),
)


def random_text(rng: Random, corpus: list[str]) -> str:
    """Corpus pieces, letters of many scripts, digits, spaces, emoji with joiners."""
    parts: list[str] = []
    for _ in range(rng.randrange(1, 8)):
        match rng.randrange(6):
            case 0:
                text = rng.choice(corpus)
                at = rng.randrange(len(text))
                parts.append(text[at : at + rng.randrange(1, 40)])
            case 1:
                low, high = rng.choice(_RANGES)
                parts.append(
                    "".join(chr(rng.randrange(low, high)) for _ in range(rng.randrange(1, 10)))
                )
            case 2:
                parts.append(str(rng.randrange(10 ** rng.randrange(1, 12))))
            case 3:
                parts.append(
                    rng.choice((" ", "  ", "\n", "\n\n", " \n ", "\t", "\r\n", "   \n\n  "))
                )
            case 4:
                parts.append(
                    rng.choice(
                        (
                            "👩‍👩‍👧",
                            "🇩🇪",
                            "👍🏽",
                            "❤️",
                            "e\u0301",
                            "ﬁ",
                            "don't",
                            "I'LL",
                            "we've",
                            "½",
                            "٣",
                            "Ⅷ",
                            "\u200b",
                        )
                    )
                )
            case _:
                parts.append(
                    "".join(
                        rng.choice("!?.,;:-_#*+~$%&/()[]{}\"'`^|\\@=")
                        for _ in range(rng.randrange(1, 5))
                    )
                )
    text = "".join(parts)
    # Unassigned characters mean different things to different Unicode tables.
    return "".join(
        c for c in text if unicodedata.category(c) != "Cn" and not "\ud800" <= c <= "\udfff"
    )


def compare_tokens(tokenizer: Tokenizer, engine: Engine, count: int) -> int:
    """How many strings of ``count`` are cut differently."""
    rng = Random(99)
    corpus = [text_of(d) for d in documents(300, 5)]
    different = 0
    for _ in range(count):
        text = random_text(rng, corpus)
        ours, theirs = tokenizer.encode(text).ids, engine.tokens(text)
        if ours != theirs:
            different += 1
            print("tokens differ:", ascii(text), ours, theirs)
    return different


def from_gguf(path: Path) -> Llama:
    """The network with exactly the (dequantised) weights of the file."""
    tensors = {t.name: t for t in gguf.GGUFReader(str(path)).tensors}
    model = Llama(Config())
    for name, parameter in model.named_parameters():
        tensor = tensors[tensor_name(name)]
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        parameter.data.copy_(torch.from_numpy(np.array(values)).view_as(parameter))
    return model


def greedy(model: Llama, ids: list[int], stop: int, limit: int) -> tuple[list[int], list[float]]:
    """Tokens, and for each the lead over the second choice in logits."""
    out: list[int] = []
    leads: list[float] = []
    with torch.no_grad():
        for _ in range(limit):
            top = model(torch.tensor([ids + out]))[0, -1].topk(2)
            token = int(top.indices[0])
            if token == stop:
                break
            out.append(token)
            leads.append(float(top.values[0] - top.values[1]))
    return out, leads


def compare_greedy(model: Llama, tokenizer: Tokenizer, engine: Engine, limit: int) -> int:
    """How many prompts get different tokens.

    The engine multiplies Q8_0 weights with activations that it rounds to eight bits, so
    where two tokens are almost equally likely (lead below 0.1) either is right.
    """
    stop, different, ties = token_id(tokenizer, END), 0, 0
    for prompt, _ in CASES:
        text = f"{START}user\n{prompt}{END}\n{START}assistant\n"
        ours, leads = greedy(model, tokenizer.encode(text).ids, stop, limit)
        body = {
            "prompt": text,
            "temperature": 0,
            "n_predict": limit,
            "return_tokens": True,
            "cache_prompt": False,
            "repeat_penalty": 1.0,
        }
        theirs = [t for t in engine.post("/completion", body)["tokens"] if t != stop]
        if ours == theirs:
            continue
        at = next(
            (i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b),
            min(len(ours), len(theirs)),
        )
        lead = leads[at] if at < len(leads) else 0.0
        if lead < 0.1:
            ties += 1
        else:
            different += 1
        print(f"{prompt!r}: differs at token {at} of {len(ours)}, lead {lead:.3f}")
    equal = len(CASES) - different - ties
    print(
        f"greedy: {len(CASES)} prompts, {equal} equal, {ties} at a near tie, {different} different"
    )
    return different


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare torch and tokenizers with the engine.")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--strings", type=int, default=12_000)
    parser.add_argument("--limit", type=int, default=60, help="tokens per greedy answer")
    options = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = load(options.work / "tokenizer.json")
    with running(options.model) as engine:
        tokens = compare_tokens(tokenizer, engine, options.strings)
        print(f"tokenizer: {options.strings} strings, {tokens} different")
        answers = compare_greedy(from_gguf(options.model), tokenizer, engine, options.limit)
    sys.exit(1 if tokens or answers else 0)


if __name__ == "__main__":
    main()
