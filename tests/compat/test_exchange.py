"""What the exchange of these tests makes of connections that break."""

import socket
from typing import NoReturn

import pytest

from .exchange import exchange


def test_a_reset_in_the_handshake_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the server is killed while the connection waits to be accepted."""

    def reset(*_: object, **__: object) -> NoReturn:
        raise ConnectionResetError

    monkeypatch.setattr(socket, "create_connection", reset)
    with pytest.raises(ConnectionResetError):
        exchange("http://127.0.0.1:1", "POST", "/api/show", b"{}")
