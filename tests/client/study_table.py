"""Plays every situation on both shells and all wires, and writes down what came out.

    python -m tests.client.study_table            # writes docs/client_situations.md
    python -m tests.client.study_table --print    # to the terminal alone

Exit status 1 if anything came out wrong.
"""

import sys
import traceback
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from tests.client import situations_of_time, situations_of_ways
from tests.client.reading import SHELLS
from tests.client.situations import SITUATIONS, Situation
from tests.client.wires import WIRES

assert situations_of_time and situations_of_ways  # they add their rows

PAGE = Path(__file__).parents[2] / "docs" / "client_situations.md"
INTRODUCTION = """\
# What the client does in each situation

Servers, proxies and networks go wrong in many ways, and clients of model servers have gone wrong
with them: lost text, silent ends, invented reasons, endless waits. Each row is one such situation,
played by a server whose every byte is scripted, and read by `Client` (s) and `AsyncClient` (a) on
each wire. **ok** is the right text and the right end; a name is the error that has to come, with
what came before it in `.partial`. Made by `python -m tests.client.study_table`; the tests hold it.
"""
SECTIONS = {
    "1a": "Text",
    "1b": "Framing",
    "1c": "Errors in mid-stream",
    "1d": "An end that was never said",
    "1e": "Waiting",
    "1f": "Size",
    "1g": "Something else in place of a stream",
    "1h": "Leaving (the server sees it within 100 ms)",
    "1i": "Codings and bodies without delay",
    "1j": "Connections",
    "1k": "Addresses and proxies",
}


def main() -> int:
    ordered = sorted(SITUATIONS, key=lambda row: row.section)
    page = "\n".join([INTRODUCTION, *_sections(ordered)])
    if "--print" in sys.argv:
        print(page)
    else:
        PAGE.write_text(page)
    return 1 if "WRONG" in page else 0


def _sections(rows: Iterable[Situation]) -> Iterable[str]:
    for section, group in groupby(rows, key=lambda row: row.section):
        yield f"## {section}: {SECTIONS[section]}\n"
        yield "| situation | " + " | ".join(wire.name for wire in WIRES) + " |"
        yield "|---" * (len(WIRES) + 1) + "|"
        for row in group:
            cells = [_cell([_played(row, wire, shell) for shell in SHELLS]) for wire in WIRES]
            yield f"| {row.says} (`{row.name}`) | " + " | ".join(cells) + " |"
        yield ""


def _played(row: Situation, wire: object, shell: str) -> str:
    try:
        return row.run(shell, wire)  # type: ignore[arg-type]
    except Exception:
        traceback.print_exc()
        return "**WRONG**"


def _cell(outcomes: list[str]) -> str:
    if len(set(outcomes)) == 1:
        return f"s a {outcomes[0]}"
    return ", ".join(f"{shell[0]} {said}" for shell, said in zip(SHELLS, outcomes, strict=True))


if __name__ == "__main__":
    sys.exit(main())
