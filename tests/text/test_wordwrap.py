"""What stands on the screen is wrapped, the same for every cut, and loses no character."""

import re

import pyte
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wcwidth import wcswidth

from rillet.text.wordwrap import WordWrap, fitted

from .cuts import cut, every_cut, positions

SEQUENCE = re.compile(r"\x1b\[(\d*)([DK])|(.)", re.DOTALL)


class Screen:
    """A terminal that knows just enough: characters, newline, cursor left, erase to the end."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows: list[list[str]] = [[]]
        self.broken = 0  # rows that the terminal broke at its edge
        self.column = 0

    def print(self, text: str) -> None:
        for count, command, char in SEQUENCE.findall(text):
            if command == "D":
                self.column = max(0, self.column - int(count))
            elif command == "K":
                del self.rows[-1][self.column :]
            elif char == "\n":
                self._next_row()
            else:
                self._put(char)

    def _next_row(self) -> None:
        self.rows.append([])
        self.column = 0

    def _put(self, char: str) -> None:
        row = self.rows[-1]
        columns = max(0, wcswidth(char))
        if columns == 0:  # joins what stands before it
            if row:
                row[-1] += char
            else:
                row.append(char)
                self.column += 1
            return
        if self.column + columns > self.width:
            self.broken += 1
            self._next_row()
            row = self.rows[-1]
        row[self.column :] = [char] + [""] * (columns - 1)
        self.column += columns

    def lines(self) -> list[str]:
        return ["".join(row) for row in self.rows]


def screen(pieces: list[str], width: int) -> Screen:
    wrap, terminal = WordWrap(width), Screen(width)
    for piece in pieces:
        terminal.print(wrap.feed(piece))
    return terminal


@pytest.mark.parametrize(
    ("text", "lines"),
    [  # 20 columns: lines break before column 15, words above 10 columns are not moved
        ("", [""]),
        ("one two", ["one two"]),
        ("one two three f", ["one two three f"]),
        ("one two three fo", ["one two three ", "fo"]),
        ("one two three four", ["one two three ", "four"]),
        ("one two\nthree four five", ["one two", "three four five"]),
        ("one two three\n\nfour", ["one two three", "", "four"]),
        ("abc longerwords", ["abc longerwords"]),
        ("abcde longerwords", ["abcde ", "longerwords"]),
        ("abc averylongwordindeed here", ["abc averylongwordind", "eed here"]),
        ("ab cd averylongwordindeed here", ["ab cd ", "averylongwordindeed ", "here"]),
        ("日本語日本語日本語日本", ["日本語日本語日", "本語日本"]),
        ("one two three 日", ["one two three ", "日"]),
        ("one two threé fo", ["one two threé ", "fo"]),
        ("            12    x", ["            12    ", "x"]),
    ],
)
def test_lines_at_every_cut(text: str, lines: list[str]) -> None:
    for pieces in every_cut(text):
        assert screen(pieces, 20).lines() == lines


def test_a_word_within_one_piece_is_moved_without_a_sequence() -> None:
    assert WordWrap(20).feed("one two three four") == "one two three \nfour"


def test_a_word_that_has_begun_is_taken_back() -> None:
    wrap = WordWrap(20)
    assert wrap.feed("one two 日é") == "one two 日é"
    assert wrap.feed("ab") == "ab"
    assert wrap.feed("cde") == "\x1b[3D\x1b[K\néabcde"


def test_clusters_are_measured_whole() -> None:
    family, flag, thumb, heart = "👩\u200d👩\u200d👧", "🇩🇪", "👍🏽", "❤\ufe0f"
    for cluster in (family, flag, thumb):
        text = cluster * 7
        wrap = WordWrap(20)
        assert "".join(map(wrap.feed, text)) == text
        assert wrap.feed(cluster) == "\n" + cluster
    assert WordWrap(20).feed(heart * 5 + " x") == heart * 5 + " x"
    assert WordWrap(20).feed(heart * 7 + " x x") == heart * 7 + " \nx x"


def test_tab_goes_to_the_next_stop() -> None:
    assert WordWrap(20).feed("a\tb\tcde") == "a\tb\t\ncde"
    assert WordWrap(20).feed("a\tbcdefghi") == "a\t\nbcdefghi"


def test_a_narrow_terminal_is_left_alone() -> None:
    assert WordWrap(15).feed("a long line of words") == "a long line of words"


def test_width_may_change() -> None:
    wrap = WordWrap(40)
    assert wrap.feed("one two three ") == "one two three "
    wrap.width = 20
    assert wrap.feed("four") == "\nfour"


def test_what_is_kept_of_a_word_is_bounded() -> None:
    wrap = WordWrap(20)
    assert wrap.feed("a") + wrap.feed("\u0301" * 10_000) == "a" + "\u0301" * 10_000
    kept = "".join(str(getattr(wrap, name)) for name in wrap.__slots__)
    assert len(kept) < 300


words = st.text("abcdefg.-", min_size=1, max_size=25) | st.sampled_from(
    ["日本", "é", "n\u0301", "語"]
)
texts = st.lists(words | st.sampled_from([" ", "\n", "   ", " "]), max_size=60).map("".join)


@given(texts, st.integers(16, 60), positions)
@example("a" * 200, 20, [3, 50])
def test_the_screen_is_the_same_at_any_cut(text: str, width: int, at: list[int]) -> None:
    whole = screen([text], width)
    for pieces in (cut(text, at), list(text)):
        assert screen(pieces, width).lines() == whole.lines()
    assert "".join(whole.lines()) == text.replace("\n", "")
    if max(map(len, re.split(r"[ \n日本語]", text))) <= width - 10 and "   " not in text:
        assert whole.broken == 0
        assert all(wcswidth(line.rstrip()) <= width - 5 for line in whole.lines())


@given(
    st.lists(
        st.sampled_from(["word ", "a", "   ", "\n", "\t", "日本", "x" * 15, "🎉"]), max_size=60
    )
)
@example(["x" * 15] * 9)
@example(["   "] * 40)
def test_rows_are_those_above_the_cursor(pieces: list[str]) -> None:
    paper = pyte.Screen(24, 200)
    stream = pyte.Stream(paper)
    wrap = WordWrap(24)
    for piece in pieces:
        stream.feed(wrap.feed(piece).replace("\n", "\r\n"))
    assert wrap.rows == paper.cursor.y


def test_a_whole_text_breaks_between_words_where_it_must() -> None:
    assert fitted("one two three four five six seven", 20) == "one two three four \nfive six seven"
    assert fitted("x" * 20 + "\nshort", 20) == "x" * 20 + "\nshort"
    wide = fitted("\u4e16\u754c" * 12, 20).split("\n")
    assert len(wide) == 3 and all(len(line) <= 10 for line in wide)
