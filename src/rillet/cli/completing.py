"""What may stand at the end of a command line: for the scripts of `rillet completion`.

It is asked while somebody types: it is quick, and silent whatever is amiss.
"""

import re
from collections.abc import Iterable
from importlib import import_module
from itertools import pairwise

from rillet.cli import screen
from rillet.cli.main import ALIASES, COMMANDS, module_of
from rillet.cli.parsing import Parser

_WITH_MODEL = ("run", "chat", "show", "push", "pull", "cp", "rm", "stop", "compare", "list", "ps")
_WORDS = {
    "history": ("list", "search", "show", "export", "delete", "path"),
    "template": ("list", "show", "save", "rm", "path"),
    "completion": ("bash", "zsh", "fish"),
}
_OF_MODEL = ("-m", "--model", "--preload")
_OF_TEMPLATE = ("-t", "--template")
_VALUES = {
    "--think": ("true", "false", "low", "medium", "high", "max"),
    "--format": ("json",),
    "--fault": ("truncate", "stall", "reset", "drip", "slow"),
}
_ONLY_BEHIND_EQUALS = ("--think",)
_SAFE = re.compile(r"[\w.:/@+=-]+")  # what no shell reads as more than a word


def complete(words: list[str]) -> int:
    """Print the candidates for the last of `words`, one a line."""
    try:
        found = [each for each in candidates(words) if _SAFE.fullmatch(each)]
    except Exception:
        return 0
    screen.output().write("".join(f"{each}\n" for each in found))
    return 0


def candidates(words: list[str]) -> list[str]:
    """Those that begin as the last word does."""
    *before, typed = words or [""]
    flag, equals, value = typed.partition("=")
    if equals and flag.startswith("--"):
        possible: Iterable[str] = (f"{flag}={each}" for each in _values(flag, before, value))
    elif before and before[-1] not in _ONLY_BEHIND_EQUALS and _takes_value(before[-1]):
        possible = _values(before[-1], before, typed)
    else:
        possible = _possible(before, typed)
    return [each for each in possible if each.startswith(typed)]


def _takes_value(flag: str) -> bool:
    return flag in (*_OF_MODEL, *_OF_TEMPLATE, *_VALUES)


def _values(flag: str, before: list[str], typed: str) -> Iterable[str]:
    if flag in _OF_TEMPLATE:
        from rillet.cli.templates import names

        return names()
    return _models(before, typed) if flag in _OF_MODEL else _VALUES.get(flag, ())


def _possible(before: list[str], typed: str) -> Iterable[str]:
    if not before and not typed.startswith("-"):
        return [*COMMANDS, *ALIASES, "chat"]
    name = ALIASES.get(before[0], before[0]) if before else "run"
    if typed.startswith("-"):
        return _flags(name)
    if name == "help":
        return COMMANDS
    if len(before) == 1 and name in _WORDS:
        return _WORDS[name]
    if name == "template" and before[1] in ("show", "rm"):
        from rillet.cli.templates import names

        return names()
    first = not any(word for word in before[1:] if not word.startswith("-"))
    if name in ("rm", "compare") or (name in _WITH_MODEL and first):
        return _models(before, typed)
    return ()


def _flags(name: str) -> list[str]:
    name = "run" if name == "chat" else name
    if name not in COMMANDS:
        name = "run"
    parser = Parser(prog=name, usage="", description="", epilog="")
    import_module(f"rillet.cli.commands.{module_of(name)}").arguments(parser)
    return sorted(flag for flag in parser._option_string_actions if flag != "--default-model")


def _models(before: list[str], typed: str) -> list[str]:
    """Without the tag that everything has, until a tag is typed."""
    from rillet.cli import where
    from rillet.words.timeouts import Timeouts

    host = next((after for word, after in pairwise(before) if word == "--host"), None)
    there = where.place(host, Timeouts(connect=1, first_token=2, between_tokens=2, total=3))
    with there.client:
        names = [model.name for model in there.client.tags()]
    return sorted(names if ":" in typed else (name.removesuffix(":latest") for name in names))
