"""The course of one question: over which route it goes, as which bytes, and where to next. Pure.

Both shells ask it the same four things; neither knows of proxies, redirects or headers.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from rillet import __version__
from rillet.net.address import Target
from rillet.net.http1 import Head, HeaderList, Request, encode_head
from rillet.net.proxies import Proxy, basic_authorization, proxy_for
from rillet.net.reception import Reception
from rillet.net.redirects import MAX_REDIRECTS, follow, is_redirect
from rillet.words.errors import InvalidRequest, ServerError, Unreachable

_DEFAULTS = (
    ("Accept", "*/*"),
    ("Accept-Encoding", "identity"),  # see `encoding` for the reason
    ("User-Agent", f"rillet/{__version__}"),
)
_OURS = ("host", "content-length", "transfer-encoding", "connection", "expect")


class Route(Struct, frozen=True):
    """A way to a server. Connections are shared by what goes the same route."""

    tls: bool
    host: str
    port: int
    unix: str | None = None
    proxy: Proxy | None = None
    sent_by: str = ""  # the place whose redirect leads here

    @property
    def peer(self) -> tuple[str, int]:
        """The host and port to connect to."""
        return (self.proxy.host, self.proxy.port) if self.proxy else (self.host, self.port)

    @property
    def tunnelled(self) -> bool:
        """Whether a CONNECT comes first."""
        return self.tls and self.proxy is not None

    @property
    def place(self) -> str:
        """What messages call the server."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.unix or f"{host}:{self.port}"

    @property
    def via(self) -> str:
        """ " through the proxy …" for messages, or nothing."""
        return f" through the proxy {self.proxy.host}:{self.proxy.port}" if self.proxy else ""

    @property
    def reason(self) -> str:
        """Why this place was asked, for messages, where it is not the one that was given."""
        return f" (to which {self.sent_by} redirects)" if self.sent_by else ""


class Course:
    """One question on its way, redirects included."""

    def __init__(
        self, target: Target, request: Request, headers: HeaderList, env: Mapping[str, str]
    ) -> None:
        self.target = target
        self.request = Request(
            request.method,
            request.path,
            request.headers + _missing(request.headers, headers),
            request.body,
            request.length,
        )
        self._env = env
        self._hops = 0
        self.route = self._plan("")

    def outgoing(self) -> tuple[bytes, Iterable[bytes] | None]:
        """The bytes to send first, and what follows them if the body is no bytes object."""
        request, body = self.request, self.request.body
        if isinstance(body, bytes):
            return self._head(len(body)) + body, None
        if request.length is None:
            raise InvalidRequest("A body that is not bytes needs its length")
        return self._head(request.length), body

    @property
    def is_streamed(self) -> bool:
        """Whether the body may be sent only once."""
        return not isinstance(self.request.body, bytes)

    def reception(self) -> Reception:
        """A machine that takes in the answer."""
        return Reception(self.request.method, self.route.place)

    def tunnel_request(self) -> bytes:
        """The CONNECT that comes first on a tunnelled route (RFC 9110, 9.3.6)."""
        headers = [("Host", self.route.place)]
        if self.route.proxy and self.route.proxy.authorization:
            headers.append(("Proxy-Authorization", self.route.proxy.authorization))
        return encode_head("CONNECT", self.route.place, headers)

    def check_tunnel(self, head: Head) -> None:
        if not 200 <= head.status < 300:
            raise Unreachable(
                f"No way to {self.route.place}{self.route.via}: {head.status} {head.reason}",
                hint="Look at the HTTPS_PROXY setting, or list the host in NO_PROXY",
            )

    def redirect(self, head: Head) -> bool:
        """Whether the answer sends us on; the course then stands at the next place."""
        if not is_redirect(head):
            return False
        if self._hops == MAX_REDIRECTS:
            raise ServerError("The server redirects in circles", status=head.status)
        self._hops += 1
        here = self.route.place
        self.target, self.request = follow(self.target, self.request, head)
        self.route = self._plan(here)
        return True

    def _plan(self, sent_by: str) -> Route:
        target = self.target
        proxy = proxy_for(target, self._env)
        tls = target.scheme == "https"
        route = Route(tls, target.host, target.port, target.unix, proxy, sent_by)
        return replace(route, sent_by="") if route.place == sent_by else route

    def _head(self, length: int) -> bytes:
        request, route = self.request, self.route
        first, rest = _head_around(
            self.target, request.method, request.path, request.headers, route.proxy, route.tls
        )
        if length or request.method in ("POST", "PUT", "PATCH"):
            return b"%b\r\nContent-Length: %d%b" % (first, length, rest)
        return first + rest


@lru_cache(maxsize=256)  # nearly all requests of a program are asked with a few heads
def _head_around(
    target: Target, method: str, path: str, headers: HeaderList, proxy: Proxy | None, tls: bool
) -> tuple[bytes, bytes]:
    """The head of a request up to the place of its Content-Length, and from there on."""
    fields = list(_missing(headers, _DEFAULTS))
    given = {name.lower() for name, _ in headers}
    if target.user is not None and "authorization" not in given:
        fields.append(("Authorization", basic_authorization(target.user, target.password)))
    path = target.prefix + path
    if proxy and not tls:
        path = f"http://{target.host_header}{path}"
        if proxy.authorization:
            fields.append(("Proxy-Authorization", proxy.authorization))
    fields += [field for field in headers if field[0].lower() not in _OURS]
    first = encode_head(method, path, [("Host", target.host_header)]).removesuffix(b"\r\n\r\n")
    whole = encode_head(method, path, [("Host", target.host_header), *fields])
    return first, whole.removeprefix(first)


@lru_cache(maxsize=256)
def _missing(given: HeaderList, others: HeaderList) -> HeaderList:
    """The `others` whose names are not among those given."""
    names = {name.lower() for name, _ in given}
    return tuple(field for field in others if field[0].lower() not in names)
