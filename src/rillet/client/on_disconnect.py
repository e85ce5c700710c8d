"""What becomes of an answer whose connection is lost for good: `on_disconnect`, as a header.

Only servers that keep records of answers look at it (docs/resume.md).
"""

from collections.abc import Mapping
from math import ceil
from typing import Any

from rillet.net.http1 import HeaderList
from rillet.words.errors import InvalidRequest

LONGEST = 86_400  # seconds


def on_disconnect_headers(options: Mapping[str, Any]) -> HeaderList:
    """The header of an `on_disconnect`, if there is one. Raises `InvalidRequest`."""
    wish = options.get("on_disconnect")
    if wish is None:
        return ()
    if wish in ("cancel", "keep"):
        return (("rillet-on-disconnect", wish),)
    if isinstance(wish, int | float) and not isinstance(wish, bool) and 0 <= wish <= LONGEST:
        return (("rillet-on-disconnect", f"detach={ceil(wish)}"),)
    raise InvalidRequest(
        f'on_disconnect is "cancel", "keep" or a number of seconds up to {LONGEST}, not {wish!r}'
    )
