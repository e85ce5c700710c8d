"""`rillet push MODEL`: send it to a registry."""

from argparse import Namespace

from rillet.cli import exits, where
from rillet.cli.parsing import Parser
from rillet.cli.transfer import PATIENT, show_transfer

USAGE = "MODEL [--insecure] [--json]"
EXAMPLES = """
  rillet push registry.example.com/me/model:tag
"""


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
    return exits.COMPLETE
