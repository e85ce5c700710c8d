"""What a docstring says of a function and of its parameters, in the three forms that are written.

Google's (`Args:` and `name (type): text`), NumPy's (`Parameters` underlined, `name : type`, the
text below) and Sphinx's (`:param name: text`). Whatever else it holds is not read.
"""

import inspect
import re

_PARAMETERS = ("args", "arguments", "parameters", "params", "other parameters", "keyword args")
_RESULTS = ("return", "returns", "yield", "yields", "raises")
_OTHERS = ("example", "examples", "note", "notes", "warning", "warnings", "see also", "references")
_ENTRY = re.compile(r"\*{0,2}(?P<name>\w+)\s*(?:\([^)]*\))?\s*:\s*(?P<text>.*)")
_NUMPY_ENTRY = re.compile(r"\*{0,2}(?P<name>\w+)(?:\s*,\s*\w+)*\s*(?::.*)?$(?P<text>)")
_FIELD = re.compile(
    r":(?:param|parameter|arg|argument|keyword)\s(?:[^:]*\s)?\*{0,2}(?P<name>\w+)\s*:"
)
_ANY_FIELD = re.compile(r":\w+[^:]*:(?:\s|$)")


def read_docstring(doc: str) -> tuple[str, dict[str, str]]:
    """The text before all sections, and the description of each parameter, each on one line."""
    reader = _Reader()
    lines = inspect.cleandoc(doc).splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        reader.read(line, following)
    return "\n".join(reader.about).strip(), reader.entries


class _Reader:
    def __init__(self) -> None:
        self.about: list[str] = []
        self.entries: dict[str, str] = {}
        self._section = ""  # the one that we are in
        self._numpy = False
        self._name = ""  # the parameter that is told of
        self._indent: int | None = None  # of the names in this section

    def read(self, line: str, following: str) -> None:
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if field := _ANY_FIELD.match(text):
            self._field(text, field)
        elif section := self._opens(text, following, indent):
            self._section, self._name, self._indent = section, "", None
            self._numpy = _underlines(following)
        elif not self._section:
            self.about.append(line)
        elif self._section in _PARAMETERS and text and not _underlines(line):
            self._entry(text, indent)
        elif self._section == ":" and self._name and text:
            self._add(text)

    def _opens(self, text: str, following: str, indent: int) -> str:
        """The section that a line begins, or ""."""
        name, colon, rest = text.lower().partition(":")
        known = name in _PARAMETERS or name in _RESULTS or name in _OTHERS
        if not known or (self._indent is not None and indent >= self._indent and indent > 0):
            return ""
        if colon:
            return name if not rest.strip() or name in _RESULTS else ""
        return name if _underlines(following) else ""

    def _field(self, text: str, any_field: "re.Match[str]") -> None:
        self._section, self._name = ":", ""
        if field := _FIELD.match(text):
            self._name = field["name"]
            self.entries[self._name] = text[field.end() :].strip()

    def _entry(self, text: str, indent: int) -> None:
        form = _NUMPY_ENTRY if self._numpy else _ENTRY
        entry = form.match(text) if self._indent is None or indent <= self._indent else None
        if entry:
            self._indent, self._name = indent, entry["name"]
            self.entries[self._name] = entry["text"].strip()
        elif self._name:
            self._add(text)

    def _add(self, text: str) -> None:
        self.entries[self._name] = f"{self.entries[self._name]} {text}".strip()


def _underlines(line: str) -> bool:
    return len(line.strip()) >= 3 and not line.strip().strip("-")
