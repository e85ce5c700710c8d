"""Idle connections of the sync shell, by route.

No lock is needed, so none can be held when a signal handler or a finaliser comes in between:
appending to and popping from a deque are atomic.
"""

import os
import socket
from collections import deque
from time import monotonic

from rillet.net.course import Route

IDLE = 60.0  # seconds; most servers hang up earlier, which is seen

Connections = dict[Route, deque[tuple[float, socket.socket]]]


class Pool:
    def __init__(self, size: int) -> None:
        self._size = size
        self._idle: Connections = {}
        self._pid = os.getpid()
        self._closed = False
        self._finalizer: object = None

    def take(self, route: Route) -> socket.socket | None:
        """The connection used last that is still alive, or None."""
        if self._pid != os.getpid():  # after a fork the connections are the parent's
            _close_all(self._idle)
            self._pid = os.getpid()
        idle = self._idle.get(route)
        while idle:
            try:
                since, sock = idle.pop()
            except IndexError:
                break
            if monotonic() - since < IDLE and _is_quiet(sock):
                return sock
            sock.close()
        return None

    def put(self, route: Route, sock: socket.socket) -> None:
        idle = self._idle.setdefault(route, deque())
        if self._closed or len(idle) >= self._size or self._pid != os.getpid():
            sock.close()
            return
        idle.append((monotonic(), sock))
        if self._finalizer is None:
            self._finalizer = self._close_at_end()
        if self._closed:  # closed in between, by another thread
            _close_all(self._idle)

    def close(self) -> None:
        self._closed = True
        _close_all(self._idle)

    def _close_at_end(self) -> object:
        """A client that is dropped leaves nothing that was begun: no reason for a warning."""
        from weakref import finalize  # here it costs no start

        return finalize(self, _close_all, self._idle)


def _close_all(connections: Connections) -> None:
    for idle in list(connections.values()):
        while idle:
            try:
                idle.pop()[1].close()
            except IndexError:
                break


def _is_quiet(sock: socket.socket) -> bool:
    """Neither a FIN nor bytes that nobody asked for."""
    try:
        # Below TLS: whatever lies there, a session ticket at best, is not worth the risk.
        sock.settimeout(0)
        socket.socket.recv(sock, 1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except (OSError, ValueError):
        pass
    return False
