"""`rillet replay FILE`: an answer that `rillet run --record FILE` kept, played again."""

import os
import time
from argparse import Namespace

from rillet.cli import exits, screen
from rillet.cli.answer import AnswerView
from rillet.cli.exits import UsageError
from rillet.cli.parsing import Parser
from rillet.cli.recording import Recording, read
from rillet.cli.status import Status
from rillet.words.errors import InvalidRequest
from rillet.words.events import Failure

USAGE = "FILE [flags]"
EXAMPLES = """
  rillet run llama3 "Why is the sky blue?" --record sky.jsonl
  rillet replay sky.jsonl                 at the pace at which it came
  rillet replay sky.jsonl --speed 4       four times as fast; 0 is at once
  rillet replay sky.jsonl --serve 8080    as a server of Ollama, OpenAI
  rillet replay sky.jsonl --serve 8080 --fault truncate
"""
FAULTS = ("truncate", "stall", "reset", "drip", "slow")


def arguments(parser: Parser) -> None:
    add = parser.add_argument
    add("file")
    add("--speed", type=float, default=1.0, help="2 is twice as fast, 0 at once")
    add("--serve", type=int, metavar="PORT", help="serve it on this machine; 0 takes a free port")
    add("--fault", choices=FAULTS, help="what goes wrong in the middle of each answer")
    parser.switch("--raw", help="the text as it came: no filter, no wrapping, nothing added")
    parser.switch("--events", help="the events as NDJSON")


def run(args: Namespace) -> int:
    if not 0 <= args.speed <= 1e6:
        raise UsageError("--speed is a number from 0")
    if args.fault and args.serve is None:
        raise UsageError("--fault goes with --serve PORT")
    if args.serve is not None and not 0 <= args.serve <= 65535:
        raise UsageError("--serve is a port, 0 to 65535")
    recording = read(args.file)
    if args.serve is not None:
        return _serve(recording, args)
    return _play(recording, args)


def _play(recording: Recording, args: Namespace) -> int:
    from rillet.cli.records import record

    out, notes = screen.output(), screen.notes()
    view = AnswerView(out, notes, Status(notes), raw=args.raw, wrap=not args.raw)
    before = 0.0
    try:
        for at, event in recording.steps:
            if args.speed:
                time.sleep(max(0.0, at - before) / args.speed)
            before = at
            if args.events:
                out.write(record(event) + "\n")
            elif not isinstance(event, Failure):
                view.show(event)
    finally:
        view.end()
    if not args.raw and not args.events:
        out.write("\n\n")
    if recording.whole:
        return exits.COMPLETE
    last = recording.steps[-1][1] if recording.steps else None
    why = last.error.message if isinstance(last, Failure) else "the recording ends in the middle"
    notes.line(f"[incomplete: {why}]")
    return exits.INCOMPLETE


def _serve(recording: Recording, args: Namespace) -> int:
    import threading

    from rillet.cli.replaying import server

    try:
        playing = server(recording, args.fault, args.speed, args.serve)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise InvalidRequest(
            f"Cannot listen on 127.0.0.1:{args.serve}: {why}", hint="--serve 0 takes a free port"
        ) from None
    with playing:
        fault = f", with the fault '{args.fault}'" if args.fault else ""
        screen.notes().line(f"Replaying '{recording.model}' at {playing.url}{fault}")
        threading.Event().wait()
    return exits.COMPLETE
