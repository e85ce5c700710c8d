"""Where a redirected request goes next. Pure.

All of 301, 302, 307 and 308 keep the method and the body: an API that moved is still that API,
and a POST turned into a GET (RFC 9110 only tolerates it) would come back empty. 303 asks for a GET.
Credentials go to no other host than the one they were given for.
"""

from msgspec.structs import replace

from rillet.net.address import Target, parse_host
from rillet.net.http1 import Head, Request
from rillet.words.errors import InvalidHost, ServerError

MAX_REDIRECTS = 5
_SENT = "/?%:@!$&'()*+,;=~-._"  # characters of a path and its query that need no coding
_HARMLESS = ("accept", "content-type", "user-agent")  # all else may be a credential


def is_redirect(head: Head) -> bool:
    return head.status in (301, 302, 303, 307, 308) and "location" in head.headers


def follow(target: Target, request: Request, head: Head) -> tuple[Target, Request]:
    """The next target and request. Raises `ServerError` for a location that cannot be followed.

    The path of the request that comes back is whole: its target has no prefix.
    """
    from urllib.parse import quote, urljoin, urlsplit  # 8 ms of start-up that few need

    location = head.headers["location"].strip()
    here = f"{target.scheme}://{target.authority}{target.prefix}{request.path}"
    try:
        parts = urlsplit(urljoin(here, location))
        there = parse_host(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
    except (InvalidHost, ValueError):
        raise ServerError(f"The server redirects to {location!r}", status=head.status) from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    path = quote(path, safe=_SENT)  # some servers write it as people do
    if _is_same_server(target, there):
        there = replace(target, prefix="", scheme=there.scheme, port=there.port)
    else:
        kept = tuple(field for field in request.headers if field[0].lower() in _HARMLESS)
        request = replace(request, headers=kept)
    if head.status == 303 and request.method != "HEAD":
        request = replace(request, method="GET", body=b"", length=None)
    else:
        _check_repeatable(request, head)
    return there, replace(request, path=path)


def _is_same_server(here: Target, there: Target) -> bool:
    if here.host.lower() != there.host.lower():
        return False
    upgraded = (here.scheme, here.port, there.scheme, there.port) == ("http", 80, "https", 443)
    return upgraded or (here.scheme, here.port) == (there.scheme, there.port)


def _check_repeatable(request: Request, head: Head) -> None:
    """A body that can be read only once cannot be sent a second time."""
    body = request.body
    if not isinstance(body, bytes) and iter(body) is body:
        raise ServerError(
            f"The server redirects an upload to {head.headers['location']!r}",
            status=head.status,
            hint="Use that address as the host",
        )
