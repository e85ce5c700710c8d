"""`rillet run MODEL [PROMPT…]`: one question and its answer, or a talk where there is no prompt."""

import os
from argparse import Namespace
from collections.abc import Iterable
from typing import Any

from rillet.cli import prompt, screen, where
from rillet.cli.exits import UsageError
from rillet.cli.parsing import Parser, truth, whole
from rillet.words.errors import InvalidRequest, RilletError

USAGE = "MODEL [PROMPT ...] [flags]"
EXAMPLES = """
  rillet "Why is the sky blue?"                 the default model
  rillet run llama3 "Why is the sky blue?"      a server's, or this machine's
  rillet -m llama3 "Why is the sky blue?"       the same
  rillet run ./model.gguf "tell me a joke?"     any GGUF file, no server needed
  git diff | rillet run llama3 "Review this:"   standard input comes first
  rillet run llama3 --format json "Three colours as JSON" | jq
  rillet run llama3 --verbose "Hi"              where it ran, and how fast
  rillet run llama3                             talk with it
  rillet -c "And in French?"                    goes on with the last talk
  rillet run llava "Which colour?" -a sky.png   a file goes with it
  rillet run llama3 -x "fizzbuzz in Python"     of the answer only the code

Exit codes: 0 complete, 1 error, 2 usage, 3 incomplete answer, 130 interrupted.
Text goes to standard output, everything else to standard error. After the
text stand two newlines; --raw and -o FILE give the text alone.
"""
_NO_MODEL = "requires at least 1 arg(s), only received 0"  # as Ollama says it
_LEVELS = ("high", "medium", "low", "max")


