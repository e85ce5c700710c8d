"""Calls of Gemma: `call:name{key:value,other:[1,2]}`, texts between marks instead of quotes."""

from typing import Any

from rillet.text.forms.tool import Call, Tools, bare, json_object

_DEPTH = 64
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}


def read_gemma4(raw: str, tools: Tools, whole: bool) -> list[Call] | None:
    """Texts stand between `<|"|>`; now and then in quotes, or without an end."""
    return _call(raw.strip(), '<|"|>')


def read_function_gemma(raw: str, tools: Tools, whole: bool) -> list[Call] | None:
    """Texts stand between `<escape>`."""
    return _call(raw.strip(), "<escape>")


def _call(raw: str, mark: str) -> list[Call] | None:
    name, brace, rest = raw.removeprefix("call:").partition("{")
    if not raw.startswith("call:") or not brace:
        return None
    try:
        return [(name.strip(), _Scanner(rest, mark).pairs(0))]
    except ValueError:
        return None


class _Scanner:
    """Raises ValueError where it is too deep; what breaks off is taken for ended."""

    def __init__(self, text: str, mark: str) -> None:
        self._text, self._at, self._mark = text, 0, mark

    def pairs(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (char := self._skip()) not in ("}", ""):
            if char == ",":
                self._at += 1
                continue
            key = self._string() if self._quoted() else self._until(":,}").strip()
            if self._skip() != ":":
                continue
            self._at += 1
            found[key] = self._value(depth)
        self._at += 1
        return found

    def _items(self, depth: int) -> list[Any]:
        found: list[Any] = []
        while (char := self._skip()) not in ("]", ""):
            if char == ",":
                self._at += 1
            else:
                found.append(self._value(depth))
        self._at += 1
        return found

    def _value(self, depth: int) -> Any:
        if depth > _DEPTH:
            raise ValueError("too deep")
        char = self._skip()
        if self._quoted():
            return self._string()
        if char in ("{", "["):
            self._at += 1
            return self.pairs(depth + 1) if char == "{" else self._items(depth + 1)
        return bare(self._until(",}]").strip(), _WORDS)

    def _skip(self) -> str:
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
        return self._text[self._at : self._at + 1]

    def _quoted(self) -> bool:
        return self._text.startswith((self._mark, '"', "'"), self._at)

    def _string(self) -> str:
        """To its mark; one without an end goes up to the brackets that end all."""
        marked = self._text.startswith(self._mark, self._at)
        mark = self._mark if marked else self._text[self._at]
        start = self._at + len(mark)
        end = start
        while not self._text.startswith(mark, end) and end < len(self._text):
            end += 2 if self._text[end] == "\\" and not marked else 1
        if end >= len(self._text):
            said = self._text[start:].rstrip()
            self._at = len(self._text)
            return said[:-1] if said.endswith(("}", "]")) else said
        self._at = end + len(mark)
        if not marked and self._text.startswith(self._mark, self._at):
            self._at += len(self._mark)  # one too many
        said = self._text[start:end]
        quoted = json_object(f'{{"": "{said}"}}') if mark == '"' else None
        return quoted[""] if quoted else said

    def _until(self, ends: str) -> str:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in ends:
            self._at += 1
        if self._at == start:
            self._at += 1  # a bracket that closes nothing
            return ""
        return self._text[start : self._at]
