"""Servers that stand behind one another in a ring, or behind themselves.

Each question to another server names those that it has passed. One that comes back is answered by
what there is in the place itself: else it would go round for ever, and a model that is gone would
stand in the lists of all for the sake of the others.
"""

from contextvars import ContextVar

HEADER = "rillet-via"
#: The servers that the question at hand has passed, as the header has them.
PASSED: ContextVar[str] = ContextVar("passed", default="")
_MOST = 16  # servers one behind the other


def through(id: str) -> tuple[str, str]:
    """The header of a question that this server sends on."""
    before = PASSED.get()
    return HEADER, f"{before}, {id}" if before else id


def came_back(id: str) -> bool:
    """Whether the question at hand was here before, or has come too far."""
    ids = PASSED.get().split(", ")
    return id in ids or len(ids) >= _MOST
