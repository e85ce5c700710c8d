"""Arguments as Ollama's command line takes them.

Flags may stand anywhere among the words, `--flag=false` turns a switch off, `--think` may stand
alone or with `=value`, and after `--` everything is a word.
"""

import argparse
from typing import Any, NoReturn

from rillet.cli import screen
from rillet.cli.exits import UsageError

_TRUE = ("1", "t", "T", "true", "TRUE", "True")
_WIDEST = 100  # columns of help
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
        raise UsageError(f"{message}\nHow it goes: {self.prog} --help")

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
    """Raises `UsageError`. What stands behind `--` is added to `words`, where there are such."""
    end = argv.index("--") if "--" in argv else len(argv)
    flags, words = [_plain(parser, arg) for arg in argv[:end]], argv[end + 1 :]
    parsed, unknown = parser.parse_known_intermixed_args(
        [each for each in flags if each is not None]
    )
    if unknown:
        parser.error(f"there is no {unknown[0]} here")
    if words and not hasattr(parsed, "words"):
        return parser.parse_args(argv)
    if words:
        parsed.words += words
    return parsed


def _plain(parser: Parser, arg: str) -> str | None:
    """One argument in the way argparse wants it; None to leave it out."""
    name, equals, value = arg.partition("=")
    if not name.startswith("--") or (action := parser._option_string_actions.get(name)) is None:
        return arg
    if action.nargs == 0 and equals:
        if value not in (*_TRUE, *_FALSE):
            parser.error(f'invalid argument "{value}" for "{name}": it is true or false')
        return name if value in _TRUE else None
    return f"{name}=true" if name == "--think" and not equals else arg
