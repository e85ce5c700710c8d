"""`rillet serve`: the server."""

import os
from argparse import Namespace

import msgspec

from rillet.cli import exits, screen
from rillet.cli.parsing import Parser
from rillet.words.settings import Settings

USAGE = "[--host HOST]"
EXAMPLES = """
  rillet serve                           at 127.0.0.1:11434
  rillet serve --host 0.0.0.0:8080       for others in the network
  RILLET_KEEP_ALIVE=1h rillet serve      keep models in memory for an hour

  curl -N http://127.0.0.1:11434/api/generate -d '{"model": "rillet-tiny", "prompt": "Hi"}'
"""


def arguments(parser: Parser) -> None:
    parser.add_argument(
        "--host", metavar="HOST", help="where to listen (RILLET_HOST, OLLAMA_HOST, 127.0.0.1:11434)"
    )


def run(args: Namespace) -> int:
    from rillet.server.app import serve

    settings = Settings.from_env(os.environ)
    if args.host:
        settings = msgspec.structs.replace(settings, host=args.host)
    notes = screen.notes()
    for warning in settings.warnings:
        notes.line(f"Warning: {warning}")
    serve(settings)
    return exits.COMPLETE
