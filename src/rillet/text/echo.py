"""The beginning of an answer that was given with the question, said again by the server.

A llama-server that is given the first words of an answer gives them back with the rest; others give
the rest alone.
"""

from collections.abc import Sequence

from rillet.words.events import Event, Failure, Finish, Text


class Echo:
    """Takes `begun` off the front of a text that comes in pieces, if all of it is there."""

    def __init__(self, begun: str) -> None:
        self._begun = begun
        self._held = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will be taken off or held back."""
        return not self._begun

    def feed(self, piece: str) -> str:
        """What of the text so far is certainly no echo and was not given before."""
        if not self._begun:
            return piece
        self._held += piece
        if self._begun.startswith(self._held) and len(self._held) < len(self._begun):
            return ""
        return self._let_go(self._held.removeprefix(self._begun))

    def finish(self) -> str:
        """The text has ended: what was held back."""
        return self._let_go(self._held)

    def _let_go(self, text: str) -> str:
        self._begun = self._held = ""
        return text

    def taken_off(self, events: Sequence[Event]) -> list[Event]:
        """The events of an answer without it."""
        left: list[Event] = []
        for event in events:
            if type(event) is Text:
                text = self.feed(event.text)
                if text or event.logprobs:
                    left.append(Text(text, event.logprobs))
                continue
            if isinstance(event, Finish | Failure) and (text := self.finish()):
                left.append(Text(text))
            left.append(event)
        return left
