"""GGUF headers: the same answers as the reference reader, and only our error for hostile bytes."""

import struct
import time
from pathlib import Path

import gguf as reference
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rillet.model.gguf import GgufArray, Limits, human_count, read_array, read_header, validate
from rillet.model.gguf.formats import TENSOR_TYPES
from rillet.words.errors import InvalidModelFile

from .gguf_bytes import ARRAY, F32, LLAMA, STRING, U32, WEIGHT, array, changed, gguf, text

MODELS = sorted((Path(__file__).parents[1] / "data" / "models").glob("*.gguf"))
TINY = next(path for path in MODELS if path.name == "tiny.gguf").read_bytes()


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_the_same_header_as_the_reference_reader(path: Path) -> None:
    data = path.read_bytes()
    header = read_header(data)
    validate(header, len(data))
    theirs = reference.GGUFReader(path)
    assert header.data_offset == theirs.data_offset
    assert [(t.name, list(t.shape), t.type, t.size) for t in header.tensors] == [
        (t.name, list(t.shape), t.tensor_type.name, t.n_bytes) for t in theirs.tensors
    ]
    assert [header.data_offset + t.offset for t in header.tensors] == [
        t.data_offset for t in theirs.tensors
    ]
    fields = {k: f.contents() for k, f in theirs.fields.items() if not k.startswith("GGUF.")}
    assert header.metadata.keys() == fields.keys()
    for key, value in header.metadata.items():
        ours = read_array(data, value) if isinstance(value, GgufArray) else value
        assert ours == fields[key] or ours == pytest.approx(fields[key])


def test_the_tensor_types_are_those_of_the_reference() -> None:
    for number, (block, size) in reference.GGML_QUANT_SIZES.items():
        if number.name != "Q8_1":  # never in a file, and its size has changed over time
            assert TENSOR_TYPES[int(number)] == (number.name, block, size)


def test_what_lists_show() -> None:
    header = read_header(TINY)
    assert (header.architecture, header.parameter_size, header.file_type) == (
        "llama",
        "134K",
        "F32",
    )
    assert (header.context_length, header.embedding_length, header.block_count) == (2048, 64, 2)
    assert header.chat_template == ""


def test_model_info_has_numbers_as_go_writes_them_and_counts_itself() -> None:
    header = read_header(
        gguf(
            changed(
                x__whole=(F32, 10000.0),
                x__large=(F32, 1e30),
                x__half=(F32, 0.5),
                x__few=(ARRAY, array(U32, [1, 2])),
                general__parameter_count=(U32, 5),
            )
        )
    )
    info = header.model_info()
    shown = [str(info[f"x.{key}"]) for key in ("whole", "large", "half", "few")]
    assert shown == ["10000", "1e+30", "0.5", "None"]
    assert info["general.parameter_count"] == 64


def test_model_info_hides_arrays_unless_asked() -> None:
    header = read_header(TINY)
    brief = header.model_info()
    assert brief["general.parameter_count"] == 133952
    assert brief["llama.attention.layer_norm_rms_epsilon"] == 1e-05
    assert brief["tokenizer.ggml.tokens"] is None
    assert "general.name" not in brief
    full = header.model_info(lambda array: read_array(TINY, array))
    assert isinstance(full["tokenizer.ggml.tokens"], list)
    assert len(full["tokenizer.ggml.tokens"]) == 404


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0"), (999, "999"), (1000, "1K"), (133_952, "134K"), (2_770_000, "2.77M"),
     (361_821_120, "361.82M"), (5_000_000, "5M"), (7_000_000_000, "7B"), (1_235_814_432, "1.2B")],
)  # fmt: skip
def test_parameter_counts_for_people(count: int, shown: str) -> None:
    assert human_count(count) == shown


def test_a_callable_source_is_read_in_few_pieces() -> None:
    asked: list[int] = []

    def read_at(offset: int, count: int) -> bytes:
        asked.append(count)
        return TINY[offset : offset + count]

    assert read_header(read_at, len(TINY)) == read_header(TINY)
    assert len(asked) == 1


def test_long_arrays_are_kept_out_and_read_on_demand() -> None:
    words = [f"token {n}" for n in range(60_000)]
    data = gguf({**LLAMA, "t": (ARRAY, array(STRING, words)), "z": (U32, 7)})
    header = read_header(data)
    kept = header.metadata["t"]
    assert isinstance(kept, GgufArray)
    assert kept.values is None
    assert kept.count == 60_000
    assert header.metadata["z"] == 7
    assert read_array(data, kept) == words


