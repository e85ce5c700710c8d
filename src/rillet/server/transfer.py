"""The progress of a pull, push or create, sent as a generation is."""

from collections.abc import AsyncIterator, Sequence

from rillet.service.interface import Generation
from rillet.words.events import Event, Finish, Progress


class Transfer:
    """The progress of a pull, push or create, as a generation."""

    single = False

    def __init__(self, lines: AsyncIterator[Progress]) -> None:
        self._lines = lines

    async def __aiter__(self) -> AsyncIterator[Sequence[Event]]:
        async for progress in self._lines:
            if progress.status != "success":
                yield (progress,)
        yield (Finish("success"),)

    async def aclose(self) -> None:
        if aclose := getattr(self._lines, "aclose", None):
            await aclose()


async def transfer(lines: AsyncIterator[Progress]) -> Generation:
    """A transfer in the place of a generation."""
    return Transfer(lines)
