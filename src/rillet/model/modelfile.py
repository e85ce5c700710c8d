"""Modelfiles: the recipe of a model, read and written.

    FROM ./weights.gguf
    PARAMETER temperature 0.7
    SYSTEM \"\"\"You are brief.\"\"\"

A line is a command and its value; the value is bare, or in one or three double quotes, and then may
go over lines up to one that ends with the closing quotes. `#` begins a comment line.
Source: Ollama's documentation of the Modelfile (docs/modelfile.md) and its error texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from rillet.words.errors import InvalidRequest, ModelError

from .parameters import Parameter, each, parse_parameter, show

COMMANDS: Final = (
    "from", "license", "template", "system", "adapter", "draft", "renderer", "parser",
    "parameter", "message", "requires",
)  # fmt: skip
_EMPTY: Final = ("license", "template", "system", "parameter", "message")
_SPACES: Final = (" ", "\t")
ROLES: Final = ("system", "user", "assistant")

_MAX_BYTES: Final = 16 << 20
_VERSION = re.compile(r"v?\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


class InvalidModelfile(ModelError, ValueError):
    """The text is not a Modelfile; where one line is to blame it begins with `(line N): `."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(f"(line {line}): {problem}" if line else problem)
        self.line = line


class Command(msgspec.Struct, frozen=True):
    """One command: `name` in small letters; `key` is a PARAMETER's name or a MESSAGE's role."""

    name: str
    value: str
    key: str = ""
    line: int = 0


class Turn(msgspec.Struct, frozen=True):
    """A MESSAGE: part of every conversation with the model, before the user's own."""

    role: str
    content: str


class Modelfile(msgspec.Struct, frozen=True, kw_only=True):
    """What a Modelfile says, with its types. Of a command that may stand once the last counts."""

    sources: tuple[str, ...]  # FROM: a model's name or a path; a projector may follow
    parameters: dict[str, Parameter] = {}
    template: str | None = None
    system: str | None = None
    messages: tuple[Turn, ...] = ()
    licenses: tuple[str, ...] = ()
    adapters: tuple[str, ...] = ()
    draft: str | None = None
    renderer: str | None = None
    parser: str | None = None
    requires: str | None = None
    deprecated: tuple[str, ...] = ()  # parameters without effect, for a warning

    @property
    def from_(self) -> str:
        return self.sources[0]


def parse(text: str) -> Modelfile:
    """Read a Modelfile. Raises `InvalidModelfile`."""
    return interpret(parse_commands(text))


def parse_commands(text: str) -> list[Command]:
    """The commands in their order. Raises `InvalidModelfile`."""
    if len(text) > _MAX_BYTES:
        raise InvalidModelfile(f"the Modelfile is longer than {_MAX_BYTES} characters")
    commands = list(_commands(text.removeprefix("\ufeff")))
    if not any(command.name == "from" for command in commands):
        raise InvalidModelfile("no FROM line")
    return commands


def interpret(commands: Sequence[Command]) -> Modelfile:
    """Give the commands their types. Raises `InvalidModelfile`."""

    def all_of(name: str) -> tuple[str, ...]:
        return tuple(command.value for command in commands if command.name == name)

    def last(name: str) -> str | None:
        return next(reversed(all_of(name)), None)

    texts: dict[str, list[str]] = {}
    lines: dict[str, int] = {}
    for command in commands:
        if command.name == "parameter":
            texts.setdefault(command.key, []).append(command.value)
            lines[command.key] = command.line
    parameters = {name: _parameter(name, values, lines[name]) for name, values in texts.items()}
    return Modelfile(
        sources=all_of("from"),
        parameters={name: value for name, value in parameters.items() if value is not None},
        template=last("template"),
        system=last("system"),
        messages=tuple(Turn(c.key, c.value) for c in commands if c.name == "message"),
        licenses=all_of("license"),
        adapters=all_of("adapter"),
        draft=last("draft"),
        renderer=last("renderer"),
        parser=last("parser"),
        requires=last("requires"),
        deprecated=tuple(name for name, value in parameters.items() if value is None),
    )


