"""Regular expressions of a JSON schema, as llama.cpp turns them into a grammar.

It knows groups, classes, counts and alternatives, but nothing that looks around, back or at a
word's edge; an expression that it does not know silently frees the whole answer, so it is not shown
one. It wants both anchors, where JSON Schema lets an expression match anywhere. Counts within
counts multiply, and with them the time that it needs for one token, in which no other stream moves.
"""

import re
import warnings

MAX_LENGTH = 2000
_MAX_GROUPS = 50  # nested
_MAX_NESTED = 2000  # repetitions, of counts within counts

_TOKEN = re.compile(
    r"""(?P<escape>\\[pP]\{[^{}]*\}|\\.)
    | (?P<klass>\[\^?\]?(?:\\.|[^\]\\])*\])
    | (?P<special>\(\?(?:<[=!]|P<|.))
    | (?P<count>\{[^{}]*\}?)
    | (?P<anchor>[\^$])
    | (?P<bar>\|)
    | (?P<open>\() | (?P<close>\))""",
    re.VERBOSE | re.DOTALL,
)
_PROPERTY = re.compile(
    r"(?<=\\)[pP](?:\{\^?[\w=]{1,40}\}|[A-Z])"
)  # of a character; Python has none
_COUNT = re.compile(r"\{[0-9]{1,6}(,[0-9]{0,6})?\}")


def engine_pattern(pattern: str) -> str | None:
    """The expression with both anchors; None for one that cannot be enforced."""
    if len(pattern) > MAX_LENGTH:
        return None
    plain: str = _TOKEN.sub(_plain_class, pattern)
    parts = [_without_anchors(part) for part in _alternatives(plain)]
    if not all(_enforceable(inner) for inner, _, _ in parts) or not _compiles(plain):
        return None
    if len(parts) == 1 and all(parts[0][1:]):
        return plain
    if len({part[1:] for part in parts}) == 1:
        parts = [("|".join(inner for inner, _, _ in parts), *parts[0][1:])]
    whole = "|".join(_whole(*part) for part in parts)
    return f"^(?:{whole})$" if len(parts) > 1 else f"^{whole}$"


def _whole(inner: str, at_start: bool, at_end: bool) -> str:
    return ("" if at_start else ".*") + f"(?:{inner})" + ("" if at_end else ".*")


def _alternatives(pattern: str) -> list[str]:
    """The expression, cut at its bars outside of groups."""
    depth, begin, parts = 0, 0, []
    for token in _TOKEN.finditer(pattern):
        depth += bool(token["open"] or token["special"]) - bool(token["close"])
        if token["bar"] and depth == 0:
            parts.append(pattern[begin : token.start()])
            begin = token.end()
    return [*parts, pattern[begin:]]


def _compiles(pattern: str) -> bool:
    try:
        with warnings.catch_warnings(action="ignore"):  # of brackets that later versions may read
            re.compile(_PROPERTY.sub("w", pattern))
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _plain_class(token: re.Match[str]) -> str:
    """A bracket in a class is a character; the engine would open another class there."""
    text: str = token[0]
    if not token["klass"]:
        return text
    return "[" + re.sub(r"(?<!\\)\[", r"\[", text[1:])


def _without_anchors(pattern: str) -> tuple[str, bool, bool]:
    at_start = pattern.startswith("^")
    rest = pattern[at_start:]
    slashes = len(rest) - 1 - len(rest[:-1].rstrip("\\"))
    at_end = rest.endswith("$") and slashes % 2 == 0
    return (rest[:-1] if at_end else rest), at_start, at_end


def _enforceable(inner: str) -> bool:
    """Whether the engine knows all that stands in an alternative, without its anchors."""
    depth = 0
    for token in _TOKEN.finditer(inner):
        text = token[0]
        if token["anchor"] or (token["escape"] and text[1] in "AZzbBGKk123456789"):
            return False
        if token["special"] and text not in ("(?:", "(?P<"):
            return False
        if token["klass"] and any(pair in text for pair in ("&&", "--", "~~", "||")):
            return False  # engines read it as two classes
        if token["count"] and not _COUNT.fullmatch(text):
            return False
        depth += bool(token["open"] or token["special"]) - bool(token["close"])
        if depth > _MAX_GROUPS:
            return False
    return _nested(inner) <= _MAX_NESTED


def _nested(pattern: str) -> int:
    """How often the innermost part is repeated at the most, by counts within counts."""
    groups, closed, end, most = [1], 1, -1, 1
    for token in _TOKEN.finditer(pattern):
        if token["open"] or token["special"]:
            groups.append(1)
        elif token["close"]:
            closed, end = groups.pop(), token.end()
            groups = groups or [1]
            groups[-1] = max(groups[-1], closed)
        elif token["count"]:
            inner = closed if token.start() == end else 1
            repeated = inner * max(map(int, re.findall("[0-9]+", token[0])))
            groups[-1] = max(groups[-1], repeated)
            most = max(most, repeated) if inner > 1 else most
    return most
