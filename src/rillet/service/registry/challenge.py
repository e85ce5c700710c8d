"""What a 401 asks for. Pure. Source: RFC 6750 and the token flow of container registries."""

from msgspec import Struct

_LONGEST = 8192


class Challenge(Struct, frozen=True):
    """Where a token is to be had, and what to ask for there."""

    realm: str
    service: str = ""
    scope: str = ""

    def query(self) -> list[tuple[str, str]]:
        """The fields of the request for a token; several scopes are asked for one by one."""
        service = [("service", self.service)] if self.service else []
        return [*service, *(("scope", scope) for scope in self.scope.split())]


def parse_challenge(header: str) -> Challenge | None:
    """Read the value of WWW-Authenticate; None where it does not ask for a bearer token."""
    from urllib.request import parse_http_list, parse_keqv_list  # slow to import, rarely needed

    header = header[:_LONGEST].strip()
    scheme, _, rest = header.partition(" ")
    if scheme.lower().startswith("realm="):  # without a scheme; Ollama takes that
        rest = header
    elif scheme.lower() != "bearer":
        return None
    try:
        fields = parse_keqv_list(parse_http_list(rest))
    except (ValueError, IndexError):
        return None
    found = {name.strip().lower(): value for name, value in fields.items()}
    if not found.get("realm"):
        return None
    return Challenge(found["realm"], found.get("service", ""), found.get("scope", ""))
