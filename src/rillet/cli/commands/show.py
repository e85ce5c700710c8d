"""`rillet show MODEL`: what a model is."""

from argparse import Namespace

from rillet.cli import exits, screen, where
from rillet.cli.exits import UsageError
from rillet.cli.parsing import Parser
from rillet.text.terminal import clean
from rillet.words.errors import InvalidRequest, ModelNotFound
from rillet.words.models import ModelCard

USAGE = "MODEL [flags]"
EXAMPLES = """
  rillet show llama3
  rillet show ./model.gguf --verbose     with all metadata and tensors
  rillet show llama3 --modelfile > Modelfile
"""
PARTS = ("license", "modelfile", "parameters", "system", "template")


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
        raise UsageError(f"only one of {', '.join('--' + part for part in PARTS)} can be asked for")
    card = card_of(args.model, args.host, verbose=args.verbose)
    out = screen.output()
    if args.json:
        import msgspec

        text = msgspec.json.encode(card).decode() + "\n"
    elif parts:
        text = getattr(card, parts[0]) + "\n"
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
                f"model '{model}' not found", status=404, hint=f"Fetch it with: rillet pull {model}"
            )
        if found.card is None:
            raise InvalidRequest(f"{found.place.name} cannot tell what a model is")
        return client.show(model, verbose=True) if verbose else found.card
