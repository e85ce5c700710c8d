"""`rillet list [PREFIX]`: the models that there are."""

from argparse import Namespace

from rillet.cli import exits, screen, where
from rillet.cli.moments import ago
from rillet.cli.parsing import Parser
from rillet.cli.table import table
from rillet.text.human import human_size
from rillet.words.models import ModelInfo

USAGE = "[PREFIX] [--json]"
EXAMPLES = """
  rillet list
  rillet ls llama                        those whose name begins so
  rillet list --json | jq -r '.models[].name'
"""


def arguments(parser: Parser) -> None:
    parser.add_argument("prefix", nargs="?", default="", help="how the names begin")
    parser.switch("--json", help="as JSON")
    parser.host()


def run(args: Namespace) -> int:
    there = where.place(args.host)
    with there.client:
        models = [m for m in there.client.tags() if m.name.lower().startswith(args.prefix.lower())]
    out = screen.output()
    if args.json:
        import msgspec

        out.write(msgspec.json.encode({"models": models}).decode() + "\n")
        return exits.COMPLETE
    out.write(listed(models, at_terminal=out.is_terminal))
    return exits.COMPLETE


def _size(model: ModelInfo) -> str:
    return "-" if model.remote_model else human_size(model.size)


def listed(models: list[ModelInfo], prefix: str = "", *, at_terminal: bool = True) -> str:
    """The table of those whose name begins so."""
    rows = [
        (each.name, each.digest[:12], _size(each), ago(each.modified_at))
        for each in models
        if each.name.lower().startswith(prefix.lower())
    ]
    return table(("NAME", "ID", "SIZE", "MODIFIED"), rows, safe=at_terminal, trimmed=at_terminal)
