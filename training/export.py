"""Write a checkpoint as GGUF: ``python -m training.export --work DIR --out FILE``.

Matrices become Q8_0 (blocks of 32 weights with one scale), norms stay float32. The
tokenizer, the chat template and the facts about the model go into the header.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer

from training.model import Config
from training.tokenizer import END, END_OF_TEXT, SPECIALS, load, token_id

TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|im_start|>' + message['role'] + '\\n' -}}"
    "{{- ((message['content'] or '') | trim) + '<|im_end|>\\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)
DESCRIPTION = (
    "A very small language model that comes with Rillet: stories, jokes, short poems, "
    "everyday questions and small sums, in English. It says so when it does not know."
)
_BLOCK_NAMES = {
    "attention_norm": "attn_norm",
    "attention.q": "attn_q",
    "attention.k": "attn_k",
    "attention.v": "attn_v",
    "attention.o": "attn_output",
    "mlp_norm": "ffn_norm",
    "gate": "ffn_gate",
    "up": "ffn_up",
    "down": "ffn_down",
}


def tensor_name(name: str) -> str:
    """Our parameter name -> llama.cpp's."""
    if name == "embedding.weight":
        return "token_embd.weight"
    if name == "norm.weight":
        return "output_norm.weight"
    _, index, rest = name.split(".", 2)
    return f"blk.{index}.{_BLOCK_NAMES[rest.removesuffix('.weight')]}.weight"


def _header(writer: gguf.GGUFWriter, cfg: Config) -> None:
    writer.add_name("rillet-tiny")
    writer.add_description(DESCRIPTION)
    writer.add_license("Apache-2.0")
    writer.add_author("The Rillet authors")
    writer.add_languages(["en"])
    writer.add_size_label("2.8M")
    writer.add_context_length(cfg.context)
    writer.add_embedding_length(cfg.width)
    writer.add_block_count(cfg.layers)
    writer.add_feed_forward_length(cfg.hidden)
    writer.add_head_count(cfg.heads)
    writer.add_head_count_kv(cfg.kv_heads)
    writer.add_key_length(cfg.head_dim)
    writer.add_value_length(cfg.head_dim)
    writer.add_rope_dimension_count(cfg.head_dim)
    writer.add_rope_freq_base(cfg.rope_base)
    writer.add_layer_norm_rms_eps(cfg.norm_eps)
    writer.add_vocab_size(cfg.vocab)
    # What ``general.sampling`` readers may use as defaults.
    writer.add_float32("general.sampling.temp", 0.8)
    writer.add_int32("general.sampling.top_k", 40)
    writer.add_float32("general.sampling.top_p", 0.9)


def _vocabulary(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    kinds = [gguf.TokenType.CONTROL if t in SPECIALS else gguf.TokenType.NORMAL for t in tokens]
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(token_id(tokenizer, END_OF_TEXT))
    writer.add_eos_token_id(token_id(tokenizer, END))
    writer.add_eot_token_id(token_id(tokenizer, END))
    writer.add_pad_token_id(token_id(tokenizer, END_OF_TEXT))
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)


def export(checkpoint: Path, tokenizer: Path, out: Path, kind: str = "q8_0") -> str:
    """Write the GGUF file and return its SHA-256. ``kind`` is "q8_0", "f16" or "f32"."""
    saved = torch.load(checkpoint, map_location="cpu")
    quantisation = gguf.GGMLQuantizationType[kind.upper()]
    writer = gguf.GGUFWriter(str(out), "llama")
    _header(writer, Config(**saved["config"]))
    file_types = {
        "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
        "f16": gguf.LlamaFileType.MOSTLY_F16,
        "f32": gguf.LlamaFileType.ALL_F32,
    }
    writer.add_file_type(file_types[kind])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _vocabulary(writer, load(tokenizer))
    for name, tensor in saved["weights"].items():
        values = tensor.float().numpy().astype(np.float32)
        if values.ndim == 2 and kind != "f32":
            packed = gguf.quants.quantize(values, quantisation)
            writer.add_tensor(tensor_name(name), packed, raw_dtype=quantisation)
        else:
            writer.add_tensor(tensor_name(name), values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return hashlib.sha256(out.read_bytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description="Export a checkpoint of rillet-tiny as GGUF.")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="model")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--kind", default="q8_0", choices=("q8_0", "f16", "f32"))
    options = parser.parse_args()
    checkpoint = options.work / f"{options.name}.pt"
    digest = export(checkpoint, options.work / "tokenizer.json", options.out, options.kind)
    print(f"{options.out}: {options.out.stat().st_size} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
