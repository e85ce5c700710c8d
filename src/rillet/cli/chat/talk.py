"""The loop of a talk: read, answer, again. Ctrl-C stops an answer and stays; what came is kept."""

import os
from argparse import Namespace
from typing import Any

from rillet.cli import exits, screen, where
from rillet.cli.answer import AnswerView
from rillet.cli.chat.commands import COMMANDS, Leave, obey
from rillet.cli.chat.conversation import Conversation, Manners
from rillet.cli.chat.editor import Editor, LineHistory, history_path, keys_kept
from rillet.cli.prompt import split_files
from rillet.cli.status import Status
from rillet.words.errors import RilletError
from rillet.words.settings import Settings


class Talk:
    """One talk on one terminal."""

    def __init__(self, conversation: Conversation, manners: Manners, host: str | None) -> None:
        self.conversation = conversation
        self.manners = manners
        self.host = host
        self.out, self.notes = screen.output(), screen.notes()
        settings = Settings.from_env(os.environ)
        self.history = LineHistory(history_path(settings.nohistory))
        self.editor = Editor(self.history, COMMANDS)
        self.draft = ""  # what stands in the next line already

    def settle(self, model: str, *, insecure: bool = False) -> None:
        """Find the model, fetch it if need be, and load it. Raises `RilletError`."""
        status = Status(self.notes, f"Loading {model}")
        try:
            found = where.find(model, self.host)
            if found.missing:
                from rillet.cli.asking import fetched

                status.clear()
                found = fetched(found, model, self.host, insecure=insecure)
            self.conversation.settle(model, found.place, found.card)
            self.conversation.load()
        finally:
            status.clear()

    def run(self) -> int:
        while True:
            try:
                line = self.editor.read(self.draft)
            except EOFError:
                self.out.line()
                return exits.COMPLETE
            except exits.Terminated:
                raise
            except KeyboardInterrupt:
                self.out.line("\nUse Ctrl + d or /bye to exit.")
                continue
            finally:
                self.draft = ""
            try:
                self.take(line)
            except Leave:
                return exits.COMPLETE

    def take(self, line: str) -> None:
        """A command, or a message."""
        if not line.strip():
            return
        try:
            if obey(self, line):
                return
            text, images = line, None
            if "vision" in self.conversation.abilities or "audio" in self.conversation.abilities:
                text, files = split_files(line)
                images = [_encoded(file) for file in files] or None
                for file in files:
                    self.notes.line(f"Added image '{file}'")
            self.conversation.say(text, images)
            self.answer()
        except (RilletError, OSError) as error:
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
        )
        stream = None
        whole = False
        try:
            stream = self.conversation.ask()
            for event in stream:
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
            view.end()
            self.out.line("\n" if whole else "")
        if not whole:
            self.notes.line(
                self.notes.styled("[interrupted: /continue goes on, /retry asks again]", "90")
            )
        elif self.manners.verbose and stream is not None and stream.partial.finish is not None:
            from rillet.cli.statistics import statistics

            for line in [*statistics(stream.partial.finish), ""]:
                self.notes.line(line)


def _encoded(path: str) -> str:
    from rillet.client.asking import image_base64

    return image_base64(path)


def talk(model: str, args: Namespace, options: dict[str, Any]) -> int:
    """A talk with `model` until the person leaves."""
    manners = Manners(
        verbose=args.verbose,
        wordwrap=not args.nowordwrap,
        hide_thinking=args.hidethinking,
        plain=args.plain,
        raw=args.raw,
    )
    conversation = Conversation(model, options)
    try:
        one = Talk(conversation, manners, args.host)
        one.settle(model, insecure=args.insecure)
        if args.verbose and conversation.place is not None:
            one.notes.line(f"{model} runs on {conversation.place.name}")
        with keys_kept():
            return one.run()
    finally:
        conversation.close()
