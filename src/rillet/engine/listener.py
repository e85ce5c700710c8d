"""Asks an engine's listener a short question: is it healthy, what has it loaded.

Answers of a few kilobytes at start-up only. Streams are read by the callers of this room, with
better means.
"""

import asyncio
from typing import Any

import httptools

from rillet.engine.endpoint import Endpoint

_MAX_ANSWER = 8 << 20


class _Answer:
    """Collects what httptools parses."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.complete = False

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.complete = True


async def get(endpoint: Endpoint, path: str) -> tuple[int, bytes]:
    """Status and body of `GET path`. Raises OSError when nobody listens or the answer is broken."""
    reader, writer = await _connect(endpoint)
    try:
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n"
            f"Authorization: Bearer {endpoint.api_key}\r\n\r\n".encode()
        )
        answer = _Answer()
        parser: Any = httptools.HttpResponseParser(answer)
        while not answer.complete:
            data = await reader.read(65536)
            if not data or len(answer.body) > _MAX_ANSWER:
                raise ConnectionError(f"no whole answer to {path}")
            parser.feed_data(data)
        return parser.get_status_code(), bytes(answer.body)
    except httptools.HttpParserError as error:
        raise ConnectionError(f"no HTTP in the answer to {path}: {error}") from error
    finally:
        writer.close()


async def _connect(endpoint: Endpoint) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if endpoint.socket_path:
        return await asyncio.open_unix_connection(endpoint.socket_path)
    return await asyncio.open_connection("127.0.0.1", endpoint.port)
