"""The answer to one question as it is shown, kept and counted, and the exit code that it means."""

from argparse import Namespace
from typing import TYPE_CHECKING

from rillet.cli import exits, screen
from rillet.cli.answer import AnswerView
from rillet.cli.files import OutputFile
from rillet.cli.question import Question
from rillet.cli.screen import Screen, Writer
from rillet.cli.status import Status

if TYPE_CHECKING:
    from rillet.cli.chat.keeping import Keeper
    from rillet.cli.holding import Held
    from rillet.cli.recording import Recorder
    from rillet.cli.timing import Stopwatch
    from rillet.client.stream import Stream
    from rillet.words.replies import Reply

_READ = 8  # bytes of a text that a token stands for at the most, white space apart
_MUCH = 2000  # bytes of a prompt, below which nobody's context is too short


def show(
    stream: "Stream",
    question: Question,
    args: Namespace,
    status: Status,
    recorder: "Recorder | None",
) -> int:
    """Raises what the stream does, after all that came was shown."""
    notes = screen.notes()
    out: Screen | OutputFile = OutputFile(args.output) if args.output else screen.output()
    extracts = args.extract or args.extract_last
    held = _held(out, args)
    view = AnswerView(
        held or out,
        notes,
        status,
        wrap=not (args.nowordwrap or extracts),
        raw=args.raw,
        hide_thinking=args.hidethinking or extracts,
    )
    watch = _stopwatch(args)
    keeper = _keeper(question, args, out, status)
    seers = [each for each in (keeper, recorder, watch) if each is not None]
    try:
        for event in stream:
            for seer in seers:
                seer.see(event)
            view.show(event)
        view.end()
        if held is not None:
            held.release()
        if question.prompt and not (args.output or args.raw or extracts):
            out.write("\n\n")
    except BaseException:
        _leave(view, held, out, stream)
        raise
    finally:
        if keeper is not None:
            keeper.end(stream.partial)
        if isinstance(out, OutputFile):
            out.close()
    reply = stream.partial
    _tell_numbers(reply, args, notes)
    if watch is not None:
        watch.tell(reply, notes)
    return _complete(reply, question, args, notes)


def _held(out: Writer, args: Namespace) -> "Held | None":
    if not (args.extract or args.extract_last or args.no_stream):
        return None
    from rillet.cli.holding import Held

    return Held(out, first=args.extract, last=args.extract_last)


def _stopwatch(args: Namespace) -> "Stopwatch | None":
    if not args.stats:
        return None
    from rillet.cli.timing import Stopwatch

    return Stopwatch(args.connect)


def _keeper(question: Question, args: Namespace, out: Writer, status: Status) -> "Keeper | None":
    """What somebody reads on a terminal is kept; what goes elsewhere has its place there.

    What goes on with a conversation belongs to it, wherever it is read.
    """
    if not question.prompt or args.no_history or not (out.is_terminal or question.number):
        return None
    from rillet.cli.chat.keeping import Keeper

    return Keeper(question, status)


def _leave(view: AnswerView, held: "Held | None", out: Writer, stream: "Stream") -> None:
    """In the middle: what came stays on the screen, and the shell gets a line of its own."""
    stream.close()
    try:
        view.end()
        if held is not None:
            held.release_all()
        if out.is_terminal and stream.partial.text:
            out.write("\n")
    except OSError:
        pass


def _tell_numbers(reply: "Reply", args: Namespace, notes: Screen) -> None:
    if args.verbose and reply.finish is not None:
        from rillet.cli.statistics import statistics

        for line in statistics(reply.finish):
            notes.line(line)
    if args.usage and reply.usage is not None:
        asked, said = reply.usage.prompt_tokens or 0, reply.usage.completion_tokens or 0
        notes.line(f"Token usage: {asked} input, {said} output")


def _complete(reply: "Reply", question: Question, args: Namespace, notes: Screen) -> int:
    """An answer that the length limit cut is no whole answer, unless that limit was asked for."""
    if reply.usage is not None and _is_cut(question.prompt, reply.usage.prompt_tokens or 0):
        notes.line(
            f"Note: the model read {reply.usage.prompt_tokens} tokens of a prompt that is longer "
            "than its context: the middle was left out. More room: -p num_ctx=N"
        )
    limited = any(pair.startswith("num_predict=") for pair in args.parameter)
    if reply.done_reason == "length" and not limited:
        notes.line("[incomplete: the answer reached the limit of its length]")
        return exits.INCOMPLETE
    return exits.COMPLETE


def _is_cut(prompt: str, tokens: int) -> bool:
    """Whether so few tokens cannot be all of the prompt."""
    if not tokens or len(prompt) < max(_MUCH, _READ * tokens):
        return False
    return len("".join(prompt.split())) > _READ * tokens
