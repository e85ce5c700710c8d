"""The loop of a talk: read, answer, again. Ctrl-C stops an answer and stays; what came is kept."""

import os
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from rillet.cli import exits, screen, where
from rillet.cli.answer import AnswerView, Pen, TextPen, Thoughts
from rillet.cli.chat.attachments import attach
from rillet.cli.chat.commands import COMMANDS, Leave, obey
from rillet.cli.chat.conversation import Conversation, Manners
from rillet.cli.chat.editor import Editor, LineHistory, LineReader, history_path
from rillet.cli.chat.history import History, path
from rillet.cli.chat.numbers import Pace
from rillet.cli.chat.record import Record
from rillet.cli.interrupts import interrupts_told, one_interrupt
from rillet.cli.status import Status
from rillet.words.errors import InvalidRequest, ModelNotFound
from rillet.words.events import Text
from rillet.words.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillet.words.replies import Reply
    from rillet.words.requests import Message


class Talk:
    """One talk on one terminal."""

    def __init__(
        self,
        conversation: Conversation,
        manners: Manners,
        host: str | None,
        *,
        traceless: bool = False,
    ) -> None:
        self.conversation = conversation
        self.manners = manners
        self.host = host
        self.out, self.notes = screen.output(), screen.notes()
        settings = Settings.from_env(os.environ)
        self.history = LineHistory(history_path(traceless or settings.nohistory))
        self.editor: LineReader = (
            LineReader(self.history)
            if screen.is_dumb()
            else Editor(self.history, COMMANDS, self.show_thinking)
        )
        self.draft = ""  # what stands in the next line already
        self.replacing = False  # what comes from there takes the place of the last question
        self.record = Record(conversation, self.notes)

    def settle(self, model: str, *, fetch: bool = False, insecure: bool = False) -> None:
        """Find the model, or fetch it where that is wanted, and load it. Raises `RilletError`."""
        status = Status(self.notes, f"Loading {model}")
        try:
            found = where.find(model, self.host)
            try:
                if found.missing and not fetch:
                    raise ModelNotFound(
                        f"Couldn't find model '{model}'", hint=f"Get it with: rillet pull {model}"
                    )
                if found.missing:
                    from rillet.cli.asking import fetched

                    status.clear()
                    found = fetched(found, model, self.host, insecure=insecure)
                _check_talks(model, found)
            except BaseException:
                found.place.client.close()
                raise
            self.conversation.settle(model, found.place, found.card)
        finally:
            status.clear()

    def run(self) -> int:
        with interrupts_told(self.editor.interrupt):
            return self._run()

    def _run(self) -> int:
        while True:
            try:
                line = self.editor.read(self.draft)
            except EOFError:
                return exits.COMPLETE
            except exits.Terminated:
                raise
            except KeyboardInterrupt:
                self.out.line("Use Ctrl + d or /bye to exit.")
                self.replacing = False
                continue
            finally:
                self.draft = ""
            try:
                with one_interrupt():
                    self.take(line)
            except Leave:
                return exits.COMPLETE
            except exits.Terminated:
                raise
            except KeyboardInterrupt:  # before anything was done, or after all was
                self.notes.line("\n[stopped]")

    def take(self, line: str) -> None:
        """A command, or a message."""
        replacing, self.replacing = self.replacing, False
        if not line.strip():
            return
        try:
            if obey(self, line):
                return
            attached = attach(line, self.conversation.abilities)
            images = [_encoded(path) for path in attached.media]
            for note in attached.notes:
                self.notes.line(note)
            if replacing and (before := self.conversation.take_back_question()):
                images = [*(before.images or ()), *images]
                self.record.begin_anew()
            self.conversation.say(attached.text, images or None)
            self.answer()
        except (Leave, exits.Terminated):
            raise
        except KeyboardInterrupt:  # of a command that takes long, such as one that fetches a model
            self.notes.line("\n[stopped]")
        except Exception as error:  # whatever it is, what was said is not lost for it
            if os.environ.get("RILLET_DEBUG") or exits.signal_behind(error) is not None:
                raise
            exits.report(error, self.notes)

    def answer(self) -> None:
        """Ask for the next answer and show it. What came is kept, however it ends."""
        status = Status(self.notes, "Waiting for the model")
        view = AnswerView(
            self.out,
            self.notes,
            status,
            wrap=self.manners.wordwrap,
            raw=self.manners.raw,
            hide_thinking=self.manners.hide_thinking,
            pen=self.pen(),
            thoughts=self.thoughts(),
        )
        stream = None
        whole = False
        pace = Pace()
        try:
            self.record.write()
            stream = self.conversation.ask()
            for event in stream:
                pace.see(event)
                if isinstance(event, Text):
                    self.record.piece(event.text)
                view.show(event)
            whole = True
        except exits.Terminated:
            raise
        except KeyboardInterrupt:
            pass
        finally:
            if stream is not None:
                stream.close()
                reply = stream.partial
                self.conversation.hear(reply.text, reply.thinking, whole=whole)
                self.record.write()
            view.end()
            self.out.line("\n" if whole else "")
        if not whole:
            self.tell_interrupted()
        elif stream is not None:
            self.tell_numbers(stream.partial, pace)

    def tell_numbers(self, reply: "Reply", pace: Pace) -> None:
        """All that the server told with /set verbose, one line else, none with /set quiet."""
        if self.manners.verbose and reply.finish is not None:
            from rillet.cli.statistics import statistics

            for line in [*statistics(reply.finish), ""]:
                self.notes.line(line)
        elif self.manners.numbers and (line := pace.line(reply)):
            self.notes.dim(line)
            self.notes.line()

    def keep_on(self, wanted: bool) -> None:
        """Keep what is typed and said from now on, or keep it no more."""
        self.history.writing = wanted and self.history.path is not None
        self.record.keep_on(wanted)

    def show_again(self) -> None:
        """What was said in the talk that goes on."""
        self._show_said(self.conversation.messages)
        if self.conversation.interrupted:
            self.tell_interrupted()

    def show_own(self) -> None:
        """The messages that a model brings along, such as one of /save: a server knows them."""
        card = self.conversation.card
        self._show_said((card.messages if card else None) or ())

    def _show_said(self, messages: "Sequence[Message]") -> None:
        for message in messages:
            if message.role == "user":
                self.out.line(f">>> {message.content}")
            elif message.role == "assistant":
                pen = self.pen()
                pen.write(message.content)
                pen.end()
                self.out.line("\n")

    def tell_interrupted(self) -> None:
        self.notes.dim("[interrupted: /continue goes on, /retry asks again]")

    def thoughts(self) -> Thoughts | None:
        """What folds the thinking, where it is wanted and a terminal can do it."""
        manners = self.manners
        if not manners.fold or manners.raw or not manners.wordwrap or not self.out.colours:
            return None
        from rillet.cli.chat.folding import FoldedThoughts

        return FoldedThoughts(self.out)

    def show_thinking(self) -> None:
        """The last thinking, unfolded."""
        shown = Thoughts(Pen(self.out, wrap=self.manners.wordwrap, raw=self.manners.raw))
        shown.begin()
        shown.write(self.conversation.last_thinking() or "(nothing was thought yet)")
        shown.end()

    def pen(self) -> TextPen:
        """What writes an answer: Markdown is set where a terminal can show it."""
        manners = self.manners
        if manners.plain or manners.raw or not manners.wordwrap or not self.out.colours:
            return Pen(self.out, wrap=manners.wordwrap, raw=manners.raw)
        from rillet.cli.chat.markdown import MarkdownPen

        return MarkdownPen(self.out)


