"""Regular expressions of a JSON schema, as llama.cpp turns them into a grammar.

It knows groups, classes, counts and alternatives, but nothing that looks around, back or at a
word's edge; an expression that it does not know silently frees the whole answer. It wants both
anchors, where JSON Schema lets an expression match anywhere. Counts within counts multiply, and
with them the time that it needs for one token, in which no other stream moves.
"""

import re
import warnings
from typing import Any

from rillet.words.errors import InvalidRequest

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


def engine_pattern(pattern: Any, at: str) -> str:
    """The expression with both anchors. Raises `InvalidRequest`; `at` is the place it names."""
    if not isinstance(pattern, str):
        raise _refused(at, "must be a text")
    if len(pattern) > MAX_LENGTH:
        raise _refused(at, f"is longer than {MAX_LENGTH} characters")
    plain: str = _TOKEN.sub(_plain_class, pattern)
    inner, at_start, at_end = _without_anchors(plain)
    alternatives = _check(inner, at)
    try:
        with warnings.catch_warnings(action="ignore"):  # of brackets that later versions may read
            re.compile(_PROPERTY.sub("w", plain))
    except (re.error, OverflowError, RecursionError) as error:
        raise _refused(at, f"is not a regular expression: {error}") from None
    if at_start and at_end:
        return plain
    if alternatives and (at_start or at_end):
        raise _refused(at, "anchors only one of its alternatives; put them into a group")
    return "^" + ("" if at_start else ".*") + f"(?:{inner})" + ("" if at_end else ".*") + "$"


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


def _check(inner: str, at: str) -> bool:
    """Whether it has alternatives outside of groups."""
    depth = 0
    alternatives = False
    for token in _TOKEN.finditer(inner):
        text = token[0]
        if token["escape"] and text[1] in "AZzbBGKk123456789":
            raise _refused(at, f"has {text}, which cannot be enforced")
        if token["special"] and text not in ("(?:", "(?P<"):
            raise _refused(at, f"has {text}…, which cannot be enforced")
        if token["klass"] and any(pair in text for pair in ("&&", "--", "~~", "||")):
            raise _refused(at, f"has {text}, which engines read as two classes")
        if token["count"] and not _COUNT.fullmatch(text):
            raise _refused(at, f"has {text}, which is no count; write \\{{ for a brace")
        if token["anchor"]:
            raise _refused(at, f"has {text} in its middle, which cannot be enforced")
        depth += bool(token["open"] or token["special"]) - bool(token["close"])
        if depth > _MAX_GROUPS:
            raise _refused(at, f"nests more than {_MAX_GROUPS} groups")
        alternatives = alternatives or bool(token["bar"] and depth == 0)
    if (repeated := _nested(inner)) > _MAX_NESTED:
        raise _refused(at, f"repeats a repetition {repeated} times; {_MAX_NESTED} are the most")
    return alternatives


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


def _refused(at: str, what: str) -> InvalidRequest:
    return InvalidRequest(f"The format is not a usable JSON schema: {at} {what}")
