"""Each operation of a client as a value: what goes to which path, and what reads the answer.

One file a wire: `ollama_wire`, `openai_wire`. An operation that a wire does not have is an
`InvalidRequest` that says so.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Protocol

import msgspec

from rillet.net.flow import Call
from rillet.net.http1 import HeaderList, Request
from rillet.words.errors import InvalidRequest

JSON = (("content-type", "application/json"),)


class Question(msgspec.Struct, frozen=True):
    """A call with one whole answer, which `read` turns into a value.

    `if_absent` is the value that a 404 means, where it is no error. `slowly`: seconds that it may
    take to put the question, beyond the wait for its answer.
    """

    REFUSED: ClassVar[Any] = object()

    request: Request
    read: Callable[[bytes], Any]
    model: str | None = None
    if_absent: Any = REFUSED
    slowly: float = 0.0


class Wire(Protocol):
    """A dialect as a client speaks it."""

    def stream(self, operation: str, request: Any) -> Call: ...
    def ask(self, operation: str, request: Any) -> Question: ...


def encoded(request: Any) -> bytes:
    """The JSON of a request. Raises `InvalidRequest` for what JSON cannot hold."""
    try:
        return msgspec.json.encode(request)
    except UnicodeEncodeError as error:
        raise InvalidRequest("A text of the request has half a character in it") from error
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(f"The request cannot be written as JSON: {error}") from error


def with_headers(call: Call, headers: HeaderList) -> Call:
    """The same call with more headers."""
    if not headers:
        return call
    request = call.request
    request = Request(
        request.method, request.path, (*request.headers, *headers), request.body, request.length
    )
    return msgspec.structs.replace(call, request=request)
