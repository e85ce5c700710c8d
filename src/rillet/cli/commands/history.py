"""`rillet history`: the conversations that were kept."""

from argparse import Namespace

from rillet.cli import exits, screen
from rillet.cli.chat.history import History, Kept, Whole, path
from rillet.cli.exits import UsageError
from rillet.cli.parsing import Parser
from rillet.cli.table import cut, table
from rillet.text.human import human_time
from rillet.text.terminal import clean
from rillet.words.errors import InvalidRequest

USAGE = "[list | search WORD | show | export | delete ID | path]"
EXAMPLES = """
  rillet history                         what was talked about
  rillet history -n 5                    the last five
  rillet history search "blue sky"
  rillet history show 12                 without a number the last one, as -c
  rillet history -r                      the last answer alone
  rillet history export 12 > talk.md     as Markdown; --json as JSON
  rillet history delete 12 13
  rillet continue 12                     go on with it
"""
_LEAST = 12  # columns of a title


def arguments(parser: Parser) -> None:
    parser.add_argument(
        "what", nargs="?", default="list", help="list, search, show, export, delete, path"
    )
    parser.add_argument("rest", nargs="*", help="a word, or numbers of conversations")
    parser.add_argument("-n", "--count", type=int, help="the newest ones alone, so many")
    parser.add_argument("-q", "--query", default="", help="those with these words alone")
    parser.switch("-c", "--current", help="the last conversation")
    parser.switch("-r", "--response", help="the last answer")
    parser.switch("--json", help="as JSON")


def run(args: Namespace) -> int:
    if args.what == "path":
        screen.output().line(str(path()))
        return exits.COMPLETE
    history = History(path())
    try:
        if args.response:
            _respond(history.read(None))
        elif args.current:
            _show(history.read(None), as_json=args.json)
        elif args.what in ("list", "search"):
            words = " ".join(filter(None, [args.query, *args.rest]))
            _list(history.all(words)[: args.count], as_json=args.json)
        elif args.what in ("show", "export"):
            _show(history.read(_number(args.rest)), as_json=args.json)
        elif args.what == "delete":
            _delete(history, args.rest)
        else:
            raise UsageError(f"history has no '{args.what}'\nHow it goes: rillet history --help")
    finally:
        history.close()
    return exits.COMPLETE


def _list(kept: list[Kept], *, as_json: bool) -> None:
    import time

    out = screen.output()
    if as_json:
        import msgspec

        out.write(msgspec.json.encode({"conversations": kept}).decode() + "\n")
        return
    rows = [
        (str(one.id), one.model, human_time(time.time() - one.began), str(one.count), one.title)
        for one in kept
    ]
    header = ("ID", "MODEL", "BEGAN", "MESSAGES", "ABOUT")
    if out.is_terminal:
        others = table(header[:4], [row[:4] for row in rows]).index("\n")
        room = max(_LEAST, out.width() - others - 4)  # what a table pads with
        rows = [(*row[:4], cut(clean(row[4]), room)) for row in rows]
    out.write(table(header, rows, safe=out.is_terminal, trimmed=out.is_terminal))


def _show(whole: Whole, *, as_json: bool) -> None:
    out = screen.output()
    if as_json:
        import msgspec

        out.write(msgspec.json.encode(whole).decode() + "\n")
        return
    text = as_markdown(whole)
    out.write(clean(text) if out.is_terminal else text)


def _respond(whole: Whole) -> None:
    said = [each.content for each in whole.messages if each.role == "assistant"]
    if not said:
        raise InvalidRequest("Nothing was answered in the last conversation")
    out = screen.output()
    text = said[-1].rstrip("\n") + "\n"
    out.write(clean(text) if out.is_terminal else text)


def as_markdown(whole: Whole) -> str:
    parts = [f"# Conversation {whole.id} with {whole.model}\n"]
    if whole.system:
        parts.append(f"> {whole.system}\n")
    parts += [f"**{each.role}**\n\n{each.content.strip()}\n" for each in whole.messages]
    if whole.interrupted:
        parts.append("*(interrupted)*\n")
    return "\n".join(parts)


def _delete(history: History, texts: list[str]) -> None:
    if not texts:
        raise UsageError("which one?\nHow it goes: rillet history delete ID ...")
    for text in texts:
        number = _number([text])
        if number is None or not history.delete(number):
            raise InvalidRequest(f"There is no conversation {text}")
        screen.output().line(f"deleted conversation {number}")


def _number(texts: list[str]) -> int | None:
    if not texts:
        return None
    if not texts[0].isdecimal():
        raise UsageError(f"'{texts[0]}' is no number of a conversation")
    return int(texts[0])
