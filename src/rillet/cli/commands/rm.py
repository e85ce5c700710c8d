"""`rillet rm MODEL…`: remove models from the disk, and from memory before."""

from argparse import Namespace

from rillet.cli import exits, screen, where
from rillet.cli.parsing import Parser
from rillet.client.sync import Client
from rillet.words.errors import ModelNotFound, RilletError

USAGE = "MODEL ... [--json]"
EXAMPLES = """
  rillet rm llama3
  rillet rm old-one old-two
"""


def arguments(parser: Parser) -> None:
    parser.add_argument("models", nargs="+", metavar="model")
    parser.switch("--json", help="as JSON")
    parser.host()


def run(args: Namespace) -> int:
    there, out = where.place(args.host), screen.output()
    with there.client:
        for model in args.models:
            _unload(there.client, model)
            _delete(there.client, model)
            if args.json:
                out.json({"deleted": model})
            else:
                out.line(f"deleted '{model}'")
    return exits.COMPLETE


def _delete(client: Client, model: str) -> None:
    try:
        client.delete(model)
    except ModelNotFound as error:
        error.hint = ""  # who wants to be rid of it need not get it
        raise


def _unload(client: Client, model: str) -> None:
    try:
        client.generate(model, keep_alive=0)
    except ModelNotFound:
        pass  # delete says so
    except RilletError:  # a damaged model cannot be asked, but it can be removed
        screen.notes().line(f"Warning: unable to stop model '{model}'")
