"""`rillet ps [PREFIX]`: the models that a server holds in memory.

A server with others behind it is asked how those are: a second table for people, with `--json` a
second key. In a pipe the table of models stays alone, and standard error tells which are gone.
"""

from argparse import Namespace

from rillet.cli import behind, exits, screen, where
from rillet.cli.moments import ago, seconds_since
from rillet.cli.parsing import Parser
from rillet.cli.table import table
from rillet.text.human import human_size
from rillet.words.models import LoadedModel

USAGE = "[PREFIX] [--json]"
EXAMPLES = """
  rillet ps
  rillet ps --json | jq -r '.models[].name'
"""


def arguments(parser: Parser) -> None:
    parser.add_argument("prefix", nargs="?", default="", help="how the names begin")
    parser.switch("--json", help="as JSON")
    parser.host()


def run(args: Namespace) -> int:
    there = where.place(args.host)
    with there.client:
        models = [m for m in there.client.ps() if m.name.lower().startswith(args.prefix.lower())]
        servers = behind.servers(there.client)
    out = screen.output()
    if args.json:
        import msgspec

        told = {"models": models, **({"upstreams": servers} if servers else {})}
        out.write(msgspec.json.encode(told).decode() + "\n")
        return exits.COMPLETE
    header = ("NAME", "ID", "SIZE", "PROCESSOR", "CONTEXT", "UNTIL")
    rows = [row(model) for model in models]
    out.write(table(header, rows, safe=out.is_terminal, trimmed=out.is_terminal))
    if servers and out.is_terminal:
        out.write("\n" + table(behind.HEADER, map(behind.row, servers), trimmed=True))
    for server in servers:
        if not server.reachable:
            screen.notes().line(f"Note: the server behind it, {behind.described(server)}")
    return exits.COMPLETE


def row(model: LoadedModel) -> tuple[str, str, str, str, str, str]:
    context = str(model.context_length) if model.context_length else ""
    return (
        model.name,
        model.digest[:12],
        human_size(model.size),
        processor(model.size, model.size_vram),
        context,
        _until(model.expires_at),
    )


def processor(size: int, in_gpu: int) -> str:
    """``100% CPU``, ``100% GPU``, ``41%/59% CPU/GPU``."""
    if in_gpu == 0:
        return "100% CPU"
    if in_gpu == size:
        return "100% GPU"
    if in_gpu > size:
        return "Unknown"
    cpu = round((size - in_gpu) / size * 100)
    return f"{cpu}%/{100 - cpu}% CPU/GPU"


def _until(expires_at: str) -> str:
    elapsed = seconds_since(expires_at)
    return "Stopping..." if elapsed is not None and elapsed > 0 else ago(expires_at)
