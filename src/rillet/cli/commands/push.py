"""`rillet push MODEL`: send it to a registry."""

from argparse import Namespace

from rillet.cli import exits, screen, where
from rillet.cli.parsing import Parser
from rillet.cli.transfer import PATIENT, show_transfer
from rillet.model.names import ModelName

USAGE = "MODEL [--insecure] [--json]"
EXAMPLES = """
  rillet push registry.example.com/me/model:tag
"""
_LIBRARY = (".ollama.ai", ".ollama.com")


def arguments(parser: Parser) -> None:
    parser.add_argument("model")
    parser.switch("--insecure", help="over plain HTTP")
    parser.switch("--json", help="each step as a line of JSON")
    parser.host()


def run(args: Namespace) -> int:
    there = where.place(args.host, PATIENT)
    with there.client:
        show_transfer(
            there.client.stream_push(args.model, insecure=args.insecure), as_json=args.json
        )
    if not args.json:
        screen.output().line(f"\nYou can find your model at:\n\n\t{destination(args.model)}")
    return exits.COMPLETE


def destination(model: str) -> str:
    """Where others find it."""
    name = ModelName.parse(model)
    if name.host.endswith(_LIBRARY):
        return "https://ollama.com/" + name.display().removesuffix(":latest")
    return name.full()
