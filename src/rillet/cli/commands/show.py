"""`rillet show MODEL`: what a model is."""

from argparse import Namespace

from rillet.cli import exits, screen, where
from rillet.cli.exits import UsageError
from rillet.cli.parsing import Parser
from rillet.text.terminal import clean
from rillet.words.errors import InvalidRequest, ModelError, ModelNotFound
from rillet.words.models import ModelCard

USAGE = "MODEL [flags]"
EXAMPLES = """
  rillet show llama3
  rillet show ./model.gguf --verbose     with all metadata and tensors
  rillet show llama3 --modelfile > Modelfile
"""
PARTS = ("license", "modelfile", "parameters", "system", "template")
_CHOICE = ", ".join(f"'--{part}'" for part in PARTS[:-1]) + f", or '--{PARTS[-1]}'"
_AS_IT_IS = ("system", "template")  # of which a pipe gets the text, and no newline after it


def arguments(parser: Parser) -> None:
    parser.add_argument("model")
    for part in PARTS:
        parser.switch(f"--{part}", help=f"only the {part}")
    parser.switch("-v", "--verbose", help="with all metadata and tensors")
    parser.switch("--json", help="as JSON")
    parser.host()


def run(args: Namespace) -> int:
    parts = [part for part in PARTS if getattr(args, part)]
    if len(parts) > 1:
        raise UsageError(f"only one of {_CHOICE} can be specified")
    card = card_of(args.model, args.host, verbose=args.verbose)
    out = screen.output()
    if args.json:
        import msgspec

        text = msgspec.json.encode(card).decode() + "\n"
    elif parts:
        exact = parts[0] in _AS_IT_IS and not out.is_terminal
        text = getattr(card, parts[0]) + ("" if exact else "\n")
    else:
        from rillet.cli.card import described

        text = described(card, verbose=args.verbose)
    out.write(clean(text) if out.is_terminal else text)
    return exits.COMPLETE


def card_of(model: str, host: str | None, *, verbose: bool = False) -> ModelCard:
    """Raises `ModelNotFound`."""
    found = where.find(model, host)
    with found.place.client as client:
        if found.missing:
            raise ModelNotFound(
                f"model '{_with_tag(model)}' not found",
                status=404,
                hint=f"Fetch it with: rillet pull {model}",
            )
        if found.card is None:
            raise InvalidRequest(f"{found.place.name} cannot tell what a model is")
        return client.show(model, verbose=True) if verbose else found.card


def _with_tag(model: str) -> str:
    """As Ollama names what it has not found."""
    from rillet.model.names import ModelName

    try:
        return ModelName.parse(model).display()
    except ModelError:
        return model
