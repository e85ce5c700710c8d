"""The door: finds the command of a command line, runs it, and turns every end into an exit code.

rillet run llama3 "Why is the sky blue?"
rillet "Why is the sky blue?"              the default model
git diff | rillet "Write a commit message"
"""

import os
import re
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from rillet.cli import exits, screen

if TYPE_CHECKING:
    from argparse import Namespace

#: What there is, in the order of the help. Each is a module of `rillet.cli.commands`.
COMMANDS = {
    "run": "Ask a model, or talk with it",
    "compare": "Ask several models at once, side by side",
    "serve": "Start the server (Ollama's, OpenAI's and Anthropic's APIs)",
    "list": "List the models",
    "ps": "List the models in memory",
    "show": "Show what a model is",
    "pull": "Fetch a model from a registry",
    "push": "Send a model to a registry",
    "create": "Make a model from a Modelfile",
    "cp": "Copy a model",
    "rm": "Remove models",
    "stop": "Take a model out of memory",
    "template": "Keep prompts for rillet run -t",
    "history": "List, search, show and export conversations",
    "continue": "Go on with a conversation",
    "replay": "Play a recorded answer again, or serve it with faults",
    "completion": "Print a script that completes command lines",
    "doctor": "Look whether everything works here",
    "version": "Tell the version",
    "help": "Explain a command",
}
ALIASES = {
    "ls": "list",
    "models": "list",
    "start": "serve",
    "logs": "history",
    "templates": "template",
}
_MODULES = {"continue": "continue_"}  # which is no name for a module
_AS_AFTER_A_COMMAND = re.compile(r"-.*|[\w.-]*[\d:/][\w.:/-]*")  # a flag, a name, a path
_HELP = ("-h", "--help")
_VERSION = ("-v", "--version")
_MANY_ENDS = ("run", "continue", "serve")  # they take more than one Ctrl-C, each in its way
_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; the arguments of this process if none are given."""
    try:
        _fill_closed_streams()
        for number in _ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                signal.signal(number, _terminate)
        _import_msgspec_alone()
        return dispatch(list(sys.argv[1:] if argv is None else argv))
    except exits.Terminated as end:
        return exits.SIGNALLED + end.number
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is over; what follows cleans up
        return exits.INTERRUPTED
    except BrokenPipeError:
        return exits.PIPE_CLOSED
    except Exception as error:
        if (cause := exits.signal_behind(error)) is not None:
            return exits.SIGNALLED + cause.number
        if os.environ.get("RILLET_DEBUG"):
            raise
        return _reported(error)


def dispatch(argv: list[str]) -> int:
    """The command is the first word; what is no command is a prompt for the default model."""
    if argv[:1] == ["__complete"]:
        from rillet.cli.completing import complete

        return complete(argv[1:])
    name, rest = command_of(argv)
    if name in _MANY_ENDS:
        return _run(name, rest)
    from rillet.cli.interrupts import one_interrupt

    with one_interrupt():
        return _run(name, rest)


def _run(name: str, rest: list[str]) -> int:
    module = import_module(f"rillet.cli.commands.{module_of(name)}")
    from rillet.cli.parsing import Parser, parse

    parser = Parser(
        prog=f"rillet {name}",
        usage=module.USAGE,
        description=COMMANDS[name],
        epilog=module.EXAMPLES,
    )
    module.arguments(parser)
    args = parse(parser, rest)
    if name == "run" and "--" not in rest:
        _refuse_late(args)
    code: int = module.run(args)
    return code


def module_of(name: str) -> str:
    return _MODULES.get(name, name)


def command_of(argv: list[str]) -> tuple[str, list[str]]:
    """("run", its arguments), and so on."""
    first = argv[0] if argv else ""
    if first in _HELP:
        return "help", argv[1:]
    if first in _VERSION and len(argv) == 1:
        return "version", []
    if first == "chat":
        return "run", argv[1:] or ["--default-model"]
    if first == "prompt" and _is_llms(argv[1:]):
        return "run", ["--default-model", *argv[1:]]  # as llm has it; else it begins a question
    if argv[:2] == ["models", "list"]:
        return "list", argv[2:]
    name = ALIASES.get(first, first)
    if name in COMMANDS:
        return name, argv[1:]
    _refuse_foreign(argv)
    if len(argv) == 1 or (len(argv) > 1 and _AS_AFTER_A_COMMAND.fullmatch(argv[1])):
        _refuse_typo(argv)
    return "run", ["--default-model", *argv]


def _is_llms(rest: list[str]) -> bool:
    """Whether a prompt follows, as after `llm prompt`, rather than the rest of a sentence."""
    return len(rest) == 1 or (bool(rest) and (" " in rest[0] or rest[0].startswith("-")))


def _refuse_late(args: "Namespace") -> None:
    """A command behind flags, such as `rillet --host gpu-box list`, is no prompt."""
    if not args.default_model or args.model or args.go_on or args.cid is not None:
        return
    word = args.words[0] if args.words else ""
    if word in COMMANDS or word in ALIASES:
        raise exits.UsageError(
            f"the command stands first: rillet {word} ...\n{_to_say_it(args.words)}"
        )


def _refuse_foreign(argv: list[str]) -> None:
    if not argv or not argv[0].isascii() or " " in argv[0]:
        return
    from rillet.cli.foreign import command_instead

    if (instead := command_instead(argv)) is not None:
        raise exits.UsageError(
            f"there is no command '{argv[0]}' here\n{instead}\n{_to_say_it(argv)}"
        )


def _to_say_it(argv: list[str]) -> str:
    return f"To say it to the model: rillet -- {' '.join(argv)}"


def _refuse_typo(argv: list[str]) -> None:
    """A word that is nearly a command is rather a slip than a prompt."""
    word = argv[0]
    if not word.isalpha() or not word.isascii():
        return
    from difflib import get_close_matches

    known = [*COMMANDS, *ALIASES]
    near = [each for each in known if sorted(each) == sorted(word.lower())]  # "rnu"
    near = near or get_close_matches(word, known, n=1, cutoff=0.85)
    if near:
        raise exits.UsageError(
            f"there is no command '{word}'. Did you mean: rillet {near[0]}?\n{_to_say_it(argv)}"
        )


def _import_msgspec_alone() -> None:
    """Without `typing_extensions`, where they are installed: a sixth of the time of a start.

    msgspec takes them if it finds them; all that it wants of them is in `typing` since 3.11.
    """
    if "msgspec" in sys.modules or "typing_extensions" in sys.modules:
        return
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    try:
        import msgspec  # noqa: F401
    finally:
        del sys.modules["typing_extensions"]


def _fill_closed_streams() -> None:
    """Else the next file that is opened, such as the history, takes their place and their text."""
    for descriptor, flags in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:  # a write to a closed standard output fails, as it should
            os.open(os.devnull, flags)


def _terminate(number: int, frame: object) -> NoReturn:
    raise exits.Terminated(number)


def _reported(error: Exception) -> int:
    try:
        return exits.report(error, screen.notes())
    except OSError:  # nobody is there to read it
        return exits.ERROR


if __name__ == "__main__":
    sys.exit(main())
