"""What was said so far, and the request for what comes next. Knows neither terminal nor keys."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from rillet.cli.where import abilities_of
from rillet.words.requests import Message

if TYPE_CHECKING:
    from rillet.cli.where import Place
    from rillet.client.stream import Stream
    from rillet.words.models import ModelCard


class Manners(Struct):
    """How answers are shown."""

    verbose: bool = False
    wordwrap: bool = True
    hide_thinking: bool = False
    fold: bool = True  # thinking into one line, when the answer begins
    plain: bool = False
    raw: bool = False
    numbers: bool = True  # one line after each answer


class Conversation:
    """`messages` ends with the user's word while an answer is awaited, with the model's after it.

    An answer that was interrupted stays, and `interrupted` says so until the next one is whole.
    """

    def __init__(self, model: str, options: dict[str, Any]) -> None:
        self.model = model
        self.place: Place | None = None
        self.card: ModelCard | None = None
        self.messages: list[Message] = []
        self.interrupted = False
        fields = dict(options)
        self.system: str | None = fields.pop("system", None)
        self.options: dict[str, Any] = fields.pop("options", {})
        self.format: Any = fields.pop("format", None)
        self.think: bool | str | None = fields.pop("think", None)
        self.keep_alive: Any = fields.pop("keep_alive", None)

    def settle(self, model: str, place: "Place", card: "ModelCard | None") -> None:
        """Load the model from there; what was said stays. `place` is ours to close then.

        Where that fails, all is as it was and `place` is closed.
        """
        before = self.model, self.place, self.card
        self.model, self.place, self.card = model, place, card
        try:
            self._load()
        except BaseException:
            self.model, self.place, self.card = before
            place.client.close()
            raise
        if before[1] is not None and before[1].client is not place.client:
            before[1].client.close()

    @property
    def abilities(self) -> Sequence[str]:
        return abilities_of(self.card)

    def say(self, text: str, images: list[str] | None = None) -> None:
        self.messages.append(Message(role="user", content=text, images=images))

    def ask(self) -> "Stream":
        """The request for the next message of the model."""
        assert self.place is not None, "settle() comes first"
        said = list(self.messages)
        if self.system:
            said.insert(0, Message(role="system", content=self.system))
        fields: dict[str, Any] = {
            "options": self.options or None,
            "format": self.format,
            "think": self._think(),
            "keep_alive": self.keep_alive,
        }
        given = {name: value for name, value in fields.items() if value is not None}
        return self.place.client.stream_chat(self.model, said, **given)

    def _load(self) -> None:
        """Bring the model into memory."""
        assert self.place is not None, "settle() comes first"
        if self.card is not None:  # an API without cards has no way to load
            given = {} if self.keep_alive is None else {"keep_alive": self.keep_alive}
            self.place.client.chat(self.model, [], **given)

    def hear(self, text: str, thinking: str, *, whole: bool) -> None:
        """An answer, or what came of it. After `go_on` it joins the part that was there."""
        self.interrupted = not whole
        last = self.messages[-1] if self.messages else None
        if last is not None and last.role == "assistant":
            last.content += text
        elif text or thinking:
            said = Message(role="assistant", content=text, thinking=thinking or None)
            self.messages.append(said)

    def take_up(self, messages: list[Message], *, interrupted: bool) -> None:
        """What was said in an earlier talk."""
        self.messages = list(messages)
        self.interrupted = interrupted

    def take_back_answer(self) -> bool:
        """Forget the last answer, so that it can be asked for again. False if nothing was asked."""
        if self.messages and self.messages[-1].role == "assistant":
            self.messages.pop()
        self.interrupted = False
        return bool(self.messages) and self.messages[-1].role == "user"

    def last_question(self) -> Message | None:
        said = [message for message in self.messages if message.role == "user"]
        return said[-1] if said else None

    def take_back_question(self) -> Message | None:
        """Forget the last question and its answer."""
        return self.messages.pop() if self.take_back_answer() else None

    def last_answer(self) -> str | None:
        said = [message for message in self.messages if message.role == "assistant"]
        return said[-1].content if said else None

    def last_thinking(self) -> str:
        said = [message.thinking for message in self.messages if message.thinking]
        return said[-1] if said else ""

    def clear(self) -> None:
        self.messages.clear()
        self.interrupted = False

    def close(self) -> None:
        if self.place is not None:
            self.place.client.close()

    def _think(self) -> bool | str | None:
        if self.think is None and "thinking" in self.abilities:
            return True
        return self.think
