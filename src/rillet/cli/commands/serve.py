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

Environment (OLLAMA_X means the same where there is no RILLET_X):
  RILLET_HOST               where to listen (127.0.0.1:11434)
  RILLET_MODELS             the folder of the models (~/.ollama/models)
  RILLET_KEEP_ALIVE         how long an idle model stays in memory (5m)
  RILLET_CONTEXT_LENGTH     tokens of context (4096)
  RILLET_NUM_PARALLEL       answers at once from one model (what fits)
  RILLET_MAX_LOADED_MODELS  models in memory at once (3)
  RILLET_MAX_QUEUE          requests that may wait (512)
  RILLET_LOAD_TIMEOUT       how long a load may take (5m)
  RILLET_ORIGINS            web origins to allow, with commas between them
  RILLET_FLASH_ATTENTION    true or false (as the model likes it)
  RILLET_KV_CACHE_TYPE      f16, q8_0 or q4_0 (f16)
  RILLET_GO_TEMPLATE        true: a model's TEMPLATE, false: its file's
                            (the one that can do more)
  RILLET_NOPRUNE            true: keep blobs that no model needs
  RILLET_MAX_BODY           bytes of a JSON request (67108864)
  RILLET_DEBUG              1 logs more, 2 all
  RILLET_LLAMA_SERVER       a llama-server in place of the engine inside
  RILLET_PRELOAD, RILLET_UPSTREAMS, RILLET_JOURNAL
                            as the flags, with commas between several
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
