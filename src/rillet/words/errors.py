"""Every error of Rillet. Catch `RilletError` for all of them.

RilletError                 .message (what happened), .hint (what to do), .partial (what came)
├── InvalidRequest          refused before anything was sent: an argument is wrong
│   └── InvalidHost         a host string that cannot be read
├── Unreachable             no connection: refused, no such host, TLS, proxy
├── ServerError             the server answered with an error: .status (HTTP, or None in mid-stream)
│   ├── ModelNotFound       it does not have the model
│   ├── Unauthorized        401 or 403
│   └── Busy                429 or 503: .retry_after (seconds, or None)
├── StreamError             the answer did not come whole
│   ├── StreamTruncated     it ended before its end was said
│   ├── MalformedStream     bytes that are not of the protocol
│   └── Stalled             a clock struck: .phase (a field of Timeouts), .after (seconds)
├── EngineError             the engine process behind a local model
│   ├── LoadFailed          it could not load the model
│   └── EngineDied          it ended in the middle
└── ModelError              a model on disk
    ├── InvalidName         not a model name
    ├── InvalidModelFile    not a usable GGUF file
    └── StoreError          the folder of models cannot be read or written
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rillet.words.replies import Reply


class RilletError(Exception):
    """What happened (`message`), what to do next (`hint`), and what had come so far (`partial`)."""

    hint: str = ""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.partial: Reply | None = None
        if hint is not None:
            self.hint = hint

    def __str__(self) -> str:
        return f"{self.message.removesuffix('.')}. {self.hint}" if self.hint else self.message


class InvalidRequest(RilletError):
    """An argument is wrong; nothing was sent."""


class InvalidHost(InvalidRequest):
    """A host string that cannot be read as Ollama reads OLLAMA_HOST."""


class Unreachable(RilletError):
    """No connection could be made."""


class ServerError(RilletError):
    """The server answered with an error. `status` is None when it came in mid-stream."""

    def __init__(self, message: str, *, status: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class ModelNotFound(ServerError):
    """The server does not have the model."""


class Unauthorized(ServerError):
    """The server wants (other) credentials."""


class Busy(ServerError):
    """The server has too much to do. `retry_after` is its own wish, in seconds."""

    hint = "Try again in a moment"

    def __init__(
        self, message: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after


class StreamError(RilletError):
    """The answer did not come whole; what came is in `partial`."""


class StreamTruncated(StreamError):
    """The stream ended before its end was said."""

    hint = "What came so far is in .partial; ask again for the rest"
    unsaid = False  # whether it ended in order, but for the word that it is complete


class MalformedStream(StreamError):
    """The peer sent bytes that are not of the protocol."""

    hint = "Is this the address of a model server? A proxy may have answered in its place"


class Stalled(StreamError):
    """A clock struck. `phase` says which one, `after` how many seconds it allowed."""

    def __init__(self, phase: str, after: float, *, hint: str | None = None) -> None:
        super().__init__(
            _STALLED[phase].format(after), hint=hint or f"Raise Timeouts.{phase} to wait longer"
        )
        self.phase = phase
        self.after = after

    def __reduce__(self) -> tuple[type["Stalled"], tuple[str, float], dict[str, object]]:
        return type(self), (self.phase, self.after), self.__dict__  # what `args` has is the message


_STALLED = {
    "connect": "No connection within {:g} s",
    "first_token": "No first token within {:g} s",
    "between_tokens": "No further token within {:g} s",
    "total": "The answer was not complete within {:g} s",
}


class EngineError(RilletError):
    """The engine process behind a local model."""


class LoadFailed(EngineError):
    """The engine could not load the model."""


class EngineDied(EngineError):
    """The engine ended in the middle of its work."""

    hint = "The next request starts it again"


class ModelError(RilletError):
    """Something is wrong with a model on disk."""


class InvalidName(ModelError, ValueError):
    """Not a model name."""


class InvalidModelFile(ModelError, ValueError):
    """Not a usable GGUF file."""


class StoreError(ModelError):
    """The folder of models cannot be read or written."""
