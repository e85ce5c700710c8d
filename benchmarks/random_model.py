"""Writes a GGUF model of any size whose weights are drawn by lot: for measuring, not for reading.

    python benchmarks/random_model.py OUT.gguf [--shape 0.5b|0.1b|tiny]

The shapes are those of usual models, so speed and memory are as with a real one; the words are
made up. Weights are Q4_0 blocks of random nibbles with one scale: quick to write, and finite.
"""

import argparse
from pathlib import Path

import gguf
import numpy as np

#: layers, width, width of the feed-forward part, heads, heads of keys and values, vocabulary
SHAPES = {
    "0.5b": (24, 896, 4864, 14, 2, 151_936),
    "0.1b": (12, 512, 2048, 8, 4, 32_000),
    "tiny": (2, 128, 256, 4, 2, 2_000),
}
CONTEXT = 32_768


def write(path: Path, shape: str = "0.5b", seed: int = 7) -> None:
    """Write one; some seconds for half a billion weights."""
    layers, width, inner, heads, groups, vocabulary = SHAPES[shape]
    lot = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(f"random {shape}")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(groups)
    writer.add_rope_dimension_count(width // heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_0)
    _words(writer, vocabulary)

    def matrix(name: str, rows: int, columns: int) -> None:
        blocks = rows * columns // 32
        data = np.empty((blocks, 18), dtype=np.uint8)
        # Sixteen levels around zero: a scale that keeps the variance of a layer near one.
        scale = np.float16(1 / (4.6 * np.sqrt(columns)))
        data[:, :2] = np.frombuffer(scale.tobytes(), dtype=np.uint8)
        data[:, 2:] = lot.integers(0, 256, (blocks, 16), dtype=np.uint8)
        writer.add_tensor(name, data.reshape(rows, -1), raw_dtype=gguf.GGMLQuantizationType.Q4_0)

    def norm(name: str) -> None:
        writer.add_tensor(name, np.ones(width, dtype=np.float32))

    matrix("token_embd.weight", vocabulary, width)
    norm("output_norm.weight")
    side = width // heads * groups
    for layer in range(layers):
        at = f"blk.{layer}."
        norm(at + "attn_norm.weight")
        matrix(at + "attn_q.weight", width, width)
        matrix(at + "attn_k.weight", side, width)
        matrix(at + "attn_v.weight", side, width)
        matrix(at + "attn_output.weight", width, width)
        norm(at + "ffn_norm.weight")
        matrix(at + "ffn_gate.weight", inner, width)
        matrix(at + "ffn_up.weight", inner, width)
        matrix(at + "ffn_down.weight", width, inner)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _words(writer: gguf.GGUFWriter, count: int) -> None:
    """Every byte, then made-up words. The end of a text is the last one, which comes by chance."""
    kinds = gguf.TokenType
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    types = [kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL, *[kinds.BYTE] * 256]
    tokens += [f"▁{_word(number)}" for number in range(count - len(tokens))]
    types += [kinds.NORMAL] * (count - len(types))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(place) for place in range(count)])
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)


def _word(number: int) -> str:
    syllables = []
    while True:
        number, rest = divmod(number, 75)
        syllables.append("bdfgklmnprstvwz"[rest // 5] + "aeiou"[rest % 5])
        if not number:
            return "".join(syllables)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--shape", choices=SHAPES, default="0.5b")
    arguments = parser.parse_args()
    write(arguments.out, arguments.shape)


if __name__ == "__main__":
    main()
