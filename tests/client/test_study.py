"""Every situation of the table, on both shells and all wires."""

import pytest

from tests.client import situations_of_time, situations_of_ways
from tests.client.reading import SHELLS
from tests.client.situations import SITUATIONS, Situation, names
from tests.client.wires import WIRES, Wire

assert situations_of_time and situations_of_ways  # they add their rows


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name.replace(" ", "-"))
@pytest.mark.parametrize("row", names())
def test_situation(row: Situation, wire: Wire, shell: str) -> None:
    assert row.run(shell, wire) != "SILENT"


def test_no_section_is_left_out() -> None:
    assert {row.section for row in SITUATIONS} == {f"1{letter}" for letter in "abcdefghijk"}
