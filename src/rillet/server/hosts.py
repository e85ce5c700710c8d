"""What a Host header names: this machine, an address, or something else."""

import ipaddress
import re
from functools import lru_cache

_LOCAL_SUFFIXES = (".localhost", ".local", ".internal")
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.%]+)\]|([^:]*))(?::[0-9]*)?")
_WORD = re.compile(r"[A-Za-z0-9!$%&'()*+,\-.:;=\[\]_~]*")


def is_well_formed(host: str) -> bool:
    """Whether it has only characters of a host (RFC 3986, 3.2.2)."""
    return _WORD.fullmatch(host) is not None


@lru_cache(maxsize=256)  # every request asks, nearly always for the same
def host_allowed(host: str, own_name: str = "") -> bool:
    """Whether a Host header names this machine, whose name is `own_name`."""
    name = _without_port(host).lower().removesuffix(".")
    if name in ("", "localhost", own_name) or name.endswith(_LOCAL_SUFFIXES):
        return True
    address = _address(name)
    if address is None:
        return False
    return address.is_loopback or address.is_unspecified or _is_private(address)


@lru_cache(maxsize=256)
def is_address(host: str) -> bool:
    """Whether a Host header has an IP address in place of a name."""
    return _address(_without_port(host)) is not None


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return None


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
