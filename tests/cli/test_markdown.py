"""Markdown while it comes: what the screen shows in the end, and that it costs in proportion."""

import re

import pytest

from rillet.cli.chat.markdown import MarkdownPen, render


class Paper:
    """A terminal of 60 columns that understands what a pen writes."""

    is_terminal = True
    colours = True

    def __init__(self) -> None:
        self.rows = [""]
        self.at = (0, 0)
        self.written = 0
        self.columns = 60

    def width(self) -> int:
        return self.columns

    def height(self) -> int:
        return 24

    def write(self, text: str) -> None:
        self.written += len(text)
        row, column = self.at
        for part in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|[^\x1b]", text):
            if part == "\n":
                row, column = row + 1, 0
                self.rows += [""] * (row + 1 - len(self.rows))
            elif part == "\r":
                column = 0
            elif part.endswith("A") and part[0] == "\x1b":
                row -= int(part[2:-1])
            elif part.endswith("D") and part[0] == "\x1b":
                column -= int(part[2:-1])
            elif part == "\x1b[K":
                self.rows[row] = self.rows[row][:column]
            elif part == "\x1b[J":
                self.rows[row] = self.rows[row][:column]
                del self.rows[row + 1 :]
            elif part[0] != "\x1b":
                self.rows[row] = self.rows[row][:column].ljust(column) + part
                column += 1
        self.at = (row, column)

    @property
    def text(self) -> str:
        return "\n".join(row.rstrip() for row in self.rows)


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


SOURCE = """# A title

Some **bold** words, enough of them to be wrapped at the edge of the paper, twice at least here.

- one
- two

```python
def f():

    return 1
```
The end."""


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_every_block_is_set_when_it_ends(size: int) -> None:
    paper = Paper()
    pen = MarkdownPen(paper)
    for at in range(0, len(SOURCE), size):
        pen.write(SOURCE[at : at + size])
    pen.end()
    blocks = [
        *SOURCE.split("\n\n", 3)[:3],
        SOURCE[SOURCE.index("```") :].rpartition("\n")[0],
        "The end.",
    ]
    wanted = "\n\n".join(plain(render(block, 60)) for block in blocks)
    assert paper.text == "\n".join(row.rstrip() for row in wanted.split("\n"))


def test_the_source_is_on_the_screen_until_then() -> None:
    paper = Paper()
    pen = MarkdownPen(paper)
    pen.write("Some **bo")
    assert paper.text == "Some **bo"
    pen.write("ld** words\n\n")
    assert paper.text == "Some bold words"


@pytest.mark.parametrize("columns", [30, 90])
def test_a_block_in_a_window_that_changes_stays_and_goes_on_at_its_new_edge(columns: int) -> None:
    paper = Paper()
    pen = MarkdownPen(paper)
    pen.write("begun ")
    paper.columns = columns
    pen.write("**word** " * 40)
    assert max(map(len, paper.text.split("\n"))) in range(columns - 14, columns - 4)
    paper.columns = 60
    pen.end()
    assert paper.text.split() == ["begun", *["**word**"] * 40]


def test_a_block_that_is_taller_than_the_window_stays() -> None:
    paper = Paper()
    pen = MarkdownPen(paper)
    pen.write("```\n" + "".join(f"line {number}\n" for number in range(60)) + "```\nafter")
    pen.end()
    assert paper.rows[0] == "```" and paper.rows[60] == "line 59"
    assert paper.rows[-1] == "after"


def test_no_sequence_and_no_hidden_link_comes_through() -> None:
    paper = Paper()
    pen = MarkdownPen(paper)
    pen.write("a \x1b]0;owned\x07b [text](http://example.com/)\n\n")
    pen.end()
    assert paper.text == "a b text (http://example.com/)"


def test_the_cost_is_in_proportion() -> None:
    def cost(blocks: int) -> int:
        paper = Paper()
        pen = MarkdownPen(paper)
        for _ in range(blocks):
            pen.write("Some *words*.\n\n")
        pen.end()
        return paper.written

    assert cost(40) <= 5 * cost(10)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<div>block</div>", "<div>block</div>"),
        ("a <b>tag</b> & &lt;<think>", "a <b>tag</b> & <<think>"),
        ("<answer>\nforty-two\n</answer>", "<answer>\nforty-two\n</answer>"),
        ("Roses are red,\nviolets are blue.", "Roses are red,\nviolets are blue."),
        ("- a poem\n  of two lines", " • a poem\n   of two lines"),
        ("an ![image](http://e/x.png) here", "an !image (http://e/x.png) here"),
        ("a note[^1]\n\n[^1]: says this", "a note[^1]\n\n[^1]: says this"),
        ("[a]: http://evil.example", "[a]: http://evil.example"),
        ("<http://a.example> once", "http://a.example once"),
        ("**[bold](http://a)** and `[code](b)`", "bold (http://a) and [code](b)"),
    ],
)
def test_nothing_of_a_text_gets_lost(source: str, shown: str) -> None:
    paper = Paper()
    pen = MarkdownPen(paper)
    pen.write(source)
    pen.end()
    assert paper.text == shown
