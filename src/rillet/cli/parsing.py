"""Arguments as Ollama's command line takes them.

Flags may stand anywhere among the words, `--flag=false` turns a switch off, `--think` may stand
alone or with `=value`, what follows a flag that takes a value is its value, and after `--`
everything is a word. The first line of an error is the one that Ollama's users know.
"""

import argparse
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NoReturn

from rillet.cli import screen
from rillet.cli.exits import UsageError

_TRUE = ("1", "t", "T", "true", "TRUE", "True")
_NUMBER = re.compile(r"-[\d.]+")  # no flag is one
_NO_NUMBER = re.compile(r"argument (.+): invalid (?:int|whole) value: '(.*)'")  # argparse says
_DIGITS = re.compile(r"[+-]?[0-9A-Za-z_]+")  # no blanks around them, no digits of other scripts
_OCTAL = re.compile(r"^([+-]?)0_?(?=[0-9])")
_WIDEST = 100  # columns of help
_ALONE = ("--think", "--truncate")  # they have a value, which may be left out
_FALSE = ("0", "f", "F", "false", "FALSE", "False")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal; argparse's own way to find out costs more than all of this."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=min(screen.output().width(), _WIDEST) - 2)


class Parser(argparse.ArgumentParser):
    """argparse, with errors in one line and help that keeps the lines of its examples."""

    def __init__(self, *, prog: str, usage: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=prog,
            usage=f"{prog} {usage}".rstrip(),
            description=description,
            epilog="Examples:\n" + epilog.strip("\n"),
            formatter_class=_Formatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        message = _NO_NUMBER.sub(r'invalid argument "\2" for "\1" flag: it is a number', message)
        raise UsageError(f"{message}\nHow it goes: {self.prog} --help")

    def unknown(self, message: str, flag: str) -> NoReturn:
        """An error about a flag that is none here, with what to do instead where that is known."""
        from rillet.cli.foreign import flag_instead

        instead = flag_instead(self.prog.partition(" ")[2], flag)
        self.error(f"{message}\n{instead}" if instead else message)

    def _print_message(self, message: str, file: Any = None) -> None:
        screen.output().write(message)  # so that a pipe that closes early is noticed here

    def switch(self, *names: str, help: str, dest: str | None = None) -> None:
        named: dict[str, Any] = {"dest": dest} if dest else {}
        self.add_argument(*names, action="store_true", help=help, **named)

    def host(self) -> None:
        """The flag that every command has."""
        self.add_argument(
            "--host", metavar="HOST", help="the server (RILLET_HOST, OLLAMA_HOST, 127.0.0.1:11434)"
        )


def parse(parser: Parser, argv: list[str]) -> argparse.Namespace:
    """Raises `UsageError`."""
    flags: list[str] = []
    words: list[str] = []
    args = iter(argv)
    for arg in args:
        if arg == "--":
            words += args
        elif arg.startswith("--"):
            flags += _long(parser, arg, args)
        elif len(arg) > 1 and arg[0] == "-" and not _NUMBER.fullmatch(arg):
            flags += _short(parser, arg, args)
        else:
            words.append(arg)
    if not {"-h", "--help"} & set(flags):
        _count(parser, words)
    if not any(word.startswith("-") for word in words):
        return parser.parse_args([*flags, *words])
    return _with_dashes(parser, flags, words)


def _with_dashes(parser: Parser, flags: list[str], words: list[str]) -> argparse.Namespace:
    """Words that look like flags: argparse would lose a lone `--` among them."""
    last = parser._positionals._group_actions[-1:]
    if last and last[0].nargs == "*":
        before = len(parser._positionals._group_actions) - 1
        parsed = parser.parse_args([*flags, "--", *words[:before]])
        setattr(parsed, last[0].dest, words[before:])
        return parsed
    return parser.parse_args([*flags, "--", *words])


def _long(parser: Parser, arg: str, following: Iterator[str]) -> list[str]:
    """One flag and its value in the way argparse wants them; nothing for one that is off."""
    name, equals, value = arg.partition("=")
    if name[2:3] in ("", "-"):
        parser.error(f"bad flag syntax: {arg}")
    action = parser._option_string_actions.get(name)
    if action is None:
        parser.unknown(f"unknown flag: {name}", name)
    if action.nargs == 0:
        return _switched(parser, name, value if equals else "true")
    if name in _ALONE and not (equals and (value or name == "--truncate")):
        return [f"{name}=true"]
    if equals:
        return [arg]
    return _valued(parser, action, name, name, following)


def _short(parser: Parser, arg: str, following: Iterator[str]) -> list[str]:
    """Flags of one letter, which may stand together, the last one with its value."""
    found: list[str] = []
    letters = arg[1:]
    while letters:
        name, letters = f"-{letters[0]}", letters[1:]
        action = parser._option_string_actions.get(name)
        if action is None:
            parser.unknown(f"unknown shorthand flag: '{name[1]}' in {arg}", name)
        if action.nargs == 0:
            value, letters = (letters[1:], "") if letters[:1] == "=" else ("true", letters)
            found += _switched(parser, name, value)
        elif letters:
            return [*found, *_joined(name, letters.removeprefix("="))]
        else:
            said = f"'{name[1]}' in {arg}"
            return [*found, *_valued(parser, action, name, said, following)]
    return found


def _switched(parser: Parser, name: str, value: str) -> list[str]:
    try:
        return [name] if truth(name, value) else []
    except UsageError as error:
        parser.error(str(error))


def truth(name: str, value: str) -> bool:
    """What is said to the flag `name`. Raises `UsageError`."""
    if value not in (*_TRUE, *_FALSE):
        raise UsageError(f'invalid argument "{value}" for "{name}" flag: it is true or false')
    return value in _TRUE


def whole(text: str) -> int:
    """A whole number as Go reads it: 16, 0x10, 0o20, 020, 1_6. Raises `ValueError`."""
    if not _DIGITS.fullmatch(text):
        raise ValueError(text)
    number = int(_OCTAL.sub(r"\g<1>0o", text), 0)
    if not -(2**63) <= number < 2**63:
        raise ValueError(text)
    return number


def _valued(
    parser: Parser, action: argparse.Action, name: str, said: str, following: Iterator[str]
) -> list[str]:
    """A flag with the value, or the values, that follow it."""
    wanted = action.nargs if isinstance(action.nargs, int) else 1
    values = list(islice(following, wanted))
    known = ("--", *parser._option_string_actions)
    if len(values) < wanted or values[0].partition("=")[0] in known:
        parser.error(f"flag needs an argument: {said}")
    if wanted > 1:
        return [name, *values]
    return _joined(name, values[0])


def _joined(name: str, value: str) -> list[str]:
    """As argparse knows that it belongs together, also where it begins with a dash or is empty."""
    if name.startswith("--"):
        return [f"{name}={value}"]
    return [f"{name}{value}"] if value else [name, ""]


def _count(parser: Parser, words: Sequence[str]) -> None:
    """Whether there are as many words as the command wants."""
    kinds = [action.nargs for action in parser._positionals._group_actions]
    least = sum(kind in (None, "+") for kind in kinds)
    most = None if {"*", "+"} & set(kinds) else len(kinds)
    received = len(words)
    if least == most != received:
        parser.error(f"accepts {most} arg(s), received {received}")
    if received < least:
        parser.error(f"requires at least {least} arg(s), only received {received}")
    if most is not None and received > most:
        parser.error(f"accepts at most {most} arg(s), received {received}")
