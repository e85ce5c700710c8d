"""A model that always says one text: its weights are a table of which token follows which.

Attention and feed-forward are zero, so whatever it was asked and however it is sampled, each token
of the script brings the next one, any other token brings the first, and the last one the end.
"""

from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy

_MARKS = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]
_END = _MARKS.index("<|im_end|>")
_WIDTH, _FORWARD, _HEADS, _CONTEXT = 512, 32, 4, 4096


def write_scripted(path: Path, script: Sequence[str], template: str, shown: Sequence[str]) -> None:
    """`script` has at most 511 different pieces; those in `shown` are whole tags to a tokenizer."""
    letters = ["\u2581", *(chr(code) for code in range(33, 127))]
    pieces = [piece.replace(" ", "\u2581") for piece in script]
    byte_pieces = [f"<0x{code:02X}>" for code in range(256)]
    words = [*_MARKS, *byte_pieces, *pieces, *(one for one in letters if one not in pieces)]
    first = len(_MARKS) + len(byte_pieces)
    assert len(set(words)) == len(words) and len(pieces) < _WIDTH
    kind = gguf.TokenType
    kinds = [kind.UNKNOWN] + [kind.CONTROL] * 4 + [kind.BYTE] * 256
    kinds += [kind.USER_DEFINED if one in shown else kind.NORMAL for one in words[len(kinds) :]]

    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(_FORWARD)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_vocab_size(len(words))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(words)
    writer.add_token_scores([-1e4 - at if k == kind.NORMAL else 0.0 for at, k in enumerate(kinds)])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(_END)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(template)
    for name, values in _tensors(len(words), first, len(pieces)).items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _tensors(words: int, first: int, count: int) -> dict[str, "numpy.ndarray"]:
    """An embedding says at which place of the script a token is, the output what follows."""
    places = numpy.full(words, _WIDTH - 1)
    places[first : first + count] = range(count)
    embedding = numpy.zeros((words, _WIDTH), numpy.float32)
    embedding[numpy.arange(words), places] = 1.0
    output = numpy.zeros((words, _WIDTH), numpy.float32)
    output[first, _WIDTH - 1] = 5.0
    for place in range(count - 1):
        output[first + place + 1, place] = 5.0
    output[_END, count - 1] = 5.0
    found = {"token_embd.weight": embedding, "output.weight": output}
    found["output_norm.weight"] = numpy.ones(_WIDTH, numpy.float32)
    square, up = (_WIDTH, _WIDTH), (_FORWARD, _WIDTH)
    shapes = {f"attn_{name}": square for name in ("q", "k", "v", "output")}
    shapes |= {"ffn_gate": up, "ffn_up": up, "ffn_down": up[::-1]}
    for name, shape in shapes.items():
        found[f"blk.0.{name}.weight"] = numpy.zeros(shape, numpy.float32)
    for name in ("attn_norm", "ffn_norm"):
        found[f"blk.0.{name}.weight"] = numpy.ones(_WIDTH, numpy.float32)
    return found
