"""Who may talk to the server: the Host and Origin headers, decided before anything else.

A server on a loopback address is reached by every web page that its user opens, so:
* `Host` has to name this machine (a DNS name that an attacker points at 127.0.0.1 does not).
* A request with an `Origin` comes from a page, and only pages of this machine, of desktop
  applications, and those named in the settings are let in.
Both are Ollama's rules, and so are the answers: 403 without a body. Two things are stricter: what
follows `http://localhost:` must be a port, and Host is looked at before a preflight is answered.
Sources: the Fetch standard (CORS), RFC 6761, Ollama's FAQ on OLLAMA_ORIGINS.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from functools import lru_cache

from rillet.server.asgi import ASGIApp, Message, Receive, Scope, Send
from rillet.server.exchange import TEXT, Exchange, Headers, header

_LOCAL_HOSTS = r"localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]"
_APP_SCHEMES = ("app", "file", "tauri", "vscode-webview", "vscode-file")
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal")
_DEFAULT_ORIGINS = (
    rf"https?://(?:{_LOCAL_HOSTS})(?::[0-9]{{1,5}})?"
    rf"|(?:{'|'.join(_APP_SCHEMES)})://.*"
)
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.%]*)\]|([^:]*))(?::[0-9]*)?")
_METHODS = b"GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS"
_STAINLESS = (
    *("Arch", "Async", "Custom-Poll-Interval", "Helper-Method", "Lang", "Os", "Package-Version"),
    *("Poll-Helper", "Retry-Count", "Runtime", "Runtime-Version", "Timeout"),
)
_HEADERS = ",".join(
    [
        *("Authorization", "Content-Type", "User-Agent", "Accept", "X-Requested-With"),
        *("OpenAI-Beta", "X-Api-Key", "Anthropic-Version", "Anthropic-Beta"),
        *("Anthropic-Dangerous-Direct-Browser-Access", "Rillet-Resume"),
        *("Rillet-On-Disconnect", "Last-Event-ID"),
        *(f"X-Stainless-{name}" for name in _STAINLESS),
    ]
).encode()


@lru_cache(maxsize=256)  # every request asks, nearly always for the same
def host_allowed(host: str, own_name: str = "") -> bool:
    """Whether a Host header names this machine, whose name is `own_name`."""
    name = _without_port(host).lower().removesuffix(".")
    if name in ("", "localhost", own_name) or name.endswith(_LOCAL_SUFFIXES):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified or _is_private(address)


def origin_matcher(extra: Sequence[str]) -> Callable[[str], bool]:
    """A test for origins: the default ones and `extra`, where `*` stands for a piece of text."""
    patterns = [_DEFAULT_ORIGINS, *(_pattern(origin) for origin in extra)]
    expression = re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
    return lambda origin: expression.fullmatch(origin) is not None


def is_same_host(origin: str, host: str) -> bool:
    """Whether a page asks the server that it came from."""
    return bool(host) and origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower())


_EXPOSED = b"Rillet-Stream, Rillet-Dialect, Rillet-State, Rillet-Last, Rillet-Version, Retry-After"


def preflight_headers(origin: str) -> Headers:
    """The answer to a browser that asks what a page may do."""
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", _HEADERS),
        (b"access-control-max-age", b"43200"),
        (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
    ]


def guarded(app: ASGIApp, *, loopback: bool, origins: Sequence[str] = ()) -> ASGIApp:
    """The application behind its guard. Host is only looked at on a `loopback` address."""
    allowed = origin_matcher(origins)
    own_name = socket.gethostname().lower()

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        host, origin = header(scope, b"host"), header(scope, b"origin")
        if fault := _host_fault(scope):
            await Exchange(scope, receive, send).reply(
                400, fault, TEXT, [(b"connection", b"close")]
            )
        elif loopback and not host_allowed(host, own_name):
            await _empty(send, 403)
        elif not origin or is_same_host(origin, host):
            await app(scope, receive, send)
        elif not allowed(origin):
            await _empty(send, 403)
        elif scope["method"] == "OPTIONS":
            await _empty(send, 204, preflight_headers(origin))
        else:
            await app(scope, receive, _with_origin(send, origin))

    return guard


def _host_fault(scope: Scope) -> bytes:
    """What is wrong with the number of Host headers, in Go's words; b"" for nothing (RFC 9112, 3.2:
    one of them, which only HTTP/1.0 may leave out)."""
    count = sum(name == b"host" for name, _ in scope["headers"])
    if count > 1:
        return b"400 Bad Request: too many Host headers"
    if not count and scope["http_version"] == "1.1":
        return b"400 Bad Request: missing required Host header"
    return b""


def _with_origin(send: Send, origin: str) -> Send:
    """A `send` whose answer the page at `origin` may read."""
    extra = [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", _EXPOSED),
        (b"vary", b"Origin"),
    ]

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *extra]}
        await send(message)

    return answer


async def _empty(send: Send, status: int, headers: Headers = ()) -> None:
    length = [] if status == 204 else [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body"})


def _without_port(host: str) -> str:
    match = _HOST.fullmatch(host)
    return (match[1] or match[2]) if match else host


def _is_private(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """The networks of RFC 1918 and RFC 4193; `is_private` of the library has many more."""
    return any(address in net for net in _PRIVATE if net.version == address.version)


_PRIVATE = [
    ipaddress.ip_network(net)
    for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
]


def _pattern(origin: str) -> str:
    """An origin of the settings as a regular expression."""
    if origin == "*":
        return ".*"
    if origin.endswith(":*"):
        return _pattern(origin[:-2]) + "(?::[0-9]{1,5})?"
    return "[^/]*".join(re.escape(piece) for piece in origin.rstrip("/").split("*"))
