"""`rillet cp SOURCE DESTINATION`: another name for a model; its files are shared."""

from argparse import Namespace

from rillet.cli import exits, screen, where
from rillet.cli.parsing import Parser

USAGE = "SOURCE DESTINATION [--json]"
EXAMPLES = """
  rillet cp llama3 my-llama
"""


def arguments(parser: Parser) -> None:
    parser.add_argument("source")
    parser.add_argument("destination")
    parser.switch("--json", help="as JSON")
    parser.host()


def run(args: Namespace) -> int:
    there = where.place(args.host)
    with there.client:
        there.client.copy(args.source, args.destination)
    out = screen.output()
    if args.json:
        out.json({"source": args.source, "destination": args.destination})
    else:
        out.line(f"copied '{args.source}' to '{args.destination}'")
    return exits.COMPLETE
