"""`rillet compare MODEL ... "PROMPT"`: several models answer at once, side by side."""

from argparse import Namespace

from rillet.cli import prompt
from rillet.cli.commands.run import call_options
from rillet.cli.exits import UsageError
from rillet.cli.parsing import Parser

USAGE = 'MODEL MODEL ... "PROMPT" [flags]'
EXAMPLES = """
  rillet compare llama3 qwen3 "Why is the sky blue?"
  rillet compare ./a.gguf ./b.gguf "tell me a joke?" -p seed=1
  git diff | rillet compare llama3 qwen3 "Review this:"
  rillet compare llama3 qwen3 "Three colours" --json
"""


def arguments(parser: Parser) -> None:
    add = parser.add_argument
    add("words", nargs="*", metavar="MODEL ... PROMPT", help="the models, and what to ask them")
    add("-s", "--system", help="the system message")
    add("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="e.g. seed=1")
    add("--think", metavar="=WORD", help="true, false, low, medium, high or max")
    parser.switch("--json", help="a line of JSON for each model")
    parser.host()


def run(args: Namespace) -> int:
    *models, asked = args.words or [""]
    if not models or not asked:
        raise UsageError('which models, and what to ask?\nHow it goes: rillet compare A B "PROMPT"')
    unsaid = {"format": None, "schema": None, "json": False, "keepalive": None}
    options = call_options(Namespace(**{**vars(args), **unsaid}))
    from rillet.cli.comparing import compare

    text = prompt.joined([asked], prompt.read_stdin())
    return compare(models, text, args.host, options, as_json=args.json)
