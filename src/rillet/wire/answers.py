"""Answers that are one JSON object and no stream: lists, cards, vectors, versions.

Rules:
* The body came with a good status. Where it tells an error all the same, that error is raised; a
  web page, or what is not of the API, is `MalformedStream`.
* Lists and cards are read leniently: a field that is missing or of a wrong type is empty, for
  other servers leave out what they like. A list that is not there is no empty list.
* Vectors are read strictly: half a vector is worse than none.
Source: Ollama's API reference, and recorded answers of versions 0.24 and 0.33.
"""

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from rillet.wire import lenient
from rillet.wire.failures import error_from_record, is_web_page, web_page
from rillet.wire.learned import learned
from rillet.words.errors import MalformedStream

S = TypeVar("S", bound=Struct)

_REFUSED = (msgspec.MsgspecError, ValueError, RecursionError)
_SHOWN = 80  # bytes of a bad answer that are told


def read_answer(body: bytes, kind: type[S], *, strict: bool = False) -> S:
    """The answer as a struct, whose fields without a default must be there."""
    refusal: Exception = ValueError("it tells an error")
    if not body[:100].lstrip().startswith(b'{"error"'):  # or all its fields would be empty
        try:
            return msgspec.json.decode(body, type=learned(kind))
        except _REFUSED as error:
            refusal = error
    value = read_object(body)
    answer = None if strict else lenient.convert(value, kind)
    for field in msgspec.structs.fields(kind):
        if field.required and not isinstance(value.get(field.encode_name, 0), list | str | None):
            answer = None
    if answer is None:
        raise not_of_the_api(body, refusal)
    return answer


def read_object(body: bytes) -> dict[str, Any]:
    """The answer as it came, if it is an object and tells no error."""
    if is_web_page(body):
        raise web_page(body)
    try:
        value = lenient.wholly(lenient.parse(body))
    except ValueError as error:
        raise not_of_the_api(body, error) from None
    if not isinstance(value, dict):
        raise not_of_the_api(body, ValueError("no object"))
    if value.get("error"):
        raise error_from_record(value["error"])
    return value


def not_of_the_api(body: bytes, why: Exception) -> MalformedStream:
    """The error for an answer that is not the one that was asked for."""
    shown = lenient.whole(body[:_SHOWN].decode("utf-8", "replace"))
    return MalformedStream(f"The server's answer is not what its API says ({why}): {shown!r}")
