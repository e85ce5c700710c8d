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
    elif part == "parameters":
        _show_parameters(talk, card.parameters)
    elif text := (talk.conversation.system if part == "system" else "") or getattr(card, part):
        from rillet.text.terminal import clean

        talk.out.write(f"{clean(text)}\n\n")  # its own lines alone: it may be copied from here
    else:
        name = "system message" if part == "system" else part
        talk.out.line(f"No {name} was specified for this model.\n")


def _show_parameters(talk: "Talk", of_model: str) -> None:
    if talk.conversation.options:
        talk.out.line("User defined parameters:")
        for name, value in talk.conversation.options.items():
            shown = " ".join(map(str, value)) if isinstance(value, list) else value
            talk.out.line(f"{name:<30} {shown}")
        talk.out.line()
    talk.out.line("Model defined parameters:")
    talk.out.line(of_model or "No additional parameters were specified for this model.")
