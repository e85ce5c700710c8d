"""Which proxy a request goes through: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY. Pure.

Lower-case names win over upper-case ones, as in curl. This machine is never asked through a proxy,
whatever NO_PROXY says: a local model server is the common case, and no proxy can reach it.

NO_PROXY is a list by commas or blanks: "*", names (which mean their subdomains too, with or without
a leading "." or "*."), addresses, networks ("10.0.0.0/8"), each with or without ":port".
"""

import socket
from base64 import b64encode
from collections.abc import Mapping

from msgspec import Struct

from rillet.net.address import Target, parse_host
from rillet.words.errors import InvalidHost, InvalidRequest


class Proxy(Struct, frozen=True):
    """An HTTP proxy. `authorization` is the value of Proxy-Authorization, if it wants one."""

    host: str
    port: int
    authorization: str | None = None

    def __repr__(self) -> str:
        return f"Proxy({self.host!r}, {self.port})"


def proxy_for(target: Target, env: Mapping[str, str]) -> Proxy | None:
    """The proxy between us and `target`, or None. Raises `InvalidRequest` for one we cannot use."""
    if target.is_loopback:
        return None
    variable, value = _setting(target.scheme, env)
    if not value or _exempt(target, _first(env, "no_proxy")):
        return None
    return _parse(variable, value)


def basic_authorization(user: str, password: str | None) -> str:
    """The value of an Authorization header for a name and a password (RFC 7617, UTF-8)."""
    return "Basic " + b64encode(f"{user}:{password or ''}".encode()).decode()


def _setting(scheme: str, env: Mapping[str, str]) -> tuple[str, str]:
    for name in (f"{scheme}_proxy", "all_proxy"):
        # Under CGI, HTTP_PROXY is a header that a stranger sent (CVE-2016-5385).
        cgi = name == "http_proxy" and "REQUEST_METHOD" in env
        value = env.get(name, "").strip() or ("" if cgi else env.get(name.upper(), "").strip())
        if value:
            return name.upper(), value
    return "", ""


def _first(env: Mapping[str, str], name: str) -> str:
    return env.get(name) or env.get(name.upper()) or ""


def _parse(variable: str, value: str) -> Proxy:
    scheme, mark, rest = value.partition("://")
    if mark and scheme.lower() != "http":
        raise InvalidRequest(
            f"{variable} names a {scheme} proxy, which is not supported",
            hint=f"Use an http:// proxy, unset {variable}, or list the host in NO_PROXY",
        )
    try:
        place = parse_host(f"http://{rest if mark else value}")
    except InvalidHost:
        raise InvalidRequest(
            f"{variable} is not the address of a proxy",
            hint=f'Write it like "http://proxy.example:3128", or unset {variable}',
        ) from None
    secret = None
    if place.user is not None:
        secret = basic_authorization(place.user, place.password)
    return Proxy(place.host, place.port, secret)


def _exempt(target: Target, no_proxy: str) -> bool:
    host = target.host.lower().removesuffix(".")
    for entry in no_proxy.lower().replace(",", " ").split():
        if entry == "*":
            return True
        name, port = _split_entry(entry)
        if port and port != str(target.port):
            continue
        if "/" in name:
            if _in_network(host, name):
                return True
        elif _same_or_below(host, name):
            return True
    return False


def _split_entry(entry: str) -> tuple[str, str]:
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, rest.removeprefix(":")
    if entry.count(":") == 1:
        name, _, port = entry.partition(":")
        return name, port
    return entry, ""


def _same_or_below(host: str, name: str) -> bool:
    address = _address(name)
    if address is not None:
        return address == _address(host)
    name = name.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _in_network(host: str, network: str) -> bool:
    base_text, _, bits_text = network.partition("/")
    base, address = _address(base_text), _address(host)
    if base is None or address is None or len(base) != len(address) or not bits_text.isdigit():
        return False
    shift = max(len(base) * 8 - int(bits_text), 0)
    return int.from_bytes(base, "big") >> shift == int.from_bytes(address, "big") >> shift


def _address(text: str) -> bytes | None:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_pton(family, text.partition("%")[0])
        except (OSError, ValueError):
            pass
    return None
