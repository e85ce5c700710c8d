"""`rillet stop MODEL`: take it out of a server's memory."""

from argparse import Namespace

from rillet.cli import exits, screen, where
from rillet.cli.parsing import Parser
from rillet.words.errors import InvalidRequest, ModelNotFound, RilletError

USAGE = "MODEL [--json]"
EXAMPLES = """
  rillet stop llama3
  rillet ps                              which ones are loaded
"""


def arguments(parser: Parser) -> None:
    parser.add_argument("model")
    parser.switch("--json", help="as JSON")
    parser.host()


def run(args: Namespace) -> int:
    if not args.model:
        raise InvalidRequest("model is required")
    there = where.place(args.host)
    with there.client:
        try:
            there.client.generate(args.model, keep_alive=0)
        except ModelNotFound as error:
            raise RilletError(f'couldn\'t find model "{args.model}" to stop') from error
    if args.json:
        screen.output().json({"stopped": args.model})
    return exits.COMPLETE
