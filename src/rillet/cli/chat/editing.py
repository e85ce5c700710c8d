"""What the keys do to the line that is typed."""

import re
from asyncio import CancelledError
from collections.abc import Callable
from typing import TYPE_CHECKING

from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from rillet.cli.prompt import as_text
from rillet.words.errors import InvalidRequest

if TYPE_CHECKING:
    from rillet.cli.chat.composing import Composition

_TAB = " " * 8


def keys(show_thinking: Callable[[], None]) -> KeyBindings:
    """Ollama's keys, where they differ from those of a shell, and ours."""
    bound = KeyBindings()
    _words(bound)

    @bound.add("c-t")
    def _thinking(event: KeyPressEvent) -> None:
        run_in_terminal(show_thinking)  # above the line, which stays as it is

    @bound.add("c-j")
    @bound.add("escape", "enter")
    def _newline(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @bound.add("tab")
    def _tab(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.text.startswith("/"):
            buffer.complete_next() if buffer.complete_state else buffer.start_completion(
                insert_common_part=True
            )
        else:
            buffer.insert_text(_TAB)

    @bound.add("c-g")
    async def _editor(event: KeyPressEvent) -> None:
        from rillet.cli.chat.composing import Composition

        buffer = event.current_buffer
        composition = Composition(as_text(buffer.text))
        try:
            written = await run_in_terminal(lambda: _written(composition), in_executor=True)
        except CancelledError:  # the talk is ended by a signal, which the editor knows nothing of
            composition.stop()
            raise
        if written is not None:
            buffer.document = Document(written)

    @bound.add("c-@")
    def _nothing(event: KeyPressEvent) -> None:
        """A zero byte, which would begin a selection that the next key replaces."""

    @bound.add("c-z")
    def _suspend(event: KeyPressEvent) -> None:
        event.app.suspend_to_background()

    return bound


def _words(bound: KeyBindings) -> None:
    """By words, as Ollama does: a shell's would end within one at each letter that is not ASCII."""

    @bound.add("escape", "b")
    @bound.add("escape", "left")
    @bound.add("c-left")
    def _word_left(event: KeyPressEvent) -> None:
        event.current_buffer.cursor_position -= _before(event.current_buffer)

    @bound.add("escape", "f")
    @bound.add("escape", "right")
    @bound.add("c-right")
    def _word_right(event: KeyPressEvent) -> None:
        event.current_buffer.cursor_position += _behind(event.current_buffer)

    @bound.add("escape", "backspace")
    @bound.add("c-w")
    def _rub_out(event: KeyPressEvent) -> None:
        _cut(event, event.current_buffer.delete_before_cursor(_before(event.current_buffer)))

    @bound.add("escape", "d")
    @bound.add("c-delete")
    def _delete_word(event: KeyPressEvent) -> None:
        _cut(event, event.current_buffer.delete(_behind(event.current_buffer)))


def _before(buffer: Buffer) -> int:
    """Characters back to where the word begins. A word ends at a blank."""
    text = buffer.document.text_before_cursor
    word = next(iter(text.rsplit(maxsplit=1)[-1:]), "")
    return len(text) - len(text.rstrip()) + len(word)


def _behind(buffer: Buffer) -> int:
    """Characters to where the word ends."""
    found = re.match(r"\s*\S*", buffer.document.text_after_cursor)
    return len(found[0]) if found else 0


def _cut(event: KeyPressEvent, text: str) -> None:
    """What was deleted can be had again by Ctrl-Y."""
    if text:
        event.app.clipboard.set_text(text)


def _written(composition: "Composition") -> str | None:
    """The text out of an editor; None, and a word about it, where that does not work."""
    from rillet.cli import exits, screen

    try:
        return composition.read()
    except InvalidRequest as error:
        exits.report(error, screen.notes())
        return None
