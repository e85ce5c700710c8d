"""How long a registry is waited for, how often it is asked again, and the errors that decide it."""

import asyncio

from msgspec import Struct

from rillet.words.errors import (
    MalformedStream,
    RilletError,
    ServerError,
    Stalled,
    StreamError,
    Unreachable,
)

LONGEST_PAUSE = 60.0  # seconds, whatever a registry wishes
#: Bytes that make a try worth another set of tries: a large blob may outlive many connections.
PROGRESS = 1 << 20


class Patience(Struct, frozen=True):
    """Seconds, and the number of tries. The figures are Ollama's where it has them."""

    tries: int = 6
    backoff: float = 1.0  # before the second try; doubles
    stall: float = 30.0  # without a byte
    answer: float = 60.0  # until an answer begins
    commit: float = 300.0  # until a registry has kept what was sent to it
    connect: float = 30.0


class RegistryError(ServerError):
    """A registry refused or failed. `code` is its HTTP status; `passing`: another try may help."""

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        passing: bool = False,
        retry_after: float = 0.0,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, status=500, hint=hint)
        self.code = code
        self.passing = passing
        self.retry_after = retry_after


class Interrupted(StreamError):
    """An answer broke off, or nothing came for too long (`stalled`)."""

    def __init__(self, message: str, *, stalled: bool = False) -> None:
        super().__init__(message)
        self.stalled = stalled


class Tries:
    """Counts the tries of one thing."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._failed = 0

    async def after(self, error: RilletError, progress: int = 0) -> None:
        """Wait before the next try, or raise where there is none.

        `progress` is how many bytes this try brought. One that stalled after it brought some is
        not counted: silence in the middle is the network's fault, and asking anew mends it.
        """
        if not _is_passing(error):
            raise error
        if progress and isinstance(error, Interrupted) and error.stalled:
            return
        if progress >= PROGRESS:
            self._failed = 0
        self._failed += 1
        if self._failed >= self._patience.tries:
            raise RegistryError(f"max retries exceeded: {error.message}") from error
        pause = self._patience.backoff * 2 ** (self._failed - 1)
        if isinstance(error, RegistryError):
            pause = max(pause, error.retry_after)
        await asyncio.sleep(min(pause, LONGEST_PAUSE))


def _is_passing(error: RilletError) -> bool:
    if isinstance(error, RegistryError):
        return error.passing
    return isinstance(error, Interrupted | Unreachable | Stalled | MalformedStream)
