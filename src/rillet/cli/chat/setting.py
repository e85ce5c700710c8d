"""`/set`: how the model is asked from now on, and how its answers are shown."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rillet.cli.chat.helping import HELP_PARAMETERS, HELP_SET
from rillet.words.errors import InvalidRequest

if TYPE_CHECKING:
    from rillet.cli.chat.talk import Talk


def set_(talk: "Talk", rest: str) -> None:
    name, _, value = rest.partition(" ")
    setting = SETTINGS.get(name)
    if setting is None:
        talk.out.line(f"Unknown command '/set {name}'. Type /? for help" if name else HELP_SET)
        return
    setting(talk, value.strip())


def _parameter(talk: "Talk", text: str) -> None:
    from rillet.model.parameters import KINDS, parse_parameter
    from rillet.words.quoting import quoted

    name, _, rest = text.partition(" ")
    values = rest.split()
    if not values:
        talk.out.line(HELP_PARAMETERS)
        return
    try:
        if name not in KINDS:  # nor one that has no effect any more, which a Modelfile may have
            raise InvalidRequest(f"unknown parameter '{name}'")
        value = parse_parameter(name, values)
    except InvalidRequest as error:
        talk.out.line(f"Couldn't set parameter: {quoted(error.message)}")
        return
    talk.conversation.options[name] = value
    talk.out.line(f"Set parameter '{name}' to '{', '.join(values)}'")


def _system(talk: "Talk", text: str) -> None:
    if not text:  # rather a question than an order to forget it; """""" is that
        talk.out.line(HELP_SET)
        return
    text = talk.editor.more(text)
    talk.conversation.system = text
    talk.out.line("Set system message.")


def _history(on: bool) -> Callable[["Talk", str], None]:
    def switch(talk: "Talk", _: str) -> None:
        talk.keep_on(on)

    return switch


def _manner(name: str, value: bool, said: str) -> Callable[["Talk", str], None]:
    def switch(talk: "Talk", _: str) -> None:
        setattr(talk.manners, name, value)
        talk.out.line(said)

    return switch


def _quiet(talk: "Talk", _: str) -> None:
    talk.manners.verbose = talk.manners.numbers = False
    talk.out.line("Set 'quiet' mode.")


def _format(talk: "Talk", text: str) -> None:
    if text.split(maxsplit=1)[:1] != ["json"]:
        talk.out.line("Invalid or missing format. For 'json' mode use '/set format json'")
        return
    talk.conversation.format = "json"
    talk.out.line("Set format to 'json' mode.")


def _noformat(talk: "Talk", _: str) -> None:
    talk.conversation.format = None
    talk.out.line("Disabled format.")


def _think(talk: "Talk", text: str) -> None:
    level = next(iter(text.split()), "")
    if level not in ("", "true", "false", "low", "medium", "high", "max"):
        talk.out.line("The level is low, medium, high or max")
        return
    _warn_of_thinking(talk)
    talk.conversation.think = {"": True, "true": True, "false": False}.get(level, level)
    talk.out.line(f"Set 'think' mode to '{level}'." if level else "Set 'think' mode.")


def _warn_of_thinking(talk: "Talk") -> None:
    said = talk.conversation
    if said.card is not None and "thinking" not in said.abilities:
        talk.notes.line(f'warning: model "{said.model}" does not support thinking output')


def _nothink(talk: "Talk", _: str) -> None:
    _warn_of_thinking(talk)
    talk.conversation.think = False
    talk.out.line("Set 'nothink' mode.")


SETTINGS: dict[str, Callable[["Talk", str], None]] = {
    "parameter": _parameter,
    "system": _system,
    "history": _history(True),
    "nohistory": _history(False),
    "wordwrap": _manner("wordwrap", True, "Set 'wordwrap' mode."),
    "nowordwrap": _manner("wordwrap", False, "Set 'nowordwrap' mode."),
    "format": _format,
    "noformat": _noformat,
    "verbose": _manner("verbose", True, "Set 'verbose' mode."),
    "quiet": _quiet,
    "think": _think,
    "nothink": _nothink,
    "fold": _manner("fold", True, "Set 'fold' mode."),
    "nofold": _manner("fold", False, "Set 'nofold' mode."),
}
