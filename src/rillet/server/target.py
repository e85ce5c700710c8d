"""The target of a request, taken apart as Go's server does it.

A "#" has no meaning there, as browsers send none. A target with a scheme names its host, and its
path may be empty (RFC 9112, 3.2).
"""

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:(?://(?:[^/?@]*@)?([^/?]*))?")
_FOREIGN = re.compile(rb"[\x80-\xff]")


class Target(NamedTuple):
    """`host` is None where none is named; `raw_path` still has its escapes."""

    host: bytes | None
    raw_path: bytes
    path: str
    query: bytes


def escaped(text: bytes) -> bytes:
    """With percent signs in place of all that is not ASCII."""
    return _FOREIGN.sub(lambda found: b"%%%02X" % found[0][0], text)


def parse_target(target: bytes) -> Target:
    """Raises `ValueError` for what is neither a path, nor "*", nor has a scheme."""
    absolute = _ABSOLUTE.match(target)
    rest = target[absolute.end() :] if absolute else target
    raw_path, _, query = rest.partition(b"?")
    if absolute:
        if not raw_path.startswith(b"/"):  # what stands there is opaque
            raw_path = b""
    elif not raw_path.startswith(b"/") and target != b"*":
        raise ValueError("the target of the request is no path")
    path = unquote_to_bytes(raw_path).decode("utf-8", "replace")
    return Target((absolute and absolute[1]) or None, raw_path, path, query)