def test_a_text_longer_than_the_reading_window() -> None:
    long = "x" * 700_000
    data = gguf({**LLAMA, "a": (ARRAY, array(STRING, [long] * 3 + ["y"] * 1100)), "z": (U32, 7)})
    assert read_header(data).metadata["z"] == 7


@pytest.mark.parametrize("value", [1e-05, 10000.0, 0.1, -2.5, 3.4028234e38, 1e-45, 0.333333343])
def test_float32_values_come_out_short(value: float) -> None:
    header = read_header(gguf({**LLAMA, "f": (F32, value)}))
    short = header.metadata["f"]
    assert isinstance(short, float)
    assert struct.pack("<f", short) == struct.pack("<f", value)
    assert len(repr(short)) <= 14 or short.is_integer()


def test_a_float32_near_the_largest_is_short_too() -> None:
    assert read_header(gguf({**LLAMA, "f": (F32, 3.4e38)})).metadata["f"] == 3.4e38


ALLOWED = {
    "no heads": changed(llama__attention__head_count=None, llama__attention__head_count_kv=None),
    "no kv heads": changed(llama__attention__head_count_kv=None),
    "per layer": changed(
        llama__attention__head_count=(ARRAY, array(U32, [4, 0])),
        llama__attention__head_count_kv=(ARRAY, array(U32, [2, 0])),
    ),
    "layers without attention": changed(
        llama__attention__head_count_kv=(ARRAY, array(U32, [0, 2]))
    ),
    "key length of its own": changed(
        llama__attention__head_count=(U32, 6), llama__attention__key_length=(U32, 128)
    ),
    "state space": changed(
        llama__attention__head_count=(U32, 0),
        llama__attention__head_count_kv=(U32, 0),
        llama__ssm__state_size=(U32, 16),
    ),
    "projector": {"general.architecture": (STRING, "clip")},
    "adapter": {"general.architecture": (STRING, "llama"), "general.type": (STRING, "adapter")},
}


@pytest.mark.parametrize("metadata", ALLOWED.values(), ids=ALLOWED.keys())
def test_unusual_models_are_let_through(metadata: dict[str, tuple[int, object]]) -> None:
    data = gguf(metadata)
    validate(read_header(data), len(data))


REFUSED = {
    "heads do not divide": (changed(llama__attention__head_count=(U32, 6)), "divide"),
    "head count 0": (changed(llama__attention__head_count=(U32, 0)), "head_count is 0"),
    "kv head count 0": (changed(llama__attention__head_count_kv=(U32, 0)), "head_count_kv is 0"),
    "kv heads do not divide": (changed(llama__attention__head_count_kv=(U32, 3)), "multiple"),
    "huge head count": (changed(llama__attention__head_count=(U32, 2**32 - 1)), "cannot be"),
    "too few layers": (
        changed(llama__attention__head_count=(ARRAY, array(U32, [4]))), "1 numbers for 2 layers",
    ),
    "text for a number": (changed(llama__attention__head_count=(STRING, "4")), "is 0"),
    "texts for numbers": (
        changed(llama__attention__head_count=(ARRAY, array(STRING, ["4", "4"]))), "2 numbers",
    ),
    "no embedding": (changed(llama__embedding_length=(U32, 0)), "embedding_length is 0"),
    "huge embedding": (changed(llama__embedding_length=(U32, 2**31)), "embedding_length"),
    "no blocks": (changed(llama__block_count=None), "block_count is 0"),
    "no context": (changed(llama__context_length=(U32, 0)), "context_length is 0"),
    "negative epsilon": (changed(llama__attention__layer_norm_rms_epsilon=(F32, -1.0)), "epsilon"),
    "no number": (changed(llama__rope__freq_base=(F32, float("nan"))), "freq_base is nan"),
    "a later part": (changed(split__no=(U32, 1), split__count=(U32, 3)), "part 2 of 3"),
    "no architecture": (changed(general__architecture=None), "architecture"),
}  # fmt: skip


