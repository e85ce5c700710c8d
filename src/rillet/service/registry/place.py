"""Where something is on the web, and where a `Location` leads from there. Pure."""

from msgspec import Struct

from rillet.net.address import Target, parse_host
from rillet.service.registry.patience import RegistryError
from rillet.words.errors import InvalidHost

_AS_IT_IS = "".join(map(chr, range(0x21, 0x7F)))  # also a "%": it stands for something already
_LONGEST = 16384  # bytes of a location; signed ones are about 1,000


class Place(Struct, frozen=True):
    """A server, and the path with its query there."""

    target: Target
    path: str

    @property
    def host(self) -> str:
        return self.target.host_header

    def at(self, path: str) -> "Place":
        """Another path on the same server."""
        return Place(self.target, path)

    def with_query(self, query: str) -> "Place":
        return self.at(f"{self.path}{'&' if '?' in self.path else '?'}{query}")

    def same_server(self, other: "Place") -> bool:
        here, there = self.target, other.target
        return (here.scheme, here.host.lower(), here.port) == (
            there.scheme,
            there.host.lower(),
            there.port,
        )

    def resolve(self, location: str) -> "Place":
        """Where `location` leads from here.

        Raises `RegistryError` where that is no place of the web, or where it leads from TLS to
        plain HTTP.
        """
        from urllib.parse import quote, urljoin, urlsplit  # 8 ms of start-up that few need

        here = f"{self.target.scheme}://{self.target.host_header}{self.path}"
        try:
            if len(location) > _LONGEST:
                raise ValueError
            parts = urlsplit(urljoin(here, location.strip()))
            if parts.scheme not in ("http", "https"):
                raise ValueError
            target = parse_host(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
        except (InvalidHost, ValueError):
            raise RegistryError(
                f"{self.host} leads to {location[:200]!r}, no web address"
            ) from None
        if self.target.scheme == "https" and target.scheme != "https":
            raise RegistryError(f"{self.host} leads to {location[:200]!r}, which is not encrypted")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Place(target, quote(path, safe=_AS_IT_IS))
