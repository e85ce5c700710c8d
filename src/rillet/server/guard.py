"""Who may talk to the server: the Host and Origin headers, decided before anything else.

A server on a loopback address is reached by every web page that its user opens, so:
* `Host` has to name this machine (a DNS name that an attacker points at 127.0.0.1 does not).
* A request with an `Origin` comes from a page, and only pages of this machine, of desktop
  applications, and those named in the settings are let in.
Both are Ollama's rules, and so are the answers: 403 without a body. Two things are stricter: what
follows `http://localhost:` must be a port, and Host is looked at before a preflight is answered.
Sources: the Fetch standard (CORS), RFC 6761, Ollama's FAQ on OLLAMA_ORIGINS.
"""

import re
import socket
from collections.abc import Callable, Sequence

from rillet.server.asgi import ASGIApp, Message, Receive, Scope, Send
from rillet.server.exchange import TEXT, Exchange, Headers, expects_continue, header
from rillet.server.hosts import host_allowed, is_well_formed

_LOCAL_HOSTS = r"localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]"
_APP_SCHEMES = ("app", "file", "tauri", "vscode-webview", "vscode-file")
_DEFAULT_ORIGINS = (
    rf"https?://(?:{_LOCAL_HOSTS})(?::[0-9]{{1,5}})?"
    rf"|(?:{'|'.join(_APP_SCHEMES)})://.*"
)
_BROKEN_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CLOSE = [(b"connection", b"close")]
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
    """The answer to a browser that asks what a page may do; `origin` is "*" where all may."""
    asked = b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    return [
        *_readable(origin, asked),
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", _HEADERS),
        (b"access-control-max-age", b"43200"),
    ]


def guarded(
    app: ASGIApp,
    *,
    loopback: bool,
    origins: Sequence[str] = (),
    allow: Callable[[str, str], Headers] = lambda path, method: (),
) -> ASGIApp:
    """The application behind its guard. Host is only looked at on a `loopback` address.

    `allow` gives the header for a path that does not go with a method; answers of the guard, too,
    have it.
    """
    allowed, all_may = origin_matcher(origins), "*" in origins
    own_name = socket.gethostname().lower()

    def told(scope: Scope) -> Headers:
        return allow(scope["path"], scope["method"])

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        host, origin = header(scope, b"host"), header(scope, b"origin")
        if (fault := _fault(scope, host)) is not None:
            status, text = fault
            await Exchange(scope, receive, send).reply(status, text, TEXT, _CLOSE)
        elif loopback and not host_allowed(host, own_name):
            await _empty(send, 403, told(scope))
        elif not origin or is_same_host(origin, host):
            await app(scope, receive, send)
        elif not allowed(origin):
            await _empty(send, 403, told(scope))
        elif scope["method"] == "OPTIONS":
            headers = preflight_headers("*" if all_may else origin)
            await _empty(send, 204, [*told(scope), *headers])
        else:
            await app(scope, receive, _with_origin(send, "*" if all_may else origin))

    return guard


def _fault(scope: Scope, host: str) -> tuple[int, bytes] | None:
    """What Go's server refuses before it looks for a path, and the words for it.

    One Host header has to be there, which only HTTP/1.0 may leave out (RFC 9112, 3.2).
    """
    if scope["http_version"] not in ("1.0", "1.1"):
        return 505, b"505 HTTP Version Not Supported: unsupported protocol version"
    count = sum(name == b"host" for name, _ in scope["headers"])
    if count > 1:
        return 400, b"400 Bad Request"
    if not count and scope["http_version"] == "1.1":
        return 400, b"400 Bad Request: missing required Host header"
    if not is_well_formed(host):
        return 400, b"400 Bad Request: malformed Host header"
    if scope["path"] == "*":
        return 200 if scope["method"] == "OPTIONS" else 400, b""
    if _BROKEN_PERCENT.search(scope.get("raw_path") or b""):
        return 400, b"400 Bad Request"
    if not expects_continue(expect := header(scope, b"expect")) and expect:
        return 417, b""
    return None


def _with_origin(send: Send, origin: str) -> Send:
    """A `send` whose answer the page at `origin` may read; "*" are all."""
    extra = [*_readable(origin, b"Origin"), (b"access-control-expose-headers", _EXPOSED)]

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *extra]}
        await send(message)

    return answer


def _readable(origin: str, asked: bytes) -> Headers:
    """The headers that let a page read an answer, and `Vary` where they depend on the request."""
    allowed = (b"access-control-allow-origin", origin.encode("latin-1"))
    return [allowed] if origin == "*" else [allowed, (b"vary", asked)]


async def _empty(send: Send, status: int, headers: Headers = ()) -> None:
    length = [] if status == 204 else [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body"})


def _pattern(origin: str) -> str:
    """An origin of the settings as a regular expression."""
    if origin == "*":
        return ".*"
    if origin.endswith(":*"):
        return _pattern(origin[:-2]) + "(?::[0-9]{1,5})?"
    if origin.startswith("*."):  # of any scheme
        return "[^/]*://[^/]*" + _pattern(origin[1:])
    return "[^/]*".join(re.escape(piece) for piece in origin.rstrip("/").split("*"))