def arguments(parser: Parser) -> None:
    add = parser.add_argument
    add("words", nargs="*", metavar="MODEL [PROMPT ...]", help="the model, then what to ask it")
    add("--default-model", action="store_true", help="no MODEL: RILLET_MODEL, or the built-in one")
    add("-m", "--model", metavar="MODEL", help="the model; all words are what to ask it then")
    add("-s", "--system", help="the system message")
    add("-a", "--attachment", action="append", default=[], metavar="FILE", help="goes with it")
    parser.switch("-c", "--continue", dest="go_on", help="go on with the last conversation")
    add("--cid", "--conversation", type=int, metavar="ID", help="go on with this one")
    add("-t", "--template", metavar="NAME", help="a saved prompt (rillet template), or its path")
    add(
        "-P",
        "--param",
        action="append",
        nargs=2,
        default=[],
        metavar=("NAME", "VALUE"),
        help="a value for a $NAME of the template",
    )
    add("-f", "--format", help='"json", or a JSON schema as text')
    parser.switch("--json", help="the answer is JSON (--format json)")
    add("--schema", metavar="SCHEMA", help='JSON of this schema: a file, its text, "name, age int"')
    add("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="e.g. seed=1")
    add("--think", metavar="=WORD", help="true, false, low, medium, high or max")
    parser.switch("--hidethinking", help="do not show the thinking")
    add("--keepalive", metavar="TIME", help="how long the model stays in memory, e.g. 5m")
    parser.switch("--verbose", help="tell where it runs, and the numbers afterwards")
    parser.switch("-u", "--usage", help="tell how many tokens it took")
    parser.switch("--stats", help="tell where the time went")
    parser.switch("--nowordwrap", help="do not wrap lines on a terminal")
    parser.switch("--raw", help="the text as it comes: no filter, no wrapping, nothing added")
    parser.switch("-n", "--no-history", "--no-log", help="do not keep what is said")
    parser.switch("--plain", help="no Markdown rendering in a talk")
    parser.switch("--no-stream", help="the answer at once, when it is whole")
    parser.switch("-x", "--extract", help="of the answer only its first block of code")
    parser.switch("--xl", "--extract-last", dest="extract_last", help="... its last one")
    parser.switch("--events", help="the events as NDJSON, while they come")
    add("--record", metavar="FILE", help="keep the raw answer with its times, for rillet replay")
    add("-o", "--output", metavar="FILE", help="write the text to a file")
    parser.switch("--insecure", help="fetch the model over plain HTTP")
    add("--truncate", metavar="=BOOL", help="embeddings: cut what is too long (true), or fail")
    add("--dimensions", type=whole, help="embeddings: how many numbers")
    parser.host()


def run(args: Namespace) -> int:
    words = list(args.words)
    if words[:1] == [""] and not (args.model or args.default_model or goes_on(args)):
        raise InvalidRequest("model is required")
    if not (model := _model(args, words)):
        raise UsageError(f'{_NO_MODEL}: which model?\nHow it goes: rillet run MODEL "PROMPT"')
    _refuse_parameter(args.output)
    options = call_options(args)
    if args.truncate is not None:
        args.truncate = truth("--truncate", args.truncate)
    out = screen.output()
    stdin = prompt.read_stdin()
    if args.template is None and args.param:
        raise UsageError("-P goes with -t TEMPLATE")
    if args.template is not None:
        from rillet.cli.templates import filled

        words, stdin = [filled(args.template, dict(args.param), prompt.joined(words, stdin))], ""
    model_said = bool(args.model) or not args.default_model
    if not words and not stdin and screen.stdin_is_terminal() and out.is_terminal:
        from rillet.cli.chat.keys import keys_kept

        with keys_kept():  # also what is typed while the rest is imported and loaded
            from rillet.cli.chat import talk as talks

            if goes_on(args):
                return talks.go_on(args.cid, model if model_said else None, args, options)
            return talks.talk(model, args, options)
    if args.default_model and not words and not stdin:
        raise UsageError('nothing was asked\nHow it goes: rillet "PROMPT", or rillet --help')
    from rillet.cli.asking import ask
    from rillet.cli.question import Question, go_on

    question = Question(model, prompt.joined(words, stdin), options, args.attachment)
    if goes_on(args):
        question = go_on(question, args.cid, model_said=model_said)
    return ask(question, args)


def _refuse_parameter(output: str | None) -> None:
    """`-o temperature 0.2` is a parameter to other tools; here it would be a file of that name."""
    name = (output or "").partition("=")[0]
    if not name.isidentifier():
        return
    from rillet.model.parameters import parse_parameter

    try:
        parse_parameter(name, ["1"])
    except RilletError:
        return
    raise UsageError(
        f"-o is the file of the answer; a parameter is -p {name}=VALUE\n"
        f"For a file of this name: -o ./{output}"
    )


def _model(args: Namespace, words: list[str]) -> str:
    """The first of the words, which is taken away, unless a flag says it; "" if nothing does."""
    if args.model:
        return str(args.model)
    if goes_on(args) and len(words) == 1 and " " in words[0]:  # no model has such a name
        args.default_model = True
    if args.default_model:
        return where.default_model()
    return words.pop(0) if words else ""


def goes_on(args: Namespace) -> bool:
    """Whether it is the next word of a conversation that was kept."""
    return bool(args.go_on) or args.cid is not None


def call_options(args: Namespace) -> dict[str, Any]:
    """The fields of the request that the flags say. Raises `UsageError` or `RilletError`."""
    options: dict[str, Any] = {}
    if args.system is not None:
        options["system"] = prompt.as_text(args.system)
    if (shape := _format(args)) is not None:
        options["format"] = shape
    if args.think is not None:
        options["think"] = _think(args.think)
    if args.keepalive:
        options["keep_alive"] = keep_alive(args.keepalive)
    if args.parameter:
        options["options"] = parameters(args.parameter)
    return options


def _format(args: Namespace) -> Any:
    import json

    if args.schema:
        from rillet.cli.schema import read

        return read(args.schema)
    text = args.format or ("json" if args.json else "")
    if text in ("", "json"):
        return text or None
    try:
        return json.loads(text)
    except ValueError as error:
        hint = f"\nA file goes along with -a {text}" if os.path.isfile(text) else ""
        raise UsageError(
            f'the format is "json" or a JSON schema, not this ({error}){hint}'
        ) from None


def _think(text: str) -> bool | str:
    if text in ("true", "false"):
        return text == "true"
    if text not in _LEVELS:
        raise UsageError(
            f'invalid value for --think: "{text}" (must be true, false, high, medium, low, or max)'
        )
    return text


def keep_alive(text: str) -> int | str:
    """Seconds, or a duration. Raises `UsageError`."""
    from rillet.text.durations import parse_duration

    if text.removeprefix("-").isdecimal():
        return int(text)
    try:
        parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{error}\n--keepalive is 5m, 1h30m, 0, or -1 for ever") from None
    return text


def parameters(pairs: list[str]) -> dict[str, Any]:
    """NAME=VALUE pairs as Ollama's options; a `stop` may come several times."""
    import json

    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise UsageError(
                f'a parameter is NAME=VALUE, not "{pair}"\nA value of a template is -P NAME VALUE'
            )
        try:
            value = json.loads(text) if name != "stop" else text
        except ValueError:
            value = text
        if name == "stop":
            found.setdefault("stop", []).append(value)
        else:
            found[name] = value
    _tell_unknown(found)
    return found


def _tell_unknown(names: Iterable[str]) -> None:
    """A server passes over what it does not know, and a slip would go unnoticed."""
    from difflib import get_close_matches

    from rillet.model.parameters import DEPRECATED, KINDS

    for name in names:
        if name not in KINDS and name not in DEPRECATED:
            near = get_close_matches(name, KINDS, n=1)
            meant = f". Did you mean {near[0]}?" if near else ""
            screen.notes().line(f"Note: Ollama knows no parameter '{name}'{meant}")