def write(modelfile: Modelfile) -> str:
    """The text of a Modelfile; `parse` makes the same of it again.

    The one text that cannot be written so has a line within it that ends with three quotes.
    """
    one = {
        "template": modelfile.template,
        "system": modelfile.system,
        "renderer": modelfile.renderer,
        "parser": modelfile.parser,
        "requires": modelfile.requires,
    }
    rows: list[tuple[str, str]] = [("FROM", source) for source in modelfile.sources]
    rows += [("ADAPTER", adapter) for adapter in modelfile.adapters]
    rows += [("DRAFT", modelfile.draft)] if modelfile.draft is not None else []
    rows += [(name.upper(), text) for name, text in one.items() if text is not None]
    rows += [
        (f"PARAMETER {name}", value if isinstance(value, str) else show(value))
        for name, value in each(modelfile.parameters)
    ]
    rows += [("LICENSE", text) for text in modelfile.licenses]
    rows += [(f"MESSAGE {turn.role}", turn.content) for turn in modelfile.messages]
    return "".join(f"{command} {_quoted(value)}\n" for command, value in rows)


def shown(name: str, modelfile: Modelfile) -> str:
    """The `modelfile` text of /api/show for the model of this name."""
    return (
        '# Modelfile generated by "rillet show"\n'
        "# To build a new Modelfile based on this, replace FROM with:\n"
        f"# FROM {name}\n\n{write(modelfile)}"
    )


def _commands(text: str) -> Iterator[Command]:
    lines = text.split("\n" if "\n" in text else "\r")  # a lone \r ends a line of old editors
    at = 0
    while at < len(lines):
        number, line = at + 1, lines[at].strip()
        at += 1
        if not line or line.startswith("#"):
            continue
        name, rest = _first_word(line)
        name = name.lower()
        if name not in COMMANDS:
            listed = ", ".join(f'"{command}"' for command in COMMANDS[:-1])
            raise InvalidModelfile(f'command must be one of {listed}, or "{COMMANDS[-1]}"', number)
        key = ""
        if name in ("parameter", "message"):
            key, rest = _first_word(rest)
            key = _checked_key(name, key, number)
        # A space with nothing behind it is an empty value: Ollama shows models so.
        if not rest and not (name in _EMPTY and lines[number - 1].rstrip("\r").endswith(_SPACES)):
            raise InvalidModelfile(f"{name.upper()} has no value", number)
        value, at = _value(rest, lines, at, number)
        if name == "requires":
            if not _VERSION.fullmatch(value):
                raise InvalidModelfile(f"requires must be a version, not {value!r}", number)
            value = value.removeprefix("v")
        yield Command(name, value, key, number)


def _first_word(line: str) -> tuple[str, str]:
    parts = line.split(None, 1)
    return (parts[0] if parts else ""), (parts[1] if len(parts) > 1 else "")


def _checked_key(name: str, key: str, line: int) -> str:
    if name == "parameter":
        if not key:
            raise InvalidModelfile("PARAMETER has no name", line)
        return key.lower()
    if key.lower() not in ROLES:
        raise InvalidModelfile('message role must be one of "system", "user", or "assistant"', line)
    return key.lower()


def _value(rest: str, lines: Sequence[str], at: int, number: int) -> tuple[str, int]:
    """The value that begins with `rest`, and the index of the line after it."""
    quotes = '"""' if rest.startswith('"""') else '"' if rest.startswith('"') else ""
    if not quotes:
        return rest, at
    if _closes(rest, quotes, opens=True):
        return rest[len(quotes) : -len(quotes)], at
    # Within quotes every line stands as it is, spaces at its ends too.
    first = lines[at - 1].rstrip("\r")
    parts = [first[first.index(quotes) + len(quotes) :]]
    while at < len(lines):
        line = lines[at].rstrip("\r")
        at += 1
        if _closes(line.rstrip(), quotes, opens=False):
            return "\n".join((*parts, line.rstrip()[: -len(quotes)])), at
        parts.append(line)
    raise InvalidModelfile("unexpected EOF: the quotes that open here are never closed", number)


def _closes(line: str, quotes: str, opens: bool) -> bool:
    return line.endswith(quotes) and len(line) >= len(quotes) * (2 if opens else 1)


def _parameter(name: str, texts: Sequence[str], line: int) -> Parameter | None:
    try:
        return parse_parameter(name, texts)
    except InvalidRequest as error:
        raise InvalidModelfile(error.message, line) from None


def _quoted(text: str) -> str:
    """The text as a value: bare where that reads the same, else in quotes."""
    plain = text == text.strip() and "\n" not in text and "\r" not in text
    if text and plain and not text.startswith('"'):
        return text
    return f'"""{text}"""' if '"' in text else f'"{text}"'