@pytest.mark.parametrize(("metadata", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_models_that_an_engine_would_die_of(
    metadata: dict[str, tuple[int, object]], says: str
) -> None:
    data = gguf(metadata)
    with pytest.raises(InvalidModelFile, match=says):
        validate(read_header(data), len(data))


ONE_KEY = b"GGUF" + struct.pack("<IQQ", 3, 0, 1)
BROKEN = {
    "empty": (b"", "GGUF"),
    "another format": (b"PK\3\4" + bytes(100), "does not begin"),
    "version 1": (gguf(version=1), "version 1"),
    "version 4": (gguf(version=4), "version 4"),
    "big-endian": (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "big-endian"),
    "too many tensors": (b"GGUF" + struct.pack("<IQQ", 3, 2**63, 0), "tensors"),
    "too many keys": (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**63), "metadata entries"),
    "key twice": (
        b"GGUF" + struct.pack("<IQQ", 3, 0, 2) + (text("k") + struct.pack("<IB", 7, 1)) * 2,
        "twice",
    ),
    "long key": (ONE_KEY + struct.pack("<Q", 2**60), "metadata key of"),
    "long text": (ONE_KEY + text("k") + struct.pack("<IQ", 8, 2**60), "text value"),
    "unknown value type": (ONE_KEY + text("k") + struct.pack("<I", 13), "unknown type 13"),
    "array of arrays": (ONE_KEY + text("k") + struct.pack("<IIQ", 9, 9, 1), "unknown type 9"),
    "long array": (ONE_KEY + text("k") + struct.pack("<IIQ", 9, 0, 2**60), "more elements"),
    "array past the end": (ONE_KEY + text("k") + struct.pack("<IIQ", 9, 0, 10**6), "cut off"),
    "alignment": (gguf({**LLAMA, "general.alignment": (U32, 24)}), "power of two"),
    "alignment 0": (gguf({**LLAMA, "general.alignment": (U32, 0)}), "power of two"),
    "alignment as text": (gguf({**LLAMA, "general.alignment": (STRING, "32")}), "power of two"),
    "tensor twice": (gguf(tensors=[WEIGHT] * 2), "twice"),
    "tensor type": (gguf(tensors=[("a", (32,), 4, 0)]), "unknown type 4"),
    "no dimensions": (gguf(tensors=[("a", (), 0, 0)]), "0 dimensions"),
    "five dimensions": (gguf(tensors=[("a", (1,) * 5, 0, 0)]), "5 dimensions"),
    "zero length": (gguf(tensors=[("a", (32, 0), 0, 0)]), "impossible shape"),
    "overflow": (gguf(tensors=[("a", (2**32, 2**32), 0, 0)]), "impossible shape"),
    "row no multiple": (gguf(tensors=[("a", (33,), 8, 0)]), "multiple of 32"),
    "unaligned": (gguf(tensors=[("a", (32,), 0, 8)]), "multiple of 32 bytes"),
    "beyond the end": (gguf(tensors=[("a", (32,), 0, 2**40)]), "cut off"),
    "cut off data": (gguf(data=255), "cut off"),
    "no tensors": (gguf(tensors=[]), "no tensors"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "says"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_files_say_what_is_wrong(data: bytes, says: str) -> None:
    with pytest.raises(InvalidModelFile, match=says):
        validate(read_header(data), len(data))


def test_cut_at_every_byte_of_the_header() -> None:
    data = gguf({**LLAMA, "t": (ARRAY, array(STRING, ["ab"] * 5))}, data=256)
    for end in range(len(data)):
        with pytest.raises(InvalidModelFile):
            validate(read_header(data[:end]), end)
    validate(read_header(data), len(data))


@pytest.mark.parametrize("offset", range(0, 3000, 173))
def test_a_real_file_cut_off(offset: int) -> None:
    with pytest.raises(InvalidModelFile, match=r"cut off|GGUF"):
        read_header(TINY[:offset])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_changed_bytes_give_our_error_or_a_header(data: st.DataObject) -> None:
    raw = bytearray(TINY[:10560])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1) | st.integers(0, 900))
        raw[place] = data.draw(st.integers(0, 255))
    try:
        validate(read_header(bytes(raw), len(TINY)), len(TINY))
    except InvalidModelFile as error:
        assert str(error)


@given(st.binary(max_size=300))
def test_any_bytes_after_the_magic(data: bytes) -> None:
    with pytest.raises(InvalidModelFile):
        validate(read_header(b"GGUF\x03\0\0\0" + data), 8 + len(data))


def test_a_hostile_header_costs_little() -> None:
    limits = Limits(max_elements=1_000_000)
    data = gguf({**LLAMA, "t": (ARRAY, struct.pack("<IQ", STRING, 1_000_000) + bytes(8_000_000))})
    started = time.process_time()
    read_header(data, limits=limits)
    assert time.process_time() - started < 5
    many = gguf({f"k{n}": (STRING, "x" * 1000) for n in range(2000)})
    with pytest.raises(InvalidModelFile, match="more text"):
        read_header(many, limits=Limits(max_kept=100_000))
