"""`/show`: what the model of a talk is."""

from typing import TYPE_CHECKING

from rillet.cli.chat.helping import HELP_SHOW

if TYPE_CHECKING:
    from rillet.cli.chat.conversation import Conversation
    from rillet.cli.chat.talk import Talk
    from rillet.words.models import ModelCard


def show(talk: "Talk", rest: str) -> None:
    card = talk.conversation.card
    part = next(iter(rest.split()), "")  # as with Ollama, words behind it say nothing
    if part not in ("info", "license", "modelfile", "parameters", "system", "template"):
        talk.out.line(f"Unknown command '/show {part}'. Type /? for help" if part else HELP_SHOW)
    elif card is None:
        talk.out.line("This server does not tell about its models")
    elif part == "parameters":
        _show_parameters(talk, card.parameters)
    elif text := _text(talk.conversation, card, part):
        from rillet.text.terminal import clean

        talk.out.write(clean(text))  # its own lines alone: it may be copied from here
    else:
        name = {"system": "system message", "template": "prompt template"}.get(part, part)
        talk.out.line(f"No {name} was specified for this model.")


def _text(said: "Conversation", card: "ModelCard", part: str) -> str:
    """A part of the card, as it is in this talk."""
    if part == "info":
        from msgspec.structs import replace

        from rillet.cli.card import described

        return described(replace(card, system=said.system or card.system))
    if part == "modelfile":
        assert said.place is not None
        own = said.place.client.show(said.model, system=said.system, options=said.options or None)
        return own.modelfile + "\n"
    if part == "system" and (system := said.system or card.system):
        return system + "\n\n"
    text: str = getattr(card, part)
    return text and text + "\n"


def _show_parameters(talk: "Talk", of_model: str) -> None:
    talk.out.line("Model defined parameters:")
    none = "No additional parameters were specified for this model."
    for line in (of_model or none).splitlines():
        talk.out.line(f"  {line}")
    talk.out.line()
    if talk.conversation.options:
        talk.out.line("User defined parameters:")
        for name, value in talk.conversation.options.items():
            shown = f"[{' '.join(map(str, value))}]" if isinstance(value, list) else value
            talk.out.line(f"  {name:<30} {shown}")
        talk.out.line()
