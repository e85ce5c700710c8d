"""One question and its answer, from the model's place to the exit code."""

import struct
import time
from argparse import Namespace
from typing import TYPE_CHECKING

from rillet.cli import exits, screen, where
from rillet.cli.interrupts import one_interrupt
from rillet.cli.question import Question
from rillet.cli.status import Status
from rillet.words.errors import InvalidRequest, RilletError, ServerError

if TYPE_CHECKING:
    from rillet.cli.recording import Recorder
    from rillet.client.settings import Api
    from rillet.client.stream import Stream


def ask(question: Question, args: Namespace) -> int:
    """Ask, show, and close whatever was opened. An empty prompt loads the model."""
    with one_interrupt():
        return _ask(question, args)


def _ask(question: Question, args: Namespace) -> int:
    notes = screen.notes()
    status = Status(notes, "Waiting for the model")
    try:
        began = time.perf_counter()
        found = where.find(question.model, args.host)
        args.connect = 0.0 if found.place.name == where.EMBEDDED else time.perf_counter() - began
        with found.place.client:
            if found.missing:
                status.clear()
                found = fetched(found, question.model, args.host, insecure=args.insecure)
                status = Status(notes, "Waiting for the model")
            if args.verbose:
                status.clear()
                notes.line(f"{question.model} runs on {found.place.name}")
            if "embedding" in found.abilities or _wants_vectors(found, args):
                return _embed(found, question, args, status)
            return _asked(found, question, args, status)
    finally:
        status.clear()


def _wants_vectors(found: where.Found, args: Namespace) -> bool:
    """Where a server does not tell what its models are, who asks for embeddings says so."""
    return found.card is None and (bool(args.dimensions) or args.truncate is not None)


def fetched(found: where.Found, model: str, host: str | None, *, insecure: bool) -> where.Found:
    """After a pull, as Ollama does when a model is not there."""
    from rillet.cli.transfer import PATIENT, show_transfer

    client = found.place.client
    try:
        if found.place.name == where.EMBEDDED:
            show_transfer(client.stream_pull(model, insecure=insecure))
        else:
            with where.place(host, PATIENT).client as patient:
                show_transfer(patient.stream_pull(model, insecure=insecure))
    except ServerError as error:
        raise ServerError(
            f"There is no model {model!r} here, and it cannot be fetched: {error.message}",
            status=error.status,
            hint=error.hint or "rillet list shows the models that are here",
        ) from error
    return where.Found(found.place, client.show(model))


def _asked(found: where.Found, question: Question, args: Namespace, status: Status) -> int:
    question.attach(found, status)
    recorder = _recorder(args.record, question)
    if recorder is not None and found.place.name != where.EMBEDDED:
        from rillet.cli.tapping import tapped_client

        api: Api = "openai" if found.card is None else "ollama"
        tapped = tapped_client(args.host, api, recorder)
        found = found._replace(place=found.place._replace(client=tapped))
    with found.place.client, question.stream(found) as stream:
        try:
            if args.events:
                return _show_events(stream, recorder)
            from rillet.cli.answering import show

            return show(stream, question, args, status, recorder)
        except RilletError as error:
            if recorder is not None:
                recorder.fail(error)
            raise
        finally:
            if recorder is not None:
                recorder.close()


def _recorder(path: str | None, question: Question) -> "Recorder | None":
    if path is None:
        return None
    from rillet.cli.recording import Recorder

    return Recorder(path, question.model, question.prompt)


def _show_events(stream: "Stream", recorder: "Recorder | None") -> int:
    from rillet.cli.records import record

    out = screen.output()
    for event in stream:
        if recorder is not None:
            recorder.see(event)
        out.write(record(event) + "\n")
    return exits.COMPLETE


def _embed(found: where.Found, question: Question, args: Namespace, status: Status) -> int:
    import json

    model, text = question.model, question.prompt
    if not text:
        raise InvalidRequest(no_text(model))
    shared = ("keep_alive", "options")
    options = {name: question.options[name] for name in shared if name in question.options}
    if args.truncate is not None:
        options["truncate"] = args.truncate
    if args.dimensions:
        options["dimensions"] = args.dimensions
    vectors = found.place.client.embed(model, text, **options).embeddings
    status.clear()
    vector = [as_single(each) for each in (vectors[0] if vectors else ())]
    screen.output().write(json.dumps(vector, separators=(",", ":")) + "\n")
    return exits.COMPLETE


def no_text(model: str) -> str:
    return f'embedding models require input text. Usage: rillet run {model} "your text here"'


def as_single(value: float) -> float:
    """With as few digits as tell it from its neighbours of 32 bits, which is all that it has."""
    single = struct.pack("f", value)
    for digits in range(6, 9):
        short = float(f"{value:.{digits}g}")
        if struct.pack("f", short) == single:
            return short
    return float(f"{value:.9g}")
