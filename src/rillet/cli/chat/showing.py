"""`/show`: what the model of a talk is."""

from typing import TYPE_CHECKING

from rillet.cli.chat.helping import HELP_SHOW

if TYPE_CHECKING:
    from rillet.cli.chat.talk import Talk


def show(talk: "Talk", part: str) -> None:
    card = talk.conversation.card
    if part not in ("info", "license", "modelfile", "parameters", "system", "template"):
        talk.out.line(f"Unknown command '/show {part}'. Type /? for help" if part else HELP_SHOW)
    elif card is None:
        talk.out.line("This server does not tell about its models")
    elif part == "info":
        from rillet.cli.card import described
        from rillet.text.terminal import clean

        talk.out.write(clean(described(card)))
    elif part == "system" and talk.conversation.system:
        talk.out.line(f"{talk.conversation.system}\n")
    elif part == "parameters":
        _show_parameters(talk, card.parameters)
    else:
        name = "system message" if part == "system" else part
        talk.out.line(getattr(card, part) or f"No {name} was specified for this model.\n")


def _show_parameters(talk: "Talk", of_model: str) -> None:
    if talk.conversation.options:
        talk.out.line("User defined parameters:")
        for name, value in talk.conversation.options.items():
            shown = " ".join(map(str, value)) if isinstance(value, list) else value
            talk.out.line(f"{name:<30} {shown}")
        talk.out.line()
    talk.out.line("Model defined parameters:")
    talk.out.line(of_model or "No additional parameters were specified for this model.")
