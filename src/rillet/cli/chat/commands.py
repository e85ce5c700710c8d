"""What begins with a slash: Ollama's commands, and some for answers that should go otherwise."""

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rillet.cli.chat.helping import tell_help
from rillet.cli.chat.setting import SETTINGS, set_
from rillet.cli.chat.showing import show
from rillet.cli.paths import Named, named
from rillet.words.errors import InvalidRequest

if TYPE_CHECKING:
    from rillet.cli.chat.talk import Talk

_WORD = re.compile(r"/[\w?][\w./?-]*")  # what may have been meant as a command, or as a path
_FAREWELLS = ("exit", "quit")  # of other talks with models


class Leave(Exception):
    """The person has had enough."""


def obey(talk: "Talk", line: str) -> bool:
    """Whether `line` was a command. A path that exists is none."""
    word, _, rest = line.strip().partition(" ")
    if line.strip() in _FAREWELLS:
        raise Leave
    if not word.startswith("/"):
        return False
    command = _COMMANDS.get(word)
    if command is None:
        if line.strip() == "/":
            talk.out.line("Unknown command '/'. Type /? for help")
            return True
        if "\n" in line.strip():
            return False
        first = _path_first(line)
        if os.path.exists(word) or (first and first.there):
            return False
        if not (_WORD.fullmatch(word) or (first and first.is_media)):
            return False  # code that begins with a comment
        talk.out.line(
            f"There is no file '{first.path}'"
            if first
            else f"Unknown command '{word}'. Type /? for help"
        )
        return True
    if "\n" in rest and not (word == "/set" and rest.startswith("system ")):
        return False  # what was pasted, and begins like a command
    command(talk, rest.strip())
    return True


def _path_first(line: str) -> Named | None:
    """The path that a message begins with, which may have blanks in it."""
    first = next(named(line.strip()), None)
    return first if first is not None and first.start == 0 else None


def _load(talk: "Talk", model: str) -> None:
    if len(model.split()) != 1:
        talk.out.line("Usage:\n  /load <modelname>")
        return
    talk.out.line(f"Loading model '{model}'")
    talk.settle(model)
    talk.conversation.clear()
    talk.record.begin_anew()
    talk.show_own()


def _model(talk: "Talk", model: str) -> None:
    """As /load, and what was said stays."""
    if not model:
        talk.out.line(talk.conversation.model)
        return
    talk.settle(model)
    talk.out.line(f"Going on with '{model}'")


def _save(talk: "Talk", name: str) -> None:
    from rillet.model.names import ModelName
    from rillet.words.errors import InvalidName
    from rillet.words.models import CreateRequest

    if len(name.split()) != 1:
        talk.out.line("Usage:\n  /save <modelname>")
        return
    try:
        ModelName.parse(name)
    except InvalidName:
        talk.out.line(f"error: The model name '{name}' is invalid")
        return
    said = talk.conversation
    assert said.place is not None
    said.place.client.create(
        CreateRequest(
            model=name,
            from_=said.model,
            system=said.system,
            parameters=said.options or None,
            messages=said.messages or None,
        )
    )
    talk.out.line(f"Created new model '{name}'")


def _clear(talk: "Talk", _: str) -> None:
    talk.conversation.clear()
    talk.record.begin_anew()
    talk.out.line("Cleared session context")


def _list(talk: "Talk", prefix: str) -> None:
    from rillet.cli.commands.list import listed

    assert talk.conversation.place is not None
    talk.out.write(listed(talk.conversation.place.client.tags(), prefix))


def _continue(talk: "Talk", _: str) -> None:
    said = talk.conversation.messages
    if not said:
        raise InvalidRequest("There is no answer to go on with")
    talk.answer()


def _retry(talk: "Talk", _: str) -> None:
    if not talk.conversation.take_back_answer():
        raise InvalidRequest("Nothing was asked yet")
    talk.record.begin_anew()
    talk.answer()


def _edit(talk: "Talk", _: str) -> None:
    """The last question stands in the next line; what is sent from there takes its place."""
    question = talk.conversation.last_question()
    if question is None:
        raise InvalidRequest("Nothing was asked yet")
    talk.draft, talk.replacing = question.content, True


def _copy(talk: "Talk", _: str) -> None:
    """By the terminal itself (OSC 52), which works over SSH as well."""
    import base64

    answer = talk.conversation.last_answer()
    if answer is None:
        raise InvalidRequest("There is no answer to copy")
    if not talk.out.moves:
        raise InvalidRequest("This terminal cannot copy")
    talk.out.write(f"\x1b]52;c;{base64.b64encode(answer.encode()).decode()}\x07")
    talk.out.line(f"Copied {len(answer)} characters")


def _thinking(talk: "Talk", _: str) -> None:
    talk.show_thinking()


def _bye(talk: "Talk", _: str) -> None:
    raise Leave


_COMMANDS: dict[str, Callable[[Any, str], None]] = {
    "/?": tell_help,
    "/help": tell_help,
    "/set": set_,
    "/show": show,
    "/load": _load,
    "/save": _save,
    "/clear": _clear,
    "/list": _list,
    "/model": _model,
    "/continue": _continue,
    "/retry": _retry,
    "/edit": _edit,
    "/copy": _copy,
    "/thinking": _thinking,
    "/bye": _bye,
    "/exit": _bye,
    "/quit": _bye,
}
COMMANDS = (*_COMMANDS, *(f"/set {name}" for name in SETTINGS), "/show info", "/show modelfile")
