"""One question and its answer, from the model's place to the exit code."""

import time
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rillet.cli import exits, screen, where
from rillet.cli.screen import Screen
from rillet.cli.status import Status
from rillet.words.errors import InvalidRequest, RilletError, ServerError

if TYPE_CHECKING:
    from rillet.cli.chat.keeping import Keeper
    from rillet.cli.recording import Recorder
    from rillet.client.settings import Api
    from rillet.client.stream import Stream
    from rillet.words.models import ModelCard
    from rillet.words.replies import Reply


def ask(model: str, prompt: str, args: Namespace, options: dict[str, Any]) -> int:
    """Ask, show, and close whatever was opened. An empty prompt loads the model."""
    notes = screen.notes()
    status = Status(notes, "Waiting for the model")
    try:
        began = time.perf_counter()
        found = where.find(model, args.host)
        args.connect = 0.0 if found.place.name == where.EMBEDDED else time.perf_counter() - began
        with found.place.client:
            if found.missing:
                status.clear()
                found = fetched(found, model, args.host, insecure=args.insecure)
                status = Status(notes, "Waiting for the model")
            if args.verbose:
                status.clear()
                notes.line(f"{model} runs on {found.place.name}")
            return _asked(found, model, prompt, args, options, status)
    finally:
        status.clear()


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


def _asked(
    found: where.Found,
    model: str,
    prompt: str,
    args: Namespace,
    options: dict[str, Any],
    status: Status,
) -> int:
    abilities = (found.card.capabilities if found.card else None) or ()
    if "embedding" in abilities:
        return _embed(found, model, prompt, args, status)
    options = dict(options)
    if (think := _thinks(found.card, options.get("think"))) is not None:
        options["think"] = think
    prompt, images = _attached(prompt, abilities, status)
    if images:
        options["images"] = images
    recorder = _recorder(args.record, model, prompt)
    if recorder is not None and found.place.name != where.EMBEDDED:
        from rillet.cli.tapping import tapped_client

        api: Api = "openai" if found.card is None else "ollama"
        tapped = tapped_client(args.host, api, recorder)
        found = found._replace(place=found.place._replace(client=tapped))
    with found.place.client, _stream(found, model, prompt, options) as stream:
        try:
            if args.events:
                return _show_events(stream, recorder)
            return _show(stream, model, prompt, args, status, recorder)
        except RilletError as error:
            if recorder is not None:
                recorder.fail(error)
            raise
        finally:
            if recorder is not None:
                recorder.close()


def _recorder(path: str | None, model: str, prompt: str) -> "Recorder | None":
    if path is None:
        return None
    from rillet.cli.recording import Recorder

    return Recorder(path, model, prompt)


def _thinks(card: "ModelCard | None", wish: bool | str | None) -> bool | str | None:
    """As Ollama: a model that can think does, unless told otherwise."""
    if wish is None and card is not None and "thinking" in (card.capabilities or ()):
        return True
    return wish


def _attached(prompt: str, abilities: Sequence[str], status: Status) -> tuple[str, list[str]]:
    if "/" not in prompt:  # no path; and what follows costs a start more than it may
        return prompt, []
    from rillet.cli.chat.attachments import attach_media

    attached = attach_media(prompt, abilities)
    if attached.notes:
        status.clear()
    for note in attached.notes:
        screen.notes().line(note)
    return attached.text, list(attached.media)


def _stream(found: where.Found, model: str, prompt: str, options: dict[str, Any]) -> "Stream":
    """Ollama's generate, where that is the same as a chat of one message.

    It is not where a model thinks: servers keep thinking apart in chats for more models. And an
    OpenAI server (no card) applies no template to a completion.
    """
    client, card = found.place.client, found.card
    if not prompt or (card is not None and "thinking" not in (card.capabilities or ())):
        return client.stream_generate(model, prompt, **options)
    images = options.pop("images", None)
    messages: list[dict[str, Any]] = [{"role": "user", "content": prompt}]
    if images:
        messages[0]["images"] = images
    if (system := options.pop("system", None)) is not None:
        messages.insert(0, {"role": "system", "content": system})
    return client.stream_chat(model, messages, **options)


def _show(
    stream: "Stream",
    model: str,
    prompt: str,
    args: Namespace,
    status: Status,
    recorder: "Recorder | None",
) -> int:
    from rillet.cli.answer import AnswerView
    from rillet.cli.files import OutputFile
    from rillet.cli.timing import Stopwatch

    notes = screen.notes()
    out: Screen | OutputFile = OutputFile(args.output) if args.output else screen.output()
    view = AnswerView(
        out,
        notes,
        status,
        wrap=not args.nowordwrap,
        raw=args.raw,
        hide_thinking=args.hidethinking,
    )
    watch = Stopwatch(args.connect) if args.stats else None
    keeper = _keeper(args, model, prompt, out, status)
    try:
        for event in stream:
            if keeper is not None:
                keeper.see(event)
            if recorder is not None:
                recorder.see(event)
            view.show(event)
            if watch is not None:
                watch.see(event)
        view.end()
        if prompt and not args.output and not args.raw:
            out.write("\n\n")
    except BaseException:
        _leave(view, out, stream)
        raise
    finally:
        if keeper is not None:
            keeper.end(stream.partial)
        if isinstance(out, OutputFile):
            out.close()
    reply = stream.partial
    if args.verbose and reply.finish is not None:
        _tell_numbers(reply, notes)
    if watch is not None:
        watch.tell(reply, notes)
    return _complete(reply, args, notes)


def _keeper(args: Namespace, model: str, prompt: str, out: Any, status: Status) -> "Keeper | None":
    """What somebody reads on a terminal is kept; what goes elsewhere has its place there."""
    if not prompt or args.no_history or not out.is_terminal:
        return None
    from rillet.cli.chat.keeping import Keeper

    return Keeper(model, args.system, prompt, status)


def _leave(view: Any, out: Any, stream: "Stream") -> None:
    """In the middle: what came stays on the screen, and the shell gets a line of its own."""
    stream.close()
    try:
        view.end()
        if out.is_terminal and stream.partial.text:
            out.write("\n")
    except OSError:
        pass


def _tell_numbers(reply: "Reply", notes: Screen) -> None:
    from rillet.cli.statistics import statistics

    assert reply.finish is not None
    for line in statistics(reply.finish):
        notes.line(line)


def _complete(reply: "Reply", args: Namespace, notes: Screen) -> int:
    """An answer that the length limit cut is no whole answer, unless that limit was asked for."""
    limited = any(pair.startswith("num_predict=") for pair in args.parameter)
    if reply.done_reason == "length" and not limited:
        notes.line("[incomplete: the answer reached the limit of its length]")
        return exits.INCOMPLETE
    return exits.COMPLETE


def _show_events(stream: "Stream", recorder: "Recorder | None") -> int:
    from rillet.cli.records import record

    out = screen.output()
    for event in stream:
        if recorder is not None:
            recorder.see(event)
        out.write(record(event) + "\n")
    return exits.COMPLETE


def _embed(found: where.Found, model: str, text: str, args: Namespace, status: Status) -> int:
    import json

    if not text:
        raise InvalidRequest(
            f'embedding models require input text. Usage: rillet run {model} "your text here"'
        )
    options: dict[str, Any] = {}
    if args.truncate:
        options["truncate"] = True
    if args.dimensions:
        options["dimensions"] = args.dimensions
    vectors = found.place.client.embed(model, text, **options).embeddings
    status.clear()
    screen.output().write(json.dumps(vectors[0] if vectors else [], separators=(",", ":")) + "\n")
    return exits.COMPLETE
