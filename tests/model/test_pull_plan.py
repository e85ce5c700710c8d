"""Plans of downloads: parts that cover a blob exactly, and state that survives a break."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.model.names import Digest
from rillet.model.pull_plan import (
    MAX_BLOB,
    Part,
    completed,
    decode_part,
    encode_part,
    partial_name,
    plan_parts,
    remaining,
    resume_parts,
    state_name,
)

MB = 1_000_000


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        (0, []),
        (1, [1]),
        (100 * MB, [100 * MB]),
        (250 * MB, [100 * MB, 100 * MB, 50 * MB]),
        (3200 * MB, [200 * MB] * 16),
        (17_500 * MB, [1000 * MB] * 17 + [500 * MB]),
    ],
)
def test_sizes_of_parts(size: int, sizes: list[int]) -> None:
    assert [part.size for part in plan_parts(size)] == sizes


@given(st.integers(0, MAX_BLOB // 1000))
def test_parts_cover_the_blob_once(size: int) -> None:
    parts = plan_parts(size)
    assert sum(part.size for part in parts) == size
    assert all(a.offset + a.size == b.offset for a, b in itertools.pairwise(parts))
    assert resume_parts(size, [encode_part(part) for part in reversed(parts)]) == parts


@pytest.mark.parametrize("size", [-1, MAX_BLOB + 1])
def test_an_impossible_size(size: int) -> None:
    with pytest.raises(ValueError, match="cannot be downloaded"):
        plan_parts(size)


def test_a_part_goes_on_where_it_was() -> None:
    first, second, _ = plan_parts(250 * MB)
    assert first.range_header() == "bytes=0-99999999"
    second = second.advanced(40 * MB)
    assert second.range_header() == "bytes=140000000-199999999"
    assert second.remaining == 60 * MB
    done = second.advanced(60 * MB)
    assert remaining([first, done]) == (first,)
    assert completed([first, done]) == 100 * MB
    with pytest.raises(ValueError, match="do not fit"):
        done.advanced(1)


def test_the_state_is_ollamas() -> None:
    part = Part(3, 300, 100, 7)
    assert encode_part(part) == b'{"N":3,"Offset":300,"Size":100,"Completed":7}'
    assert decode_part(b'{"Completed":7,"Size":100,"Offset":300,"N":3,"more":1}') == part


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b'{"N":0}', b'{"N":-1,"Offset":0,"Size":1}', b"\xff", b" " * 5000,
     b'{"N":0,"Offset":0,"Size":1,"Completed":2}', b'{"N":0,"Offset":0,"Size":0}',
     b'{"N":0,"Offset":-5,"Size":10}', b'{"N":0,"Offset":0,"Size":99999999999999999}'],
)  # fmt: skip
def test_state_that_makes_no_sense(data: bytes) -> None:
    assert decode_part(data) is None


def test_state_with_a_gap_is_begun_anew() -> None:
    size = 250 * MB
    parts = plan_parts(size)
    states = [encode_part(part.advanced(5)) for part in parts]
    assert completed(resume_parts(size, states)) == 15
    assert resume_parts(size, states[:2]) == parts
    assert resume_parts(size, [states[0], states[2]]) == parts
    assert resume_parts(size, [*states, states[1]]) == parts
    assert resume_parts(size + 1, states) == plan_parts(size + 1)
    assert resume_parts(size, []) == parts


@given(st.lists(st.binary(max_size=40), max_size=4), st.integers(0, 10**9))
def test_no_state_breaks_a_plan(states: list[bytes], size: int) -> None:
    assert resume_parts(size, states) == plan_parts(size)


def test_names_of_files() -> None:
    digest = Digest("ab" * 32)
    assert partial_name(digest) == f"sha256-{'ab' * 32}-partial"
    assert state_name(digest, 4) == f"sha256-{'ab' * 32}-partial-4"
