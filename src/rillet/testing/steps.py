"""What a script is made of: what the server does, one step after another.

Bytes are sent as they stand, in one segment; all else is a step with a `play` of its own.
"""

import socket
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ssl

    from rillet.testing.connection import Connection

LOOK = 0.005  # seconds between two looks whether the client is gone


class Step(Protocol):
    """One step of a script. True ends the connection."""

    def play(self, connection: "Connection") -> bool: ...


@dataclass
class Send:
    """Send bytes, `size` at a time if given, each piece its own segment."""

    data: bytes
    size: int | None = None

    def play(self, connection: "Connection") -> bool:
        size = self.size or len(self.data) or 1
        pieces = [self.data[at : at + size] for at in range(0, len(self.data), size)]
        return not all(connection.send(piece) for piece in pieces)


@dataclass
class Pause:
    """Do nothing for a time."""

    seconds: float

    def play(self, connection: "Connection") -> bool:
        return connection.gone_within(self.seconds)


@dataclass
class WaitFor:
    """Do nothing until the test says so."""

    event: threading.Event

    def play(self, connection: "Connection") -> bool:
        while not self.event.wait(0):
            if connection.gone_within(LOOK):
                return True
        return False


@dataclass
class Signal:
    """Tell the test that the script has come so far."""

    event: threading.Event

    def play(self, connection: "Connection") -> bool:
        self.event.set()
        return False


@dataclass
class Stall:
    """Do nothing until the client hangs up or the server is closed."""

    def play(self, connection: "Connection") -> bool:
        while not connection.gone_within(LOOK):
            pass
        return True


@dataclass
class Drip:
    """Send the same bytes again and again until the client hangs up."""

    data: bytes
    every: float = 0.01

    def play(self, connection: "Connection") -> bool:
        while connection.send(self.data):
            if connection.gone_within(self.every):
                break
        return True


@dataclass
class Hangup:
    """Close properly, with a FIN."""

    def play(self, connection: "Connection") -> bool:
        return True


@dataclass
class Reset:
    """Close with a RST."""

    def play(self, connection: "Connection") -> bool:
        linger = struct.pack("ii", 1, 0)
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return True


@dataclass
class StartTls:
    """Speak TLS from here on, as a proxy does after CONNECT; the next request comes inside."""

    context: "ssl.SSLContext"

    def play(self, connection: "Connection") -> bool:
        connection.sock = self.context.wrap_socket(connection.sock, server_side=True)
        return False


Script = Sequence[bytes | Step]
