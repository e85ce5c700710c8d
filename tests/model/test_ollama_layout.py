"""The forms that no tiny engine run shows; the others are in tests/service/test_relaid.py."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy
import pytest

from rillet.engine import read_model_header
from rillet.engine.preflight import metadata_of
from rillet.engine.relaying import relay
from rillet.model.gguf import GgufArray, GgufHeader
from rillet.model.gguf.ollama_layout import is_blind, is_ollama_layout, projector, relaid
from rillet.words.errors import InvalidModelFile

Shapes = dict[str, tuple[int, ...]]
GEMMA3N = ["t0", "<0x0A>", "<unused3>", "t3", "t4", "t5"]
GEMMA = {"token_embd.weight": (8, 4), "norm.weight": (4,)}


def written(path: Path, architecture: str, keys: dict[str, Any], shapes: Shapes) -> GgufHeader:
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(4)
    writer.add_head_count(1)
    for key, value in keys.items():
        if isinstance(value, bool):
            writer.add_bool(key, value)
        elif isinstance(value, list):
            writer.add_array(key, value)
        elif isinstance(value, str):
            writer.add_string(key, value)
        elif isinstance(value, float):
            writer.add_float32(key, value)
        else:
            writer.add_int64(key, value)
    for number, (name, shape) in enumerate(shapes.items()):
        given = isinstance(shape, numpy.ndarray)
        writer.add_tensor(name, shape if given else numpy.full(shape, number, numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return read_model_header(path)


def made_over(path: Path) -> GgufHeader:
    target = path.with_suffix(".made")
    header = read_model_header(path)
    assert is_ollama_layout(header)
    for _ in relay(path, target, relaid(header, metadata_of(path))):
        pass
    found = read_model_header(target)
    assert not is_ollama_layout(found), "it would be made over again"
    return found


def names(header: GgufHeader) -> set[str]:
    return {tensor.name for tensor in header.tensors}


def values(header: GgufHeader, key: str) -> Any:
    value = header.metadata[key]
    return list(value.values or ()) if isinstance(value, GgufArray) else value


def test_embeddinggemma(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    shapes = {**GEMMA, "dense.0.weight": (12, 4), "dense.1.weight": (4, 12)}
    written(path, "gemma3", {"gemma3.attention.causal": False, "gemma3.pooling_type": 1}, shapes)
    found = made_over(path)
    assert found.architecture == "gemma-embedding" and found.context_length == 64
    assert "gemma-embedding.attention.causal" not in found.metadata
    assert found.number("gemma-embedding.pooling_type") == 1
    widths = [found.number(f"gemma-embedding.dense_{way}") for way in ("2_feat_in", "2_feat_out")]
    assert widths == [4, 12]
    assert found.number("gemma-embedding.dense_3_feat_in") == 12
    assert names(found) == {
        "token_embd.weight",
        "output_norm.weight",
        "dense_2.weight",
        "dense_3.weight",
    }


def test_gemma3n_has_one_vocabulary(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    keys = {
        "tokenizer.ggml.tokens": [*GEMMA3N, "t6", "t7"],
        "tokenizer.ggml.scores": [float(number) for number in range(8)],
        "tokenizer.ggml.token_type": [3] * 8,
    }
    shapes = {"token_embd.weight": (8, 4), "per_layer_token_embd.weight": (6, 4), "a.x": (2,)}
    written(path, "gemma3n", keys, shapes)
    found = made_over(path)
    assert values(found, "tokenizer.ggml.tokens") == GEMMA3N
    assert values(found, "tokenizer.ggml.token_type") == [3, 6, 1, 3, 3, 3]
    assert values(found, "tokenizer.ggml.scores") == [float(number) for number in range(6)]
    assert {tensor.name: tensor.shape for tensor in found.tensors} == {
        "token_embd.weight": (4, 6),
        "per_layer_token_embd.weight": (4, 6),
    }


def test_snowflake_has_bytes_in_place_of_characters(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    key = "tokenizer.ggml.precompiled_charsmap"
    written(path, "bert", {key: list(base64.b64encode(b"\0\xff bytes").decode())}, GEMMA)
    assert bytes(values(made_over(path), key)) == b"\0\xff bytes"


@pytest.mark.parametrize("kind", ["lfm2", "lfm2moe"])
def test_lfm2(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "model.gguf"
    shapes = {"output_norm.weight": (4,), "blk.0.ffn_gate.weight": (24, 4)}
    written(path, kind, {f"{kind}.feed_forward_length": 99}, shapes)
    found = made_over(path)
    assert names(found) == {"token_embd_norm.weight", "blk.0.ffn_gate.weight"}
    assert found.number(f"{kind}.feed_forward_length") == 24
    assert found.text("tokenizer.ggml.pre") == "lfm2"


@pytest.mark.parametrize("pre", ["", "default"])
def test_the_first_llama3_does_not_say_where_words_end(tmp_path: Path, pre: str) -> None:
    path = tmp_path / "model.gguf"
    keys = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.tokens": ["t"] * 128256,
        "tokenizer.ggml.bos_token_id": 128000,
        **({"tokenizer.ggml.pre": pre} if pre else {}),
    }
    written(path, "llama", keys, GEMMA)
    assert made_over(path).text("tokenizer.ggml.pre") == "llama-bpe"


def test_gemma3_with_more_tokens_than_rows(tmp_path: Path) -> None:
    keys = {
        "gemma3.attention.layer_norm_rms_epsilon": 1e-6,
        "tokenizer.ggml.tokens": [f"t{number}" for number in range(9)],
    }
    written(tmp_path / "model.gguf", "gemma3", keys, GEMMA)
    assert len(values(made_over(tmp_path / "model.gguf"), "tokenizer.ggml.tokens")) == 8


def test_qwen3vl_with_keys_of_its_own(tmp_path: Path) -> None:
    path, sections = tmp_path / "model.gguf", "qwen3vl.rope.dimension_sections"
    written(path, "qwen3vl", {sections: [8, 4, 4, 0]}, {**GEMMA, "v.x": (4,)})
    assert values(made_over(path), sections) == [8, 4, 4, 0]
    path.with_suffix(".made").unlink()
    written(path, "qwen3vl", {"qwen3vl.rope.mrope_section": [8, 4, 4]}, GEMMA)
    assert values(made_over(path), sections) == [8, 4, 4, 0]


def test_a_promise_of_more_tokens_that_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    shapes = {"blk.0.attn_norm.weight": (4,), "blk.1.attn_norm.weight": (4,), "v.x": (2,)}
    written(path, "qwen35", {"qwen35.nextn_predict_layers": 1}, shapes)
    found = made_over(path)
    assert "qwen35.nextn_predict_layers" not in found.metadata and found.block_count == 2
    keys = {"qwen35.nextn_predict_layers": 1}
    kept = {**shapes, "blk.1.nextn.eh_proj.weight": (4, 8)}
    written(path, "qwen35", keys, kept)
    path.with_suffix(".made").unlink()
    assert made_over(path).number("qwen35.nextn_predict_layers") == 1


def test_what_is_left_out_makes_it_blind(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    words = {"token_embd.weight": (8, 4), "per_layer_token_embd.weight": (6, 4)}
    header = written(path, "gemma3n", {}, {"v.x.weight": (4, 4), **words, "mm.1.weight": (4, 4)})
    assert is_blind(header)
    found = made_over(path)
    assert names(found) == set(words)
    data = path.with_suffix(".made").read_bytes()[found.data_offset :]
    assert numpy.frombuffer(data, numpy.float32).tolist() == [1.0] * 24 + [2.0] * 24


def test_eyes_by_names_that_nobody_knows_make_it_blind(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    header = written(path, "gemma4", {}, {"model.vision_tower.x.weight": (4, 4), **GEMMA})
    assert projector(header, metadata_of(path)) is None


EYE = {
    "token_embd.weight": (16, 4),
    "v.blk.0.attn_q.weight": (4, 4),
    "v.blk.0.attn_k.weight": (4, 4),
    "v.blk.0.attn_v.weight": (4, 4),
}
PATCH = {"v.patch_embed.weight": (6, 2, 4, 4)}


def seeing(path: Path, architecture: str, shapes: Shapes, heads: int = 1) -> GgufHeader:
    keys = {"attention.head_count": heads, "block_count": 1, "embedding_length": 4}
    named = {f"{architecture}.vision.{key}": value for key, value in keys.items()}
    return written(path, architecture, named, shapes)


@pytest.mark.parametrize(
    ("architecture", "shapes", "heads"),
    [
        ("mistral3", EYE, 0),
        ("mistral3", EYE, 3),
        ("mistral3", {**EYE, "v.blk.0.attn_q.weight": (4,)}, 1),
        ("mistral3", {"v.blk.0.attn_v.weight": (4, 4)}, 1),
        ("mistral3", {**EYE, "token_embd.weight": (12, 4)}, 1),
        ("mistral3", EYE, 1 << 40),
        ("qwen3vl", {**EYE, "v.blk.0.attn_k.weight": (4, 8)}, 1),
        ("qwen3vl", {"v.patch_embed.weight": (6, 3, 4, 4)}, 1),
        ("qwen3vl", {"v.patch_embed.weight": (7, 2, 4, 4)}, 1),
        ("qwen35", {"v.patch_embed.weight": (6, 8)}, 1),
        ("qwen3vl", {**PATCH, "v.pos_embed.weight": (4,)}, 1),
        ("qwen25vl", {"v.blk.0.ffn_up.weight": (4,)}, 1),
        ("llama4", {}, 1 << 40),
        ("nemotron_h_omni", {"v.position_embd": (1023, 4)}, 1),
        ("nemotron_h_omni", {"v.position_embd": (16, 4)}, 1),
        ("nemotron_h_omni", {"v.patch_embd.weight": (4, 700)}, 1),
    ],
)
def test_eyes_that_no_such_model_has(
    tmp_path: Path, architecture: str, shapes: Shapes, heads: int
) -> None:
    path = tmp_path / "model.gguf"
    header = seeing(path, architecture, {"v.x": (4,), **shapes}, heads)
    with pytest.raises(InvalidModelFile, match="not made like this"):
        projector(header, metadata_of(path))


@pytest.mark.parametrize("kind", [numpy.float16, numpy.float32])
def test_places_of_an_image_become_fewer(tmp_path: Path, kind: type) -> None:
    """Each new one lies between four old ones, and the corners stay."""
    path, target = tmp_path / "model.gguf", tmp_path / "made.gguf"
    sizes = {"image_size": 48, "patch_size": 16, "block_count": 1}
    keys = {f"nemotron_h_omni.vision.{key}": size for key, size in sizes.items()}
    old = numpy.random.default_rng(1).normal(0, 1, (36, 4)).astype(kind)
    header = written(path, "nemotron_h_omni", keys, {"v.position_embd": old, **GEMMA})
    layout = projector(header, metadata_of(path))
    assert layout is not None
    for _ in relay(path, target, layout):
        pass
    (found,) = (each.data for each in gguf.GGUFReader(target).tensors)
    square = old.astype(numpy.float64).reshape(6, 6, 4)
    halves = (square[2] + square[3]) / 2  # half way between the first row and the last
    assert numpy.allclose(found.reshape(3, 3, 4)[::2, ::2], square[::5, ::5])
    assert numpy.allclose(found.reshape(3, 3, 4)[1, 1], (halves[2] + halves[3]) / 2)
    assert numpy.allclose(found.reshape(3, 3, 4)[1, 0], halves[0])


def test_more_blocks_than_there_are(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    keys = {"qwen3vl.vision.block_count": 0xFFFFFFFF}  # to count to it would take an hour
    header = written(path, "qwen3vl", keys, EYE)
    made = projector(header, metadata_of(path))
    assert made and "v.blk.0.attn_qkv.weight" in {tensor.new.name for tensor in made.tensors}


@pytest.mark.parametrize("value", ["many", True, -1, 0.5])
def test_keys_of_eyes_that_are_no_numbers(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "model.gguf"
    written(path, "gemma3", {"gemma3.vision.block_count": value}, {**GEMMA, "v.x": (4,)})
    header = read_model_header(path)
    with pytest.raises(InvalidModelFile, match="not made like this"):
        projector(header, metadata_of(path))


def test_types_that_cannot_be_joined_make_it_blind(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    header = seeing(path, "qwen3vl", EYE)
    assert projector(header, metadata_of(path)) is not None and not is_blind(header)
    odd = [
        replace(tensor, type="Q2_K") if tensor.name.endswith("k.weight") else tensor
        for tensor in header.tensors
    ]
    header = replace(header, tensors=odd)
    assert projector(header, metadata_of(path)) is None and is_blind(header)


TOKENS = "tokenizer.ggml.tokens"
TWO = {"token_embd.weight": (8, 4), "per_layer_token_embd.weight": (6, 4)}
PACKED = ("attention.kv_lora_rank", "rope.dimension_count")


@pytest.mark.parametrize(
    ("architecture", "keys", "shapes"),
    [
        ("gemma3", {}, {"token_embd.weight": (8,)}),
        ("gemma3", {}, {"dense.0.weight": (8,)}),
        ("gptoss", {}, {"blk.0.ffn_gate_exps.weight": (8,)}),
        ("lfm2", {}, {"output_norm.weight": (4,), "blk.0.ffn_gate.weight": (4,)}),
        ("qwen25vl", {"qwen25vl.rope.mrope_section": ["a", "b", "c"]}, GEMMA),
        ("bert", {"tokenizer.ggml.precompiled_charsmap": ["?"]}, GEMMA),
        ("gemma3", {"tokenizer.ggml.tokens": True}, {"token_embd.weight": (8, 4)}),
        ("gemma3n", {TOKENS: ["a", "<0x0A>"], "tokenizer.ggml.token_type": [1]}, TWO),
        ("gemma3n", {TOKENS: [1], "tokenizer.ggml.token_type": [1]}, TWO),
        ("qwen35", {"qwen35.rope.dimension_sections": ["a", "b", "c"]}, GEMMA),
        ("glmocr", {"glmocr.rope.mrope_section": ["a", "b", "c"]}, GEMMA),
        ("glmocr", {}, {"blk.0.ffn_gate.weight": (8, 4), "blk.0.ffn_up.weight": (8, 2)}),
        ("glmocr", {}, {"blk.0.ffn_gate.weight": (8,), "blk.0.ffn_up.weight": (4, 8)}),
        ("glm4moelite", {f"glm4moelite.{key}": 2**32 - 1 for key in PACKED}, GEMMA),
        ("nemotron_h_moe", {}, {"blk.0.ffn_latent_in.weight": (8,)}),
    ],
)
def test_numbers_that_no_such_model_has(
    tmp_path: Path, architecture: str, keys: dict[str, Any], shapes: Shapes
) -> None:
    path = tmp_path / "model.gguf"
    header = written(path, architecture, keys, shapes)
    assert is_ollama_layout(header)
    with pytest.raises(InvalidModelFile, match="not made like this"):
        relaid(header, metadata_of(path))


def test_a_vocabulary_without_rows(tmp_path: Path) -> None:
    shapes = {"token_embd.weight": (8,), "per_layer_token_embd.weight": (6, 4)}
    assert not is_ollama_layout(written(tmp_path / "model.gguf", "gemma3n", {}, shapes))


def test_others_stay_as_they_are(tmp_path: Path) -> None:
    header = written(tmp_path / "model.gguf", "llama", {}, GEMMA)
    assert not is_ollama_layout(header) and not is_blind(header)
