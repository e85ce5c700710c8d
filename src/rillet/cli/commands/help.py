"""`rillet help [COMMAND]`: what there is, by examples."""

from argparse import Namespace

from rillet.cli import exits, screen
from rillet.cli.parsing import Parser

USAGE = "[COMMAND]"
EXAMPLES = """
  rillet help
  rillet help run
"""
_HEAD = """Streams of language models: ask, talk, serve.

Ask:
  rillet "Why is the sky blue?"                 the built-in model, no set-up
  rillet run llama3 "Why is the sky blue?"      any model of Ollama's library
  rillet run ./model.gguf "tell me a joke?"     any GGUF file
  git diff | rillet "Write a commit message"    standard input comes first

Talk:
  rillet                                        the default model (RILLET_MODEL)
  rillet run llama3

Serve:
  rillet serve                                  for what speaks Ollama or OpenAI

Commands:
"""
_TAIL = """
rillet help COMMAND, or rillet COMMAND --help, tells more.
A server at RILLET_HOST, OLLAMA_HOST or 127.0.0.1:11434 is used if one is
there, else the engine inside.
"""


def arguments(parser: Parser) -> None:
    parser.add_argument("words", nargs="*", metavar="COMMAND")


def run(args: Namespace) -> int:
    from rillet.cli.foreign import command_instead
    from rillet.cli.main import ALIASES, COMMANDS, dispatch

    if args.words:
        said = args.words[0]
        name = {**ALIASES, "chat": "run"}.get(said, said)
        if name not in COMMANDS:
            instead = command_instead([said]) or "See: rillet help"
            raise exits.UsageError(f"there is no command '{said}'\n{instead}")
        return dispatch([name, "--help"])
    rows = "".join(f"  {name:<12}{summary}\n" for name, summary in COMMANDS.items())
    screen.output().write(_HEAD + rows + _TAIL)
    return exits.COMPLETE
