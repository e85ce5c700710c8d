"""Finds the handler for a path, with the manners of the server that clients know.

Those are Ollama's (Go's net/http and gin): plain text for 404 and 405, `Allow` on 405, a redirect
to the path without a trailing or doubled slash (301 for GET, 307 else), HEAD only where it is in
the table, paths case-sensitive. A `{}` at the end of a path stands for one piece without a slash,
`{*}` for one that may have some inside.
"""

from collections.abc import Awaitable, Callable, Mapping
from html import escape
from typing import NamedTuple
from urllib.parse import quote

from rillet.server.exchange import HTML, PLAIN, Exchange

Handler = Callable[[Exchange], Awaitable[None]]
Methods = Mapping[str, Handler]
Routes = Mapping[str, Methods]


class Found(NamedTuple):
    """A path of the table: its handlers, and what stood in place of `{}`."""

    methods: Methods
    parameter: str


class Router:
    """The table of routes, and `answer`, which serves one request from it."""

    def __init__(self, routes: Routes) -> None:
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

    async def answer(self, exchange: Exchange) -> None:
        path, method = exchange.scope["path"], exchange.scope["method"]
        found = self.find(path)
        if found is None:
            await self._elsewhere(exchange, path, method)
        elif handler := found.methods.get(method):
            exchange.parameter = found.parameter
            await handler(exchange)
        else:
            allow = ", ".join(found.methods).encode()
            if method == "OPTIONS":  # who asks what is allowed, is told
                await exchange.reply(204, headers=[(b"allow", allow)])
                return
            await exchange.reply(405, b"405 method not allowed", PLAIN, [(b"allow", allow)])

    async def _elsewhere(self, exchange: Exchange, path: str, method: str) -> None:
        clean = "/" + "/".join(piece for piece in path.split("/") if piece)
        found = self.find(clean)
        # Go keeps a table for each method, and one that is not there has nowhere to lead to.
        if clean == path or found is None or method not in found.methods:
            await exchange.reply(404, b"404 page not found", PLAIN)
            return
        query = exchange.scope["query_string"]
        # Begins with one slash, so it cannot lead to another server.
        location = quote(clean) + ("?" + query.decode("latin-1") if query else "")
        headers = [(b"location", location.encode("latin-1"))]
        if method == "GET":
            link = f'<a href="{escape(location)}">Moved Permanently</a>.\n\n'
            await exchange.reply(301, link.encode("latin-1"), HTML, headers)
        else:
            await exchange.reply(307, headers=headers)
