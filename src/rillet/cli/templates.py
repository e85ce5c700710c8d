"""Saved prompts: text files with `$input` and other `$names` in a folder of the user's settings.

`$$` is a dollar sign, and so is one that no name follows. What is asked stands where `$input` is,
or behind the text where there is none.
"""

import os
import re
from pathlib import Path
from string import Template

from rillet.cli.exits import UsageError
from rillet.store.home import home

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def folder() -> Path:
    """In the user's settings folder (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_CONFIG_HOME", "")
    config = Path(named) if os.path.isabs(named) else home() / ".config"
    return config / "rillet" / "templates"


def path_of(name: str) -> Path:
    """Of a saved template. Raises `UsageError` for what cannot be its name."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"'{name}' is no name of a template: letters, digits, '.', '_' and '-'")
    return folder() / f"{name}.txt"


def read(name: str) -> str:
    """The text of a saved template, or of the file of this path. Raises `UsageError`."""
    path = Path(name).expanduser() if "/" in name else path_of(name)
    try:
        return path.read_text(encoding="utf-8").rstrip("\n")
    except FileNotFoundError:
        raise UsageError(f"there is no template '{name}'\nSee: rillet template list") from None
    except UnicodeDecodeError:
        raise UsageError(f"the template '{name}' is no text in UTF-8") from None


def names() -> list[str]:
    return sorted(path.stem for path in folder().glob("*.txt"))


def variables(text: str) -> list[str]:
    """The names that a text wants, in their order."""
    return Template(text).get_identifiers()


def filled(name: str, given: dict[str, str], asked: str) -> str:
    """Raises `UsageError` where a name has no value, or a value no place."""
    text = read(name)
    wanted = variables(text)
    values = dict(given) | ({"input": asked} if asked else {})
    if lacking := [each for each in wanted if each not in values]:
        how = "say what to ask" if lacking[0] == "input" else f"-P {lacking[0]} VALUE"
        raise UsageError(f"the template '{name}' wants a value for ${lacking[0]}: {how}")
    if strange := [each for each in given if each not in wanted]:
        raise UsageError(f"the template '{name}' has no ${strange[0]}")
    prompt = Template(text).safe_substitute(values)
    return prompt if "input" in wanted or not asked else f"{prompt}\n\n{asked}"
