"""What begins with a slash: Ollama's commands, and some for answers that should go otherwise."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rillet.words.errors import InvalidRequest, RilletError

if TYPE_CHECKING:
    from rillet.cli.chat.talk import Talk

HELP = """Available Commands:
  /set            Set session variables
  /show           Show model information
  /load <model>   Load a session or model
  /save <model>   Save your current session
  /clear          Clear session context
  /list           List the models
  /model <model>  Go on with another model
  /continue       Go on with an answer that was interrupted
  /retry          Ask for the last answer again
  /edit           Change the last message and ask again
  /copy           Copy the last answer to the clipboard
  /thinking       Show the last thinking
  /bye            Exit
  /?, /help       Help for a command
  /? shortcuts    Help for keyboard shortcuts

Use \"\"\" to begin a multi-line message.
"""
HELP_SET = """Available Commands:
  /set parameter ...     Set a parameter
  /set system <string>   Set system message
  /set history           Enable history
  /set nohistory         Disable history
  /set wordwrap          Enable wordwrap
  /set nowordwrap        Disable wordwrap
  /set format json       Enable JSON mode
  /set noformat          Disable formatting
  /set verbose           Show LLM stats
  /set quiet             Disable LLM stats
  /set think [level]     Enable thinking
  /set nothink           Disable thinking
  /set fold              Fold the thinking when the answer begins
  /set nofold            Leave the thinking on the screen
"""
HELP_SHOW = """Available Commands:
  /show info         Show details for this model
  /show license      Show model license
  /show modelfile    Show Modelfile for this model
  /show parameters   Show parameters for this model
  /show system       Show system message
  /show template     Show prompt template
"""
HELP_KEYS = """Available keyboard shortcuts:
  Ctrl + a            Move to the beginning of the line (Home)
  Ctrl + e            Move to the end of the line (End)
   Alt + b            Move back (left) one word
   Alt + f            Move forward (right) one word
  Ctrl + k            Delete the sentence after the cursor
  Ctrl + u            Delete the sentence before the cursor
  Ctrl + w            Delete the word before the cursor
  Ctrl + j            Begin a new line
  Ctrl + g            Open an editor
  Ctrl + l            Clear the screen
  Ctrl + t            Show the last thinking
  Ctrl + c            Stop the model from responding
  Ctrl + d            Exit (/bye)