def _check_talks(model: str, found: where.Found) -> None:
    """Raises `InvalidRequest` for a model that has vectors, and no words."""
    if "embedding" in found.abilities and "completion" not in found.abilities:
        from rillet.cli.asking import no_text

        raise InvalidRequest(no_text(model))


def _encoded(path: str) -> str:
    from rillet.client.images import image_base64

    return image_base64(path)


def talk(model: str, args: Namespace, options: dict[str, Any]) -> int:
    """A talk with `model` until the person leaves. `keys_kept` is around it."""
    conversation = Conversation(model, options)
    try:
        one = Talk(conversation, _manners(args), args.host, traceless=args.no_history)
        if not args.no_history:
            one.record.open()
        one.settle(model, fetch=True, insecure=args.insecure)
        if conversation.think and conversation.card and "thinking" not in conversation.abilities:
            raise InvalidRequest(f'"{model}" does not support thinking')
        if args.verbose and conversation.place is not None:
            one.notes.line(f"{model} runs on {conversation.place.name}")
        one.show_own()
        return one.run()
    finally:
        conversation.close()


def go_on(number: int | None, model: str | None, args: Namespace, options: dict[str, Any]) -> int:
    """A talk that was kept, from where it ended. Raises `RilletError`."""
    history = History(path())
    whole = history.read(number)
    if whole.system:
        options = {"system": whole.system, **options}
    conversation = Conversation(model or whole.model, options)
    conversation.take_up(whole.messages, interrupted=whole.interrupted)
    try:
        one = Talk(conversation, _manners(args), args.host)
        one.record.take_up(history, whole.id)
        one.settle(conversation.model, fetch=True)
        one.show_again()
        return one.run()
    finally:
        conversation.close()
        history.close()


def _manners(args: Namespace) -> Manners:
    return Manners(
        verbose=args.verbose,
        wordwrap=not args.nowordwrap,
        hide_thinking=args.hidethinking,
        plain=args.plain,
        raw=args.raw,
    )
