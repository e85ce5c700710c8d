"""Where an engine listens: a unix socket in a private folder, or a port of 127.0.0.1."""

import socket

from msgspec import Struct


class Endpoint(Struct, frozen=True, kw_only=True):
    """One of `socket_path` and `port` is set. Every request carries `Authorization: Bearer KEY`."""

    api_key: str
    socket_path: str | None = None
    port: int | None = None

    def __repr__(self) -> str:
        # The key must not end up in a log.
        return f"Endpoint({self.socket_path or f'127.0.0.1:{self.port}'})"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
