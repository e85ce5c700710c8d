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
        from msgspec.structs import replace

        from rillet.cli.card import described
        from rillet.text.terminal import clean

        own = replace(card, system=talk.conversation.system or card.system)
        talk.out.write(clean(described(own)))
    elif part == "parameters":
        _show_parameters(talk, card.parameters)
    elif text := (talk.conversation.system if part == "system" else "") or getattr(card, part):
        from rillet.text.terminal import clean

        end = "\n\n" if part == "system" else "\n"
        talk.out.write(clean(text) + end)  # its own lines alone: it may be copied from here
    else:
        name = {"system": "system message", "template": "prompt template"}.get(part, part)
        talk.out.line(f"No {name} was specified for this model.")


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
