"""GGUF files written anew, and the types of their tensors when they are quantized."""

import pytest

from rillet.model.gguf import GgufArray, GgufHeader, Tensor, read_array, read_header
from rillet.model.gguf.quantizing import quantized
from rillet.model.gguf.writing import NewTensor, head, metadata_entries, number_entry

from .gguf_bytes import ARRAY, LLAMA, STRING, U32, array, changed
from .gguf_bytes import gguf as gguf_bytes


def test_metadata_are_copied_as_they_are_and_a_number_is_put_in() -> None:
    long = array(STRING, [str(n) for n in range(3000)])
    before = gguf_bytes({**LLAMA, "tokenizer.ggml.tokens": (ARRAY, long)})
    entries = metadata_entries(before)
    entries["general.file_type"] = number_entry("general.file_type", 7)
    tensors = [NewTensor("a.weight", (32, 2), "Q8_0"), NewTensor("b.weight", (3,), "F32")]
    written = head(entries.values(), tensors, 64)
    assert len(written) % 64 == 0
    after = read_header(written, len(written) + 1000)
    assert after.file_type == "Q8_0"
    old = read_header(before).metadata
    assert {key: after.metadata[key] for key in LLAMA} == {key: old[key] for key in LLAMA}
    tokens = after.metadata["tokenizer.ggml.tokens"]
    assert isinstance(tokens, GgufArray) and read_array(written, tokens)[-1] == "2999"
    assert [(t.name, t.type, t.shape, t.offset) for t in after.tensors] == [
        ("a.weight", "Q8_0", (32, 2), 0),
        ("b.weight", "F32", (3,), 128),
    ]


def model(blocks: int, width: int, experts: int = 0, tied: bool = False) -> GgufHeader:
    names = ["token_embd.weight", *([] if tied else ["output.weight"])]
    for block in range(blocks):
        names += [f"blk.{block}.{part}.weight" for part in PARTS]
    tensors = [Tensor(name, "F16", (width, 64), 0, width * 64, width * 128) for name in names]
    metadata = {"general.architecture": "llama", "llama.block_count": blocks}
    return GgufHeader(3, {**metadata, "llama.expert_count": experts}, tensors, 32, 0)


PARTS = ("attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate_inp", "ffn_down")


def types(header: GgufHeader, kind: str) -> dict[str, str]:
    return {tensor.name.removesuffix(".weight"): tensor.type for tensor in quantized(header, kind)}


#: What llama-quantize chooses.
@pytest.mark.parametrize(
    ("header", "kind", "expected"),
    [
        (
            model(16, 256),
            "Q4_K_M",
            {"output": "Q6_K", "token_embd": "Q4_K", "blk.0.attn_q": "Q4_K"},
        ),
        (model(16, 256), "Q4_K_M", {f"blk.{n}.attn_v": "Q6_K" for n in (0, 1, 4, 7, 14, 15)}),
        (model(16, 256), "Q4_K_M", {f"blk.{n}.ffn_down": "Q4_K" for n in (2, 3, 5, 6, 12)}),
        (model(16, 256), "Q4_K_S", {"blk.3.attn_v": "Q5_K", "blk.4.attn_v": "Q4_K"}),
        (model(16, 256), "Q4_K_S", {"blk.1.ffn_down": "Q5_K", "blk.2.ffn_down": "Q4_K"}),
        (model(2, 256, tied=True), "Q4_K_M", {"token_embd": "Q6_K"}),
        (model(2, 256), "Q8_0", {"output": "Q8_0", "blk.0.attn_norm": "F16"}),
        (model(2, 256), "F32", {"output": "F32", "blk.0.ffn_gate_inp": "F16"}),
        (model(3, 256, 8), "Q4_K_M", {"blk.0.attn_v": "Q8_0", "blk.0.attn_output": "Q5_K"}),
        (
            model(2, 64),
            "Q4_K_M",
            {"output": "Q8_0", "blk.0.attn_v": "Q5_0", "blk.1.attn_v": "Q8_0"},
        ),
        (model(2, 64), "Q4_K_S", {"blk.0.attn_v": "Q5_1"}),
        (model(2, 48), "Q4_K_M", {"blk.0.attn_q": "F16"}),
    ],
)
def test_types(header: GgufHeader, kind: str, expected: dict[str, str]) -> None:
    assert types(header, kind).items() >= expected.items()


def test_one_dimension_and_quantized_tensors_stay() -> None:
    data = gguf_bytes(
        changed(general__file_type=(U32, 1)),
        [("n.weight", (32,), 0, 0), ("b.weight", (32, 2), 8, 128), ("c.bias", (32, 2), 0, 256)],
    )
    assert [tensor.type for tensor in quantized(read_header(data), "Q8_0")] == [
        "F32",
        "Q8_0",
        "F32",
    ]


@pytest.mark.parametrize("name", ["v.blk.0.attn_v", "mm.1", "a.blk.0.ffn_up", "s.net_2", "mtp.fc"])
def test_what_is_not_read_as_text_stays(name: str) -> None:
    assert types(one(name, "gemma3"), "Q4_K_M") == {name: "F16"}


@pytest.mark.parametrize(
    ("architecture", "name", "careful"),
    [
        ("deepseek2", "blk.3.attn_kv_a_mqa", "Q8_0"),
        ("gemma3n", "per_layer_token_embd", "F16"),
        ("glmocr", "token_embd", "F16"),
        ("glm4", "output", "F16"),
        ("qwen35moe", "blk.9.nextn.eh_proj", "Q8_0"),
    ],
)
def test_touchy_tensors(architecture: str, name: str, careful: str) -> None:
    assert types(one(name, architecture), "Q4_K_S") == {name: careful}
    assert types(one(name, architecture), "Q8_0") == {name: "Q8_0"}
    assert types(one(name, "llama"), "Q4_K_S")[name] not in ("F16", "Q8_0")


def one(name: str, architecture: str) -> GgufHeader:
    tensor = Tensor(f"{name}.weight", "F16", (256, 64), 0, 256 * 64, 256 * 128)
    return GgufHeader(3, {"general.architecture": architecture}, [tensor], 32, 0)
