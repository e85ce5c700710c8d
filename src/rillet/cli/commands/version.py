"""`rillet version`, `rillet --version`: this program's, and that of a server if one is there."""

from argparse import Namespace

from rillet.cli import exits, screen
from rillet.cli.parsing import Parser

USAGE = "[--json]"
EXAMPLES = """
  rillet --version
  rillet version --json
"""


def arguments(parser: Parser) -> None:
    parser.switch("--json", help="as JSON")
    parser.host()


def run(args: Namespace) -> int:
    from rillet import __version__
    from rillet.cli import where
    from rillet.words.errors import InvalidRequest, RilletError

    out = screen.output()
    server, other, problem = None, None, None
    there = None
    try:
        if (there := where.server(args.host)) is not None:
            with there.client:
                server = (there.name, there.client.version())
    except InvalidRequest as error:
        other, problem = there and there.name, error.message
    except RilletError as error:
        problem = error.message
    if args.json:
        import json

        said = {"version": __version__} | ({"server": server[1]} if server else {})
        out.write(json.dumps(said) + "\n")
        return exits.COMPLETE
    out.line(f"rillet version is {__version__}")
    if server is not None:
        out.line(f"{server[0]} speaks version {server[1]} of Ollama's API")
    if other is not None:
        out.line(f"{other} speaks OpenAI's API, which tells no version")
    elif problem is not None:
        screen.notes().line(f"Warning: could not ask the server: {problem}")
    return exits.COMPLETE
