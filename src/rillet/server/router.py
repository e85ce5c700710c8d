"""Finds the handler for a path, with the manners of the server that clients know.

Those are Ollama's (Go's net/http and gin): plain text for 404 and 405, `Allow` on 405, a redirect
to the path without doubled slashes and dots (301), or without the slash at its end where the method
goes there (301 for GET, 307 else), HEAD only where it is in the table, paths case-sensitive. A `{}`
at the end of a path stands for one piece without a slash, `{*}` for one that may have some inside.
"""

from collections.abc import Awaitable, Callable, Mapping
from html import escape
from http import HTTPStatus
from posixpath import normpath
from typing import NamedTuple
from urllib.parse import quote

from rillet.server.exchange import HTML, PLAIN, Exchange, Headers
from rillet.server.hosts import is_address

Handler = Callable[[Exchange], Awaitable[None]]
Methods = Mapping[str, Handler]
Routes = Mapping[str, Methods]


class Found(NamedTuple):
    """A path of the table: its handlers, and what stood in place of `{}`."""

    methods: Methods
    parameter: str


class Router:
    """The table of routes, and `answer`, which serves one request from it.

    On a `loopback` address, who asks a named host for its OPTIONS is told what is allowed.
    """

    def __init__(self, routes: Routes, *, loopback: bool = True) -> None:
        self._loopback = loopback
        self._exact = {path: methods for path, methods in routes.items() if "{" not in path}
        self._open = [
            (path.partition("{")[0], path.endswith("{*}"), methods)
            for path, methods in routes.items()
            if "{" in path
        ]

    def find(self, path: str) -> Found | None:
        """The entry for a path as it was sent, percent signs decoded."""
        methods = self._exact.get(path)
        if methods is not None:
            return Found(methods, "")
        for prefix, deep, methods in self._open:
            rest = path.removeprefix(prefix)
            if rest != path and rest and rest[-1] != "/" and (deep or "/" not in rest):
                return Found(methods, rest)
        return None

    def allow(self, path: str, method: str) -> Headers:
        """What tells of the methods of a path that has others than this one."""
        found = self.find(path)
        return [_allow(found)] if found and method not in found.methods else []

    async def answer(self, exchange: Exchange) -> None:
        path, method = exchange.scope["path"], exchange.scope["method"]
        clean = cleaned(path)
        found = self.find(path)
        if clean != path:
            await _redirect(exchange, 301, clean)
        elif found and (handler := found.methods.get(method)):
            exchange.parameter = found.parameter
            await handler(exchange)
        elif method == "OPTIONS" and self._loopback and not is_address(exchange.header(b"host")):
            await exchange.reply(204, headers=[_allow(found)] if found else ())
        elif found:
            await exchange.reply(405, b"405 method not allowed", PLAIN, [_allow(found)])
        elif path.endswith("/") and (there := self.find(path[:-1])) and method in there.methods:
            await _redirect(exchange, 301 if method == "GET" else 307, path[:-1])
        else:
            await exchange.reply(404, b"404 page not found", PLAIN)


def cleaned(path: str) -> str:
    """A path as Go's net/http wants it: no empty pieces and no dots, but for a slash at its end."""
    if "//" not in path and "/." not in path:
        return path or "/"
    clean = "/" + normpath(path).lstrip("/")
    return clean + "/" if path.endswith("/") and clean != "/" else clean


def _allow(found: Found) -> tuple[bytes, bytes]:
    return b"allow", ", ".join(found.methods).encode()


async def _redirect(exchange: Exchange, status: int, path: str) -> None:
    query = exchange.scope["query_string"]
    # Begins with one slash, so it cannot lead to another server.
    location = quote(path, safe="/$&+,:;=@") + ("?" + query.decode("latin-1") if query else "")
    headers = [(b"location", location.encode("latin-1"))]
    if exchange.scope["method"] not in ("GET", "HEAD"):
        await exchange.reply(status, headers=headers)
        return
    link = f'<a href="{escape(location)}">{HTTPStatus(status).phrase}</a>.\n\n'
    await exchange.reply(status, link.encode("latin-1"), HTML, headers)
