"""Where a command's operations go: to a server, or to the embedded engine in this process.

* A path of a GGUF file goes to the embedded engine, unless there is no such file and a server that
  was named calls a model so, as a llama-server does.
* A server that was named (`--host`, RILLET_HOST, OLLAMA_HOST) has to answer, or it is an error.
* It is used if it has the model, or if nobody has it: then it fetches it. With `--host` always.
* So is a server at the default address, if it answers soon. One that takes connections and is
  silent is left with a word about it.
* Else the embedded engine is used.
"""

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rillet.cli import screen
from rillet.client.sync import Client
from rillet.net.address import DEFAULT_HOST, DEFAULT_PORT
from rillet.words.errors import InvalidRequest, RilletError, ServerError, Stalled
from rillet.words.timeouts import Timeouts
from rillet.words.variables import unquoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillet.words.models import ModelCard

DEFAULT_MODEL = "rillet-tiny"
_LOOK = 0.5  # seconds for a connection on this machine
_ANSWER = 2.0  # seconds for the first byte of an answer that needs no work; a busy machine is slow
_CARD = 5.0  # seconds for the card of a model, which a server may have to read from a disk
_SOON = Timeouts(connect=_LOOK, first_token=_CARD, between_tokens=_CARD, total=_CARD)
_QUESTION = b"GET /api/version HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
EMBEDDED = "the embedded engine"


class Place(NamedTuple):
    """A client, and what it leads to in words."""

    client: Client
    name: str


class Found(NamedTuple):
    """A place that has the model (or will fetch it: `card` is None and `missing` says so).

    `card` is also None where a server has no way to tell about models.
    """

    place: Place
    card: "ModelCard | None"
    missing: bool = False

    @property
    def abilities(self) -> "Sequence[str]":
        return abilities_of(self.card)


def abilities_of(card: "ModelCard | None") -> "Sequence[str]":
    """A server that does not tell is sent an image, and says itself where it cannot see."""
    return ("vision",) if card is None else card.capabilities or ()


def default_model() -> str:
    return _variable("RILLET_MODEL") or DEFAULT_MODEL


def _variable(name: str) -> str:
    return unquoted(os.environ.get(name, ""))


def is_path(model: str) -> bool:
    """Whether a model's name is the path of a file."""
    return model.lower().endswith(".gguf") or model.startswith(("./", "../", "/", "~/"))


def place(host: str | None, timeouts: Timeouts | None = None) -> Place:
    """For commands that need no certain model."""
    return server(host, timeouts) or embedded()


def server(host: str | None, timeouts: Timeouts | None = None) -> Place | None:
    """The server that was named, or one that answers at the default address."""
    if named := _named(host):
        return _server(named, timeouts)
    if not _answers():
        return None
    with _server(None, _SOON).client as soon:
        try:
            soon.version()
        except RilletError:  # something else lives at that port
            return None
    return _server(None, timeouts)


def find(model: str, host: str | None) -> Found:
    """The place that has `model`. Raises `RilletError` where a named server does not answer."""
    if is_path(model):
        return _listed(model, host) or _asked(embedded(), model)
    if host:
        return _asked(_server(host), model)
    named = _named(None)
    at_server = _asked(_server(named), model) if named else _at_default(model)
    if at_server is None:
        return _asked(embedded(), model)
    if not at_server.missing:
        return at_server
    here = _asked(embedded(), model)
    # Where nobody has it the server fetches it, as with Ollama.
    found, other = (at_server, here) if here.missing else (here, at_server)
    _close(other.place)
    return found


def _listed(model: str, host: str | None) -> Found | None:
    """The named server, where it has a model that is called like a file that is not here."""
    named = _named(host)
    if not named or Path(model).expanduser().exists():
        return None
    there = _server(named)
    try:
        known = any(f"/{entry.name}".endswith(f"/{model}") for entry in there.client.tags())
    except RilletError:
        known = False
    if not known:
        _close(there)
        return None
    return _asked(there, model)


def _at_default(model: str) -> Found | None:
    """What the server at the default address says, if it is one that knows its models."""
    if not _answers():
        return None
    soon = _server(None, _SOON)
    with soon.client:
        try:
            found = _asked(soon, model)
        except RilletError as error:
            if isinstance(error, Stalled):
                _tell_silence()
            return None
    if found.card is None and not found.missing:
        return None
    return found._replace(place=_server(None))


def embedded() -> Place:
    from rillet.embedded import local

    return Place(local(), EMBEDDED)


def _asked(there: Place, model: str) -> Found:
    try:
        return Found(there, there.client.show(model))
    except ServerError as error:
        if error.status == 404 and not is_path(model):
            return Found(there, None, missing=True)
        _close(there)
        raise
    except InvalidRequest:  # an API without cards
        return Found(there, None)
    except BaseException:
        _close(there)
        raise


def _close(there: Place) -> None:
    there.client.close()


def _named(host: str | None) -> str | None:
    return host or _variable("RILLET_HOST") or _variable("OLLAMA_HOST") or None


def _server(host: str | None, timeouts: Timeouts | None = None) -> Place:
    shown = host or f"{DEFAULT_HOST}:{DEFAULT_PORT}"
    return Place(Client(shown, timeouts=timeouts), f"the server at {shown.rpartition('@')[2]}")


def _answers() -> bool:
    """Whether anything listens at the default address, and answers."""
    try:
        with socket.create_connection((DEFAULT_HOST, DEFAULT_PORT), _LOOK) as there:
            there.settimeout(_ANSWER)
            there.sendall(_QUESTION)
            return bool(there.recv(1))
    except TimeoutError:
        _tell_silence()
        return False
    except OSError:
        return False


def _tell_silence() -> None:
    screen.notes().line(
        f"Note: the server at {DEFAULT_HOST}:{DEFAULT_PORT} does not answer; "
        "the engine inside is used"
    )
