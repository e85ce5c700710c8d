"""A small HTTP/1.1 client over asyncio streams that shows every chunk as it came."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any


class Answer:
    """The head of an answer, and its body in pieces."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def head(self) -> "Answer":
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        for line in filter(None, lines[1:]):
            name, _, value = line.partition(": ")
            known = self.headers.get(name.lower())
            self.headers[name.lower()] = f"{known}, {value}" if known else value
        return self

    async def chunk(self) -> bytes:
        """One chunk of a chunked body; b"" is the proper end."""
        size = int(await self._reader.readline(), 16)
        data = await self._reader.readexactly(size + 2)
        self.body += data[:-2]
        return data[:-2]

    async def rest(self, method: str = "GET") -> "Answer":
        if self.headers.get("transfer-encoding") == "chunked":
            while await self.chunk():
                pass
        elif method != "HEAD" and self.status != 204:
            length = int(self.headers.get("content-length", 0))
            self.body += await self._reader.readexactly(length)
        return self

    def json(self) -> Any:
        return json.loads(self.body)

    def lines(self) -> list[Any]:
        assert self.body.endswith(b"\n")
        return [json.loads(line) for line in self.body.split(b"\n")[:-1]]

    def end(self) -> None:
        """Send no more, and still read."""
        self._writer.write_eof()

    def hang_up(self) -> None:
        self._writer.transport.abort()


class Talk:
    """Requests to one port, each on its own connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._writers: list[asyncio.StreamWriter] = []

    async def open(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str | None] | None = None,
        limit: int = 2**16,
    ) -> Answer:
        """Send a request and return when the head of its answer is there, or not yet: `head()`."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=limit)
        self._writers.append(writer)
        data = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        sent: dict[str, str | None] = {"Host": f"127.0.0.1:{self.port}"}
        if data or method in ("POST", "DELETE"):
            sent["Content-Length"] = str(len(data))
        sent |= headers or {}
        lines = [f"{name}: {value}" for name, value in sent.items() if value is not None]
        writer.write("\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + data)
        return Answer(reader, writer)

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """The whole answer."""
        answer = await (await self.open(method, path, body, headers)).head()
        return await answer.rest(method)

    async def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
