"""`rillet continue [ID]`: go on with a conversation, also after a crash."""

from argparse import Namespace

from rillet.cli import screen
from rillet.cli.exits import UsageError
from rillet.cli.parsing import Parser

USAGE = "[ID] [flags]"
EXAMPLES = """
  rillet continue                        the last one
  rillet continue 12                     the one that rillet history calls 12
  rillet continue --model llama3         with another model
  rillet -c "And in French?"             one more question to the last one
"""


def arguments(parser: Parser) -> None:
    parser.add_argument("id", nargs="?", type=int, help="as rillet history lists it")
    parser.add_argument("-m", "--model", help="another model than before")
    parser.switch("--verbose", help="the numbers after each answer")
    parser.switch("--nowordwrap", help="do not wrap lines")
    parser.switch("--hidethinking", help="do not show the thinking")
    parser.switch("--plain", help="no Markdown rendering")
    parser.switch("--raw", help="the text as it comes: no filter, no wrapping")
    parser.host()


def run(args: Namespace) -> int:
    if not (screen.stdin_is_terminal() and screen.output().is_terminal):
        raise UsageError(
            "a talk needs a terminal\nTo read it: rillet history show ID\n"
            'One more question: rillet -c "PROMPT"'
        )
    from rillet.cli.chat.keys import keys_kept

    with keys_kept():
        from rillet.cli.chat.talk import go_on

        return go_on(args.id, args.model, args, {})
