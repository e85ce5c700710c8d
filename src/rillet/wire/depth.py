"""How deep a JSON value is nested, asked without recursion.

Interpreters differ in how deep a value they decode (3.11 stops near 1,000 levels, 3.14 where the
stack ends), and what is done with it afterwards goes deeper than that, in Python or in the engine.
"""

from typing import Any

#: Levels of arrays and objects. No schema, tool call or request of any use comes near.
MAX_DEPTH = 256


def too_deep(value: Any, most: int = MAX_DEPTH) -> bool:
    """Whether arrays and objects stand in each other more than `most` levels deep."""
    level = [value] if type(value) in (dict, list) else []
    for _ in range(most):
        if not level:
            return False
        level = [
            item
            for one in level
            for item in (one.values() if type(one) is dict else one)
            if type(item) in (dict, list)
        ]
    return bool(level)
