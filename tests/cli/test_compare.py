"""Several models at once."""

import json

from .conftest import MODELS
from .processes import Shell

HELLO = str(MODELS / "tinyhello.gguf")


def test_blocks_for_a_pipe(served: Shell) -> None:
    done = served.run("compare", "tinyhello", HELLO, "hi")
    assert done.returncode == 0
    assert done.stdout.decode() == (
        f"== tinyhello ==\nHello world!\n\n== {HELLO} ==\nHello world!\n\n"
    )
    assert done.stderr.count(b"first token after") == 2


def test_one_that_fails_leaves_the_others(served: Shell) -> None:
    done = served.run("compare", "tinyhello", "nobody", "hi", "--json")
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["text"], first["error"]) == ("Hello world!", None)
    assert second["error"] == "model 'nobody' not found" and done.returncode == 1
    assert served.run("compare", "hi").returncode == 2


def test_columns_on_a_terminal(served: Shell) -> None:
    with served.terminal("compare", "tinyhello", "tinythink", "hi") as terminal:
        assert terminal.wait() == 0
    rows = terminal.screen.splitlines()
    assert any("tinyhello" in row and "tinythink" in row for row in rows)
    assert any(row.count("Hello world!") == 2 for row in rows)
    assert "first token after" in terminal.screen


def test_ctrl_c_stops_all(served: Shell) -> None:
    with served.terminal("compare", "tiny", "tiny", "hi") as terminal:
        terminal.until("─ tiny ")
        terminal.type("\x03")
        assert terminal.wait() == 130
    assert "Traceback" not in terminal.screen
