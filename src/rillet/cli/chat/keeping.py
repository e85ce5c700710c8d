"""One question and its answer in the history, so that `rillet continue` can go on with it."""

import os

from rillet.cli import screen
from rillet.cli.chat.history import History, path
from rillet.cli.question import Question
from rillet.cli.status import Status
from rillet.words.errors import RilletError
from rillet.words.events import Event, Text
from rillet.words.replies import Reply
from rillet.words.requests import Message
from rillet.words.settings import Settings


class Keeper:
    """`see(event)` before it is shown, `end(reply)` at the end. An answer goes on where it fails.

    The file is opened at the first event, when the question is on its way.
    """

    def __init__(self, question: Question, status: Status) -> None:
        self._question = question
        self._said = [*question.said, Message(role="user", content=question.prompt)]
        self._status = status
        self._history: History | None = None
        self._number = 0
        self._wanted = not Settings.from_env(os.environ).nohistory

    def see(self, event: Event) -> None:
        if not self._wanted:
            return
        try:
            if self._history is None:
                self._history = History(path())
                asked = self._question
                self._number = asked.number or self._history.begin(asked.model, asked.system)
                self._history.write(self._number, self._said, interrupted=False)
            if isinstance(event, Text):
                self._history.piece(self._number, event.text)
        except RilletError as error:
            self._wanted = False
            self._status.clear()
            screen.notes().line(f"Warning: this answer is not kept: {error}")

    def end(self, reply: Reply) -> None:
        """Whole or not, as the reply says."""
        if self._history is None:
            return
        if reply.text or reply.thinking:
            said = Message(role="assistant", content=reply.text, thinking=reply.thinking or None)
            self._said.append(said)
        try:
            self._history.write(self._number, self._said, interrupted=reply.finish is None)
        except RilletError:
            pass  # the pieces are there
        self._history.close()
