"""Who asks: a key before an address, so that turns at an engine can be shared out fairly."""

import pytest

from rillet.server.app import caller_of


@pytest.mark.parametrize(
    ("headers", "client", "caller"),
    [
        ([], ("10.0.0.7", 5000), "address 10.0.0.7"),
        ([(b"authorization", b"Bearer k")], ("10.0.0.7", 5000), "key Bearer k"),
        ([(b"x-api-key", b"\xff")], None, "key \xff"),
        ([(b"host", b"x")], None, ""),
    ],
)
def test_caller(
    headers: list[tuple[bytes, bytes]], client: tuple[str, int] | None, caller: str
) -> None:
    assert caller_of({"type": "http", "headers": headers, "client": client}) == caller
