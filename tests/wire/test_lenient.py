import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.wire.lenient import HalfJoiner, convert, parse, whole, wholly


class Inner(msgspec.Struct):
    name: str
    size: int = 0


class Outer(msgspec.Struct):
    one: Inner | None = None
    many: list[Inner] = []
    count: int | None = None
    text: str = ""


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'"tab\there"', "tab\there"),
        (b'"\xf0\x9f"', "\ufffd"),
        (b'"\\ud83d"', "\ud83d"),
        (b"[Infinity]", [float("inf")]),
    ],
)
def test_sloppy_json_is_read(data: bytes, value: object) -> None:
    assert parse(data) == value


@pytest.mark.parametrize("data", [b"", b"{", b"nonsense", b"[" * 100_000, b"9" * 5000])
def test_no_json_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        parse(data)


def test_a_wrong_field_costs_only_itself() -> None:
    value = {
        "one": {"name": 5, "size": 3.0},
        "many": [{"name": "a"}, 7, {"name": "b", "size": "big"}],
        "count": "three",
        "text": "kept",
        "unknown": None,
    }
    assert convert(value, Outer) == Outer(Inner("", 3), [Inner("a"), Inner("b")], None, "kept")


def test_a_number_in_quotes_is_a_number() -> None:
    value = {"count": "7", "many": [{"name": "a", "size": "3"}], "text": 5}
    assert convert(value, Outer) == Outer(None, [Inner("a", 3)], 7, "")


@pytest.mark.parametrize("value", [None, 5, "text", [], [{}]])
def test_only_an_object_is_a_struct(value: object) -> None:
    assert convert(value, Outer) is None


@given(st.text(alphabet=st.characters() | st.sampled_from("😀\U0010ffff"), max_size=20), st.data())
def test_halves_are_joined_however_the_text_is_cut(text: str, data: st.DataObject) -> None:
    units = text.encode("utf-16-le", "surrogatepass")
    joiner = HalfJoiner()
    out = ""
    at = 0
    while at < len(units):
        size = 2 * data.draw(st.integers(1, 4))
        out += joiner.feed("")
        out += joiner.feed(units[at : at + size].decode("utf-16-le", "surrogatepass"))
        out.encode()  # at no moment is there half a character in it
        at += size
    assert out + joiner.finish() == whole(text)


def test_a_half_alone_is_replaced() -> None:
    joiner = HalfJoiner()
    assert joiner.feed("a\ud83d") == "a"
    assert joiner.feed("b") == "\ufffdb"
    assert joiner.feed("\ude00") == "\ufffd"
    assert joiner.feed("\ud83d") == ""
    assert joiner.finish() == "\ufffd"
    assert joiner.finish() == ""


def test_texts_at_any_depth_are_made_whole() -> None:
    assert wholly({"\ud83d": ["\ud83d\ude00", {"x": "\ude00"}, 5]}) == {
        "\ufffd": ["😀", {"x": "\ufffd"}, 5]
    }
