"""`rillet push MODEL`: send it to a registry."""

from argparse import Namespace

from rillet.cli import exits, screen, where
from rillet.cli.parsing import Parser
from rillet.cli.transfer import PATIENT, show_transfer
from rillet.model.names import ModelName
from rillet.words.errors import ServerError

USAGE = "MODEL [--insecure] [--json]"
EXAMPLES = """
  rillet push registry.example.com/me/model:tag
"""
_NOT_YOURS = (
    "you are not authorized to push to this namespace, create the model under a namespace you own"
)
_YOURS = """\
Another name: rillet cp MODEL NAMESPACE/MODEL
The server shows Ollama's key, ~/.ollama/id_ed25519, which the registry has to know"""
_LIBRARY = (".ollama.ai", ".ollama.com")


def arguments(parser: Parser) -> None:
    parser.add_argument("model")
    parser.switch("--insecure", help="over plain HTTP")
    parser.switch("--json", help="each step as a line of JSON")
    parser.host()


def run(args: Namespace) -> int:
    there = where.place(args.host, PATIENT)
    with there.client:
        steps = there.client.stream_push(args.model, insecure=args.insecure)
        try:
            show_transfer(steps, as_json=args.json)
        except ServerError as error:
            raise _worded(error) from error
    if not args.json:
        screen.output().line(f"\nYou can find your model at:\n\n\t{destination(args.model)}")
    return exits.COMPLETE


def _worded(error: ServerError) -> ServerError:
    """Ollama's words for who may not write there, and what can be done."""
    said = error.message.lower()
    if "access denied" not in said and "unauthorized" not in said:
        return error
    return ServerError(_NOT_YOURS, status=error.status, hint=_YOURS)


def destination(model: str) -> str:
    """Where others find it."""
    name = ModelName.parse(model)
    if name.host.endswith(_LIBRARY):
        return "https://ollama.com/" + name.display().removesuffix(":latest")
    return name.full()
