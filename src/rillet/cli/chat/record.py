"""A talk on its way into the history. What cannot be written is said once, and the talk goes on."""

import os

from rillet.cli.chat.conversation import Conversation
from rillet.cli.chat.history import History, path
from rillet.cli.screen import Screen
from rillet.words.errors import RilletError
from rillet.words.settings import Settings


class Record:
    """Nothing is kept before `open` or `take_up`."""

    def __init__(self, conversation: Conversation, notes: Screen) -> None:
        self._conversation = conversation
        self._notes = notes
        self._history: History | None = None
        self._number: int | None = None  # of this conversation in the history
        self._paused = False  # what is said is not to be kept
        self._from = 0  # the first message that is

    def open(self) -> None:
        """Write this talk to the history, unless the environment says not to."""
        if Settings.from_env(os.environ).nohistory:
            return
        try:
            self._history = History(path())
        except RilletError as error:
            self._notes.line(f"Warning: this talk is not kept: {error}")

    def take_up(self, history: History, number: int) -> None:
        """Go on with what was kept."""
        self._history, self._number = history, number

    def begin_anew(self) -> None:
        """What was kept so far stays in the history as it is; what comes is another entry."""
        self._number = None
        self._from = min(self._from, len(self._conversation.messages))

    def keep_on(self, wanted: bool) -> None:
        """Keep what is said from now on, or keep it no more."""
        if wanted and self._paused:
            self._from = len(self._conversation.messages)
            self.begin_anew()
        self._paused = not wanted

    def write(self) -> None:
        """All that was said so far."""
        if self._history is None or self._paused:
            return
        said = self._conversation
        try:
            if self._number is None:
                self._number = self._history.begin(said.model, said.system)
            messages = said.messages[self._from :]
            self._history.write(self._number, messages, interrupted=said.interrupted)
        except RilletError as error:
            self._give_up(error)

    def piece(self, text: str) -> None:
        """Before it is shown, so that whatever was on the screen is kept."""
        if self._history is None or self._number is None or self._paused:
            return
        try:
            self._history.piece(self._number, text)
        except RilletError as error:
            self._give_up(error)

    def _give_up(self, error: RilletError) -> None:
        self._history = None
        self._notes.line(f"Warning: this talk is not kept any more: {error}")
