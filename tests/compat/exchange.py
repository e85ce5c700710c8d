"""One request on a connection of its own, sent exactly as it is told, and its answer."""

import http.client
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

TIMEOUT = 60.0  # seconds without a byte
_PIECE = 7  # bytes: small, so that a chunked body comes in several chunks


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]  # names in small letters
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


def exchange(
    base: str,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str | None] = {},
    first_byte: Callable[[], object] = lambda: None,
) -> Answer:
    """`headers` go over the usual ones; None leaves one out. `first_byte` is called once or more.

    Raises `OSError` or `http.client.HTTPException` where there is no whole answer.
    """
    place = urlsplit(base)
    sent = {"host": place.netloc, **{name.lower(): value for name, value in headers.items()}}
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=TIMEOUT)
    if sent.pop(":version", None) == "1.0":
        connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]
    chunked = "transfer-encoding" in sent
    if body is not None:
        sent = {"content-type": "application/json", **sent}
    if not chunked and (body is not None or method in ("POST", "DELETE")):
        sent = {"content-length": str(len(body or b"")), **sent}
    connection.connect()  # here, because a reset of this is no early answer
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            if value is not None:
                connection.putheader(name, value)
        try:
            connection.endheaders()
            for piece in _chunks(body or b"") if chunked else [body or b""]:
                connection.send(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # an early answer is an answer
        response = connection.getresponse()
        data = b""
        while piece := response.read1(1 << 16):
            data += piece
            first_byte()
        # A whole answer has the length that its head announced; read1 does not look.
        if response.length:
            raise http.client.IncompleteRead(data, response.length)
    finally:
        connection.close()
    return Answer(
        response.status,
        {name.lower(): value for name, value in response.getheaders()},
        data.decode("utf-8", "replace"),
    )


def _chunks(body: bytes) -> list[bytes]:
    pieces = [body[at : at + _PIECE] for at in range(0, len(body), _PIECE)]
    return [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"]
