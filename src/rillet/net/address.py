"""Where a server is: host strings, read as Ollama reads OLLAMA_HOST.

    (nothing), localhost, 10.0.0.5, :8080, [::1]:11434, ::1, http://host (port 80),
    https://user:password@host/prefix (port 443), unix:///run/rillet.sock

Where Ollama falls back to a default (a port of 99999, a scheme it does not know) this raises
`InvalidHost`: asking another server than the one named is no service to anybody. Source of the
reading: Ollama's envconfig (Host and ConnectableHost) and its FAQ.
"""

import socket

from msgspec import Struct

from rillet.words.errors import InvalidHost
from rillet.words.variables import unquoted

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 11434
MAX_UNIX_PATH = 103  # bytes that fit a socket address on every system (104 with the end, on macOS)

_SCHEME_PORTS = {"http": 80, "https": 443}
_PASTED = ("/v1", "/v1/chat/completions", "/api", "/api/chat", "/api/generate")
_FORMS = 'Write it like "127.0.0.1:11434", "https://host/prefix" or "unix:///path/to.sock"'


class Target(Struct, frozen=True):
    """A server to connect to. `prefix` is "" or "/like/this"; paths of requests go below it.

    `note` says what was left out of the text that was parsed, for a person to read.
    """

    scheme: str = "http"
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    prefix: str = ""
    unix: str | None = None
    user: str | None = None
    password: str | None = None
    note: str | None = None

    @property
    def url(self) -> str:
        """The address as people write it, without credentials."""
        if self.unix is not None:
            return f"unix://{self.unix}"
        return f"{self.scheme}://{self.authority}{self.prefix}"

    @property
    def authority(self) -> str:
        """host:port as URLs and messages have it."""
        return f"{self._bracketed}:{self.port}"

    @property
    def host_header(self) -> str:
        """The value of the Host header: without the scheme's own port (RFC 9110, 7.2)."""
        if self.unix is not None:
            return "localhost"
        if self.port == _SCHEME_PORTS[self.scheme]:
            return self._bracketed
        return self.authority

    @property
    def place(self) -> str:
        """How messages call it."""
        return self.unix if self.unix is not None else self.authority

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine for certain."""
        return self.unix is not None or is_loopback(self.host)

    @property
    def _bracketed(self) -> str:
        host = self.host.partition("%")[0]  # a zone means nothing to the other side (RFC 6874)
        return f"[{host}]" if ":" in host else host

    def __repr__(self) -> str:
        secret = ", with credentials" if self.user is not None else ""
        return f"Target({self.url!r}{secret})"


def parse_host(text: str | None, *, listening: bool = False) -> Target:
    """Read a host string. None, "" and blanks are http://127.0.0.1:11434.

    0.0.0.0 and :: become loopback addresses, which is how one connects to a server that listens
    on all; with `listening` they stay, and port 0 (any free one) is allowed. Raises `InvalidHost`.
    """
    text = unquoted(text or "")
    if not text.isprintable():
        raise InvalidHost("The host has a line break or control character in it", hint=_FORMS)
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() == "unix":
        return _unix(text, rest)
    for name in _SCHEME_PORTS:
        if text.lower().startswith((f"{name}//", f"{name}:/")) and "://" not in text:
            raise _invalid(text, f"it does not begin with {name}://")
    if "://" not in text:
        scheme, rest, port = "http", text, DEFAULT_PORT
        if text == "ollama.com":
            scheme, port = "https", 443
    else:
        scheme, _, rest = text.partition("://")
        scheme = scheme.lower()
        if scheme not in _SCHEME_PORTS:
            raise _invalid(text, f"{scheme!r} is not http, https or unix")
        port = _SCHEME_PORTS[scheme]
    return _network(text, scheme, rest, port, listening)


def _unix(text: str, path: str) -> Target:
    path = path.removeprefix("//")
    if not path.startswith("/"):
        raise _invalid(text, "the path of a unix socket must begin with /")
    if len(path.encode()) > MAX_UNIX_PATH:
        raise _invalid(text, f"the path of a unix socket has at most {MAX_UNIX_PATH} bytes")
    return Target("http", "localhost", 80, unix=path)


def _network(text: str, scheme: str, rest: str, port: int, listening: bool) -> Target:
    authority, slash, path = rest.partition("/")
    userinfo, _, hostport = authority.rpartition("@")
    if any(mark in rest for mark in "?#\\") or " " in hostport:
        raise _invalid(text, "it has a query, a fragment, a backslash or a space in it")
    host, port_text = _split_port(text, hostport)
    if port_text:
        port = _port(text, port_text, listening)
    host = _host(text, host, listening)
    user, colon, password = userinfo.partition(":")
    prefix, note = _prefix(slash + path)
    return Target(
        scheme,
        host,
        port,
        prefix,
        user=_unquote(user) if userinfo else None,
        password=_unquote(password) if colon else None,
        note=note,
    )


def _split_port(text: str, hostport: str) -> tuple[str, str | None]:
    if hostport.startswith("["):
        host, bracket, rest = hostport[1:].partition("]")
        if not bracket or not _is_ipv6(host) or (rest and not rest.startswith(":")):
            raise _invalid(text, "its brackets do not hold an IPv6 address")
        return host, rest[1:] if rest else None
    if _is_ipv6(hostport):
        return hostport, None
    host, colon, port = hostport.partition(":")
    if ":" in port:
        raise _invalid(text, "it has too many colons")
    return host, port if colon else None


def _port(text: str, port: str, listening: bool) -> int:
    if not port.isascii() or not port.isdigit() or len(port) > 5 or int(port) > 65535:
        raise _invalid(text, "its port is not a number from 1 to 65535")
    if int(port) == 0 and not listening:
        raise _invalid(text, "nothing can be reached at port 0")
    return int(port)


def _host(text: str, host: str, listening: bool) -> str:
    if not host:
        return DEFAULT_HOST
    if not listening and host in ("0.0.0.0", "::"):
        return "127.0.0.1" if host == "0.0.0.0" else "::1"
    if ":" in host:
        return host
    try:
        # Names beyond ASCII are sent as DNS has them; the codec also knows what is too long.
        name = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        raise _invalid(text, f"{host!r} is not a host name") from None
    labels = name.removesuffix(".").split(".")
    allowed = all(part and part.replace("-", "").replace("_", "").isalnum() for part in labels)
    if not allowed or any(len(part) > 63 for part in labels) or len(name) > 253:
        raise _invalid(text, f"{host!r} is not a host name")
    return name


def _prefix(path: str) -> tuple[str, str | None]:
    prefix = path.rstrip("/")
    note = None
    for pasted in _PASTED:
        if prefix.endswith(pasted):
            prefix = prefix.removesuffix(pasted)
            note = f"{pasted!r} at the end of the host is left out: it is part of each request"
            break
    return _quote(prefix), note


def _quote(path: str) -> str:
    if not path:
        return path
    from urllib.parse import quote  # 8 ms of start-up that few need

    return quote(path, safe="/%:@!$&'()*+,;=~-._")


def _unquote(text: str) -> str:
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text)


def _is_ipv6(host: str) -> bool:
    return _packed(socket.AF_INET6, host.partition("%")[0]) is not None


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine, whatever a resolver says (RFC 6761)."""
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    if (four := _packed(socket.AF_INET, name)) is not None:
        return four[0] == 127
    six = _packed(socket.AF_INET6, name.partition("%")[0])
    return six is not None and (
        six == bytes(15) + b"\x01" or (six[:12] == bytes(10) + b"\xff\xff" and six[12] == 127)
    )


def _packed(family: int, host: str) -> bytes | None:
    try:
        return socket.inet_pton(family, host)
    except (OSError, ValueError):
        return None


def _invalid(text: str, why: str) -> InvalidHost:
    shown = text if "@" not in text else "***@" + text.rpartition("@")[2]
    return InvalidHost(f"The host {shown!r} cannot be read: {why}", hint=_FORMS)
