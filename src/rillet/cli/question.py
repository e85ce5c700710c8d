"""One question: what is asked, of what was said before, and the request that it becomes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from rillet.cli import screen
from rillet.cli.status import Status
from rillet.words.errors import InvalidRequest
from rillet.words.requests import Message

if TYPE_CHECKING:
    from rillet.cli.where import Found
    from rillet.client.stream import Stream
    from rillet.words.models import ModelCard


class Question(Struct):
    """`options` are fields of the request; `said` what came before in conversation `number`."""

    model: str
    prompt: str
    options: dict[str, Any]
    files: Sequence[str] = ()  # that go with it
    said: Sequence[Message] = ()
    number: int | None = None

    @property
    def system(self) -> str | None:
        found: str | None = self.options.get("system")
        return found

    def attach(self, found: "Found", status: Status) -> None:
        """Put the files into the prompt and beside it. Raises `InvalidRequest`, `OSError`."""
        if not self.files and "/" not in self.prompt:
            return  # no path; and what follows costs a start more than it may
        from rillet.cli.chat.attachments import attach_files, attach_media

        named = attach_media(self.prompt, found.abilities)
        sent = attach_files(self.files, found.abilities, known=found.card is not None)
        self.prompt = "\n\n".join(filter(None, [named.text, sent.text]))
        if images := [*named.media, *sent.media]:
            self.options["images"] = images
        notes = [*named.notes, *sent.notes]
        if notes:
            status.clear()
        for note in notes:
            screen.notes().line(note)

    def stream(self, found: "Found") -> "Stream":
        """Ollama's generate, where that is the same as a chat of one message.

        It is not where a model thinks: servers keep thinking apart in chats for more models. And an
        OpenAI server (no card) applies no template to a completion.
        """
        client, card = found.place.client, found.card
        options = dict(self.options)
        if (think := _thinks(card, options.get("think"))) is not None:
            options["think"] = think
        thinks = "thinking" in found.abilities
        if not self.prompt or (card is not None and not thinks and not self.said):
            return client.stream_generate(self.model, self.prompt, **options)
        images = options.pop("images", None)
        messages: list[Any] = [*self.said, {"role": "user", "content": self.prompt}]
        if images:
            messages[-1]["images"] = images
        if (system := options.pop("system", None)) is not None:
            messages.insert(0, {"role": "system", "content": system})
        return client.stream_chat(self.model, messages, **options)


def go_on(question: Question, number: int | None, *, model_said: bool) -> Question:
    """The same as the next word of a conversation that was kept, the last one if none is given.

    Its model and system message stay unless others were said. Raises `RilletError`.
    """
    from rillet.cli.chat.history import History, path

    if not question.prompt:
        raise InvalidRequest("There is nothing to go on with", hint="Say what to ask")
    history = History(path())
    try:
        whole = history.read(number)
    finally:
        history.close()
    if not model_said:
        question.model = whole.model
    if whole.system and question.system is None:
        question.options["system"] = whole.system
    question.said, question.number = whole.messages, whole.id
    return question


def _thinks(card: "ModelCard | None", wish: bool | str | None) -> bool | str | None:
    """As Ollama: a model that can think does, unless told otherwise."""
    if wish is None and card is not None and "thinking" in (card.capabilities or ()):
        return True
    return wish