"""


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
        if os.path.exists(word):
            return False
        talk.out.line(f"Unknown command '{word}'. Type /? for help")
        return True
    command(talk, rest.strip())
    return True


def _help(talk: "Talk", about: str) -> None:
    topics = {"set": HELP_SET, "show": HELP_SHOW, "shortcut": HELP_KEYS, "shortcuts": HELP_KEYS}
    talk.out.line(topics.get(about.removeprefix("/"), HELP))


def _set(talk: "Talk", rest: str) -> None:
    name, _, value = rest.partition(" ")
    setting = _SETTINGS.get(name)
    if setting is None:
        talk.out.line(f"Unknown command '/set {name}'. Type /? for help" if name else HELP_SET)
        return
    setting(talk, value.strip())


def _parameter(talk: "Talk", text: str) -> None:
    from rillet.model.parameters import parse_parameter

    name, _, rest = text.partition(" ")
    values = rest.split()
    if not values:
        talk.out.line("Usage: /set parameter <name> <value>")
        return
    try:
        value = parse_parameter(name, values)
    except RilletError as error:
        talk.out.line(f'Couldn\'t set parameter: "{error.message}"')
        return
    talk.conversation.options[name] = value
    talk.out.line(f"Set parameter '{name}' to '{', '.join(values)}'")


def _system(talk: "Talk", text: str) -> None:
    text = talk.editor.more(text)
    talk.conversation.system = text
    talk.out.line("Set system message.")


def _history(on: bool) -> Callable[["Talk", str], None]:
    def switch(talk: "Talk", _: str) -> None:
        talk.history.writing = on and talk.history.path is not None

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
    if text != "json":
        talk.out.line("Invalid or missing format. For 'json' mode use '/set format json'")
        return
    talk.conversation.format = "json"
    talk.out.line("Set format to 'json' mode.")


def _noformat(talk: "Talk", _: str) -> None:
    talk.conversation.format = None
    talk.out.line("Disabled format.")


def _think(talk: "Talk", level: str) -> None:
    if level not in ("", "low", "medium", "high", "max"):
        talk.out.line("The level is low, medium, high or max")
        return
    if talk.conversation.card is not None and "thinking" not in talk.conversation.abilities:
        talk.notes.line(f"warning: model '{talk.conversation.model}' does not support thinking")
    talk.conversation.think = level or True
    talk.out.line(f"Set 'think' mode to '{level}'." if level else "Set 'think' mode.")


def _nothink(talk: "Talk", _: str) -> None:
    talk.conversation.think = False
    talk.out.line("Set 'nothink' mode.")


def _show(talk: "Talk", part: str) -> None:
    card = talk.conversation.card
    if part not in ("info", "license", "modelfile", "parameters", "system", "template"):
        talk.out.line(f"Unknown command '/show {part}'. Type /? for help" if part else HELP_SHOW)
    elif card is None:
        talk.out.line("This server does not tell about its models")
    elif part == "info":
        from rillet.cli.card import described
        from rillet.text.terminal import clean

        talk.out.write(clean(described(card)))
    elif part == "system" and talk.conversation.system is not None:
        talk.out.line(f"{talk.conversation.system}\n")
    elif part == "parameters":
        _show_parameters(talk, card.parameters)
    else:
        talk.out.line(getattr(card, part) or f"No {part} was specified for this model.\n")


def _show_parameters(talk: "Talk", of_model: str) -> None:
    if talk.conversation.options:
        talk.out.line("User defined parameters:")
        for name, value in talk.conversation.options.items():
            shown = " ".join(map(str, value)) if isinstance(value, list) else value
            talk.out.line(f"{name:<30} {shown}")
        talk.out.line()
    talk.out.line("Model defined parameters:")
    talk.out.line(of_model or "No additional parameters were specified for this model.")


def _load(talk: "Talk", model: str) -> None:
    if not model:
        talk.out.line("Usage:\n  /load <modelname>")
        return
    talk.out.line(f"Loading model '{model}'")
    talk.settle(model)
    talk.conversation.clear()
    talk.begin_anew()


def _model(talk: "Talk", model: str) -> None:
    """As /load, and what was said stays."""
    if not model:
        talk.out.line(talk.conversation.model)
        return
    talk.settle(model)
    talk.out.line(f"Going on with '{model}'")


def _save(talk: "Talk", name: str) -> None:
    from rillet.words.models import CreateRequest

    if not name:
        talk.out.line("Usage:\n  /save <modelname>")
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
    talk.begin_anew()
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
    talk.begin_anew()
    talk.answer()


def _edit(talk: "Talk", _: str) -> None:
    question = talk.conversation.take_back_question()
    if question is None:
        raise InvalidRequest("Nothing was asked yet")
    talk.begin_anew()
    talk.draft = question


def _copy(talk: "Talk", _: str) -> None:
    """By the terminal itself (OSC 52), which works over SSH as well."""
    import base64

    answer = talk.conversation.last_answer()
    if answer is None:
        raise InvalidRequest("There is no answer to copy")
    talk.out.write(f"\x1b]52;c;{base64.b64encode(answer.encode()).decode()}\x07")
    talk.out.line(f"Copied {len(answer)} characters")


def _thinking(talk: "Talk", _: str) -> None:
    talk.show_thinking()


def _bye(talk: "Talk", _: str) -> None:
    raise Leave


_Command = Callable[[Any, str], None]
_SETTINGS: dict[str, _Command] = {
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
_COMMANDS: dict[str, _Command] = {
    "/?": _help,
    "/help": _help,
    "/set": _set,
    "/show": _show,
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
COMMANDS = (*_COMMANDS, *(f"/set {name}" for name in _SETTINGS), "/show info", "/show modelfile")
