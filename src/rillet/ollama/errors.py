"""The errors that programs of the `ollama` package catch, made from ours.

The error of Rillet stays behind each as `__cause__`, with what came so far in its `.partial`.
"""

from rillet.words.errors import InvalidRequest, RilletError, Unreachable


class RequestError(ValueError):
    """The request is wrong; nothing was sent."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class ResponseError(Exception):
    """The server answered with an error, or its answer did not come whole.

    `status_code` is that of HTTP, or -1 in mid-stream.
    """

    def __init__(self, error: str, status_code: int = -1) -> None:
        super().__init__(error)
        self.error = error
        self.status_code = status_code

    def __str__(self) -> str:
        return f"{self.error} (status code: {self.status_code})"


def translated(error: RilletError) -> Exception:
    """The error of that package for one of ours."""
    if isinstance(error, Unreachable):
        return ConnectionError(str(error))
    if isinstance(error, InvalidRequest):
        cause = error.__cause__
        return cause if isinstance(cause, OSError) else RequestError(str(error))
    return ResponseError(error.message, getattr(error, "status", None) or -1)
