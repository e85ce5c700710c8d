"""The errors that programs of the `ollama` package catch, made from ours.

The error of Rillet stays behind each as `__cause__`, with what came so far in its `.partial`.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from rillet.words.errors import InvalidRequest, RilletError, ServerError, Unreachable


class RequestError(ValueError):
    """The request is wrong; nothing was sent."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class ResponseError(Exception):
    """The server answered with an error, or its answer did not come whole.

    `error` is what it said, also where it is given as the JSON of an answer. `status_code` is that
    of HTTP, or -1 in mid-stream.
    """

    def __init__(self, error: str, status_code: int = -1) -> None:
        error = _said(error)
        super().__init__(error)
        self.error = error
        self.status_code = status_code

    def __str__(self) -> str:
        return f"{self.error} (status code: {self.status_code})"


def _said(error: str) -> Any:
    try:
        answer = msgspec.json.decode(error)
    except (msgspec.DecodeError, TypeError):
        return error
    return answer.get("error", error) if isinstance(answer, dict) else error


def translated(error: RilletError, *, whole: bool = False) -> Exception:
    """The error of that package for one of ours.

    Rillet reads every answer as a stream. Where a `whole` one was asked for, Ollama answers an
    error of its work with the status 500, so that is what its programs know.
    """
    if isinstance(error, Unreachable):
        return ConnectionError(f"Failed to connect to Ollama. {error}")
    if isinstance(error, InvalidRequest):
        cause = error.__cause__
        return cause if isinstance(cause, OSError) else RequestError(str(error))
    unsaid = 500 if whole and isinstance(error, ServerError) else -1
    return ResponseError(error.message, getattr(error, "status", None) or unsaid)


def given(make: Callable[[], Any]) -> Any:
    """What `make` gives; an error of ours becomes one of theirs."""
    try:
        return make()
    except RilletError as error:
        raise translated(error) from error
