"""The names that the models of a server behind ours have here, and back again.

Ollama's names have many spellings, which its server reads itself; those of OpenAI's servers are
theirs alone, and some (the path of a file, an address in four parts) are no names here.
"""

import re
from collections.abc import Iterable

from rillet.model.names import ModelName
from rillet.words.errors import InvalidName


class Names:
    """`prefix` stands before each name here. `spelled`: the server reads every spelling itself."""

    def __init__(self, prefix: str, theirs: Iterable[str] = (), *, spelled: bool = False) -> None:
        self._prefix = prefix
        self._spelled = spelled
        self._theirs: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        for name in theirs:
            self._theirs.setdefault(shown(prefix, name), name)
            self._theirs.setdefault(name, name)
            self._keys.setdefault(_key(shown(prefix, name)), name)

    def here(self, name: str) -> str:
        """What one of its models is called here; "" for one that it does not list."""
        return self._prefix + shown(self._prefix, name) if name in self._theirs else ""

    def fits(self, name: str) -> bool:
        """Whether a model of this name would be one of this server."""
        return name.lstrip()[: len(self._prefix)].lower() == self._prefix.lower()

    def there(self, name: str) -> str | None:
        """By which name it is asked for a model of here; None where it has no such model."""
        if not self.fits(name):
            return None
        asked = name.lstrip()[len(self._prefix) :]
        found = self._theirs.get(asked) or self._keys.get(_key(asked))
        return asked if found and self._spelled else found


def shown(prefix: str, name: str) -> str:
    """The name itself, or the end of it, where it is none that can be asked for here."""
    if re.match(r"/|\\|[A-Za-z]:\\", name):
        name = re.split(r"[/\\]", name)[-1] or name
    try:
        ModelName.parse(prefix + name)
    except InvalidName:
        plain = re.sub(r"[^A-Za-z0-9_.:-]+", "-", name.rpartition("/")[2]).lstrip("-.:")
        return plain[:80] or name
    return name


def _key(name: str) -> str:
    """One text for all spellings of a name."""
    try:
        return ModelName.parse(name).key()
    except InvalidName:
        return name.lower()
