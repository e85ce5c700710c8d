"""Types that msgspec has learned, so that threads may read them at the same time.

It works a struct out when it is first read, and a second thread that reads the same one meanwhile
finds half of that: the process ends by SIGSEGV (msgspec 0.21).
"""

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_learning = threading.Lock()
_learned: set[Any] = set()


def learned(kind: type[T]) -> type[T]:
    """The type itself, worked out with all that it consists of."""
    if kind not in _learned:
        with _learning:
            msgspec.json.Decoder(kind)
            _learned.add(kind)
    return kind
