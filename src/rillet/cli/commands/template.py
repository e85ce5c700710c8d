"""`rillet template`: prompts that are kept for `rillet run -t NAME`."""

from argparse import Namespace

from rillet.cli import exits, screen, templates
from rillet.cli.exits import UsageError
from rillet.cli.parsing import Parser
from rillet.cli.prompt import joined, read_stdin

USAGE = "[list | show NAME | save NAME TEXT ... | rm NAME | path]"
EXAMPLES = """
  rillet template save review 'Review this $language code: $input'
  cat app.py | rillet run llama3 -t review -P language Python
  rillet template save haiku < haiku.txt
  rillet template list
"""


def arguments(parser: Parser) -> None:
    parser.add_argument("what", nargs="?", default="list", help="list, show, save, rm, path")
    parser.add_argument("words", nargs="*", metavar="NAME [TEXT ...]", help="which one, its text")


def run(args: Namespace) -> int:
    out = screen.output()
    if args.what == "list":
        for name in templates.names():
            wanted = " ".join(f"${each}" for each in templates.variables(templates.read(name)))
            out.line(f"{name:<16} {wanted}".rstrip())
    elif args.what == "path":
        out.line(str(templates.folder()))
    elif args.what in ("show", "save", "rm"):
        _one(args.what, args.words, out)
    else:
        raise UsageError(f"template has no '{args.what}'\nHow it goes: rillet template --help")
    return exits.COMPLETE


def _one(what: str, words: list[str], out: screen.Screen) -> None:
    if not words:
        raise UsageError(f"which one?\nHow it goes: rillet template {what} NAME")
    name, *rest = words
    path = templates.path_of(name)
    if what == "show":
        out.line(templates.read(name))
    elif what == "rm":
        templates.read(name)
        path.unlink()
        out.line(f"deleted '{name}'")
    else:
        text = joined(rest, "" if rest else read_stdin())
        if not text.strip():
            raise UsageError("which text?\nHow it goes: rillet template save NAME TEXT")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
        out.line(f"saved '{name}'")
