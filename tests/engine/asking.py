"""Asks an engine as the rest of the house does: HTTP on its socket. Standard library only."""

import http.client
import json
import socket
from typing import Any

from rillet.engine import Endpoint


class _Connection(http.client.HTTPConnection):
    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__("127.0.0.1", endpoint.port or 80, timeout=30)
        self._endpoint = endpoint

    def connect(self) -> None:
        if not self._endpoint.socket_path:
            return super().connect()
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        return self.sock.connect(self._endpoint.socket_path)


def open_answer(
    endpoint: Endpoint, path: str, body: Any = None, *, key: str | None = None
) -> http.client.HTTPResponse:
    """The answer with its body unread."""
    connection = _Connection(endpoint)
    headers = {"Authorization": f"Bearer {endpoint.api_key if key is None else key}"}
    headers["Origin"] = "http://elsewhere.example"
    data = None if body is None else json.dumps(body)
    connection.request("GET" if body is None else "POST", path, data, headers)
    return connection.getresponse()


def ask(endpoint: Endpoint, path: str, body: Any = None) -> Any:
    """The JSON of the answer."""
    with open_answer(endpoint, path, body) as answer:
        return json.loads(answer.read())
