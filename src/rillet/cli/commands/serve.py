"""`rillet serve`: the server."""

import os
from argparse import Namespace

import msgspec

from rillet.cli import exits
from rillet.cli.parsing import Parser
from rillet.words.settings import Settings

USAGE = "[flags]"
EXAMPLES = """
  rillet serve                           at 127.0.0.1:11434
  rillet serve --host 0.0.0.0:8080       for others in the network
  rillet serve --preload llama3          ready before the first question
  rillet serve --journal answers.db      answers outlive a restart
  rillet serve --upstream gpu=http://10.0.0.7:8000
                                         models of another server, as gpu/NAME
  RILLET_KEEP_ALIVE=1h rillet serve      keep models in memory for an hour

  curl -N http://127.0.0.1:11434/api/generate \\
      -d '{"model": "rillet-tiny", "prompt": "Hi"}'
"""


def arguments(parser: Parser) -> None:
    add = parser.add_argument
    add(
        "--host", metavar="HOST", help="where to listen (RILLET_HOST, OLLAMA_HOST, 127.0.0.1:11434)"
    )
    add(
        "--upstream",
        action="append",
        metavar="[NAME=]URL",
        help="a server behind this one; NAME/ stands before its models (RILLET_UPSTREAMS)",
    )
    add("--preload", action="append", metavar="MODEL", help="load it at the start (RILLET_PRELOAD)")
    add("--journal", metavar="PATH", help="where answers are recorded (RILLET_JOURNAL)")


def run(args: Namespace) -> int:
    from rillet.server.app import serve

    serve(settings_of(args, Settings.from_env(os.environ)))
    return exits.COMPLETE


def settings_of(args: Namespace, settings: Settings) -> Settings:
    """A flag stands in place of its variable."""
    said = {
        "host": args.host,
        "upstreams": tuple(args.upstream or ()),
        "preload": tuple(args.preload or ()),
        "journal": args.journal,
    }
    return msgspec.structs.replace(
        settings, **{name: value for name, value in said.items() if value}
    )
