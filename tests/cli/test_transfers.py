"""The bars of a pull, as a person sees them: they move, tell speed and time, stop and go on."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rillet.cli.transfer import bar
from rillet.words.events import Progress
from tests.service.scripted_registry import Question, on_blobs, scripted_registry
from tests.service.transferred import Published, noise

from .processes import Shell, Terminal

SIZE = 2_000_000
BAR = r"pulling \w{12} +(\d+)% ▕█* *▏ [\d.]+ [KM]?B/2 MB"


class Gate:
    """Sends half of a blob and waits until the rest is wanted."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def __call__(self, question: Question, content: bytes) -> None:
        part = question.blob_head(content)
        half = len(part) // 2 if len(part) > 1000 else len(part)
        try:
            for start in range(0, half, 100_000):
                question.wfile.write(part[start : min(half, start + 100_000)])
                threading.Event().wait(0.03)
            self.opened.wait(20)
            question.wfile.write(part[half:])
        except OSError:
            question.close_connection = True


@contextmanager
def pulling(gate: Gate) -> Iterator[tuple[Published, str]]:
    with scripted_registry() as registry:
        registry.faults.append(on_blobs(gate))
        model = Published(registry, noise(SIZE))
        yield model, f"http://{registry.host}/library/good"


def pulled(shell: Shell, name: str, columns: int = 80) -> Terminal:
    return shell.terminal("pull", name, "--insecure", columns=columns)


@pytest.mark.parametrize("columns", [80, 40])
def test_bars_tell_how_far_how_fast_and_how_long(shell: Shell, columns: int) -> None:
    gate = Gate()
    own = shell.having(RILLET_MODELS=str(shell.home / "own"))
    with pulling(gate) as (_, name), pulled(own, name, columns) as terminal:
        terminal.until("MB/s" if columns == 80 else "%")
        if columns == 80:
            terminal.until("s\r\x1b[K", after=terminal.screen.index("MB/s"))
        gate.opened.set()
        assert terminal.wait() == 0
    rows = [row for row in terminal.rows if row]
    assert rows[0].startswith("pulling manifest") and rows[-1] == "success"
    assert sum(row.startswith("pulling ") for row in rows) <= 5  # a row a layer, whatever it took
    assert all(len(row) <= columns for row in rows)
    if columns == 80:
        assert re.search(BAR + r"  [\d.]+ [KM]?B/s  \d+m\d\ds", terminal.screen)
        assert any(re.fullmatch(r"pulling \w{12} 100% ▕█{24}▏ 2 MB/2 MB", row) for row in rows)


def test_a_pull_that_ctrl_c_stopped_goes_on_where_it_was(shell: Shell) -> None:
    gate = Gate()
    own = shell.having(RILLET_MODELS=str(shell.home / "own"))
    with pulling(gate) as (model, name):
        with pulled(own, name) as terminal:
            terminal.until(" 50% ")
            terminal.type("\x03")
            assert terminal.wait() == 130
        assert "Traceback" not in terminal.screen and terminal.screen.endswith("\n")
        gate.opened.set()
        model.registry.seen.clear()
        with pulled(own, name) as terminal:
            assert terminal.wait() == 0
        weights = [s for s in model.registry.asked("GET", "blobs") if str(model.digest) in s.path]
    assert weights and all(seen.range and seen.range[0] >= SIZE // 4 for seen in weights)
    first = int(re.search(BAR, terminal.screen)[1])  # type: ignore[index]
    assert first >= 40
    assert own.run("rm", name).returncode == 0


def test_a_bar() -> None:
    half = Progress("pulling 4e8b1c627efb", completed=600, total=1200)
    assert bar(half, 0, 0) == f"pulling 4e8b1c627efb  50% ▕{'█' * 12}{' ' * 12}▏ 600 B/1.2 KB"
    assert bar(half, 300, 3).endswith("  100 B/s  0m06s")
    narrow = bar(half, 300, 3, 70)  # the bar makes room for the numbers
    assert len(narrow) == 70 and narrow.endswith("▏ 600 B/1.2 KB  100 B/s  0m06s")
    for columns in range(5, 80):
        line = bar(half, 300, 3, columns)
        assert len(line) <= columns and " 50%" in line
        assert line.endswith(("%", "▏", "1.2 KB", "0m06s"))  # no number is cut
    over = Progress("p", completed=7200_000, total=1)
    assert bar(over, 0, 1).startswith("p 100% ")
