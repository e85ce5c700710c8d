"""Answers that are errors, whatever their clothes, as one `RilletError` with words that help.

Understood: Ollama's flat `{"error": text}`, the error objects of OpenAI and Anthropic, FastAPI's
`{"detail": …}`, any of these as JSON in a string in JSON (Ollama passes its engine's errors on like
that), plain text, web pages (their title), and nothing at all.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rillet.wire import lenient
from rillet.words.errors import (
    Busy,
    MalformedStream,
    ModelNotFound,
    RilletError,
    ServerError,
    Unauthorized,
)

_PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    413: "Content Too Large",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    499: "Client Closed Request",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    511: "Network Authentication Required",
    529: "Overloaded",
}
_HINTS = {
    404: "Is the host right? A path such as /v1 or /api does not belong in it",
    405: "Is this the address of a model server?",
    407: "The proxy wants credentials: put them into its URL, or bypass it with NO_PROXY",
    413: "The request is too large for the server, or for a proxy in front of it",
    502: "A proxy answered: the model server behind it is down or cannot be reached",
    504: "A proxy answered: it did not want to wait for the model server any longer",
    511: "The network wants a sign-in first: open any page in a browser",
}
_BUSY = (429, 503, 529)
_UNAUTHORIZED_TYPES = ("authentication_error", "permission_error")
_BUSY_TYPES = ("overloaded_error", "rate_limit_error")
NO_SUCH_CALL = (
    "the model called a tool that was not offered, or not in the way in which it was offered: "
    "ask again, or offer that tool"
)
NO_FORM = (
    "the end of the model's answer is not of the form that its template gives to thoughts, calls "
    "and answers, so it may have lost something: ask again, or as a stream, which shows all that "
    "came before"
)
NO_BEGINNING = (
    "the last message, with which the answer begins, is not the beginning of one in this format: "
    "leave it out, or begin as the format does"
)
#: What llama.cpp says of a model that writes what it has no place for, and what that means to who
#: asked.
_OF_ENGINES = {
    "Unexpected empty grammar stack": NO_SUCH_CALL,
    "does not match the expected peg-": NO_FORM,
    "Failed to initialize samplers: std::exception": NO_BEGINNING,
}
_LONGEST = 500  # characters of a message that was not meant as one

_NO_MODEL = re.compile(
    r"\bmodel\b.*(?:not found|does not exist|do(?:es)? not have access|unknown)|model_not_found"
    r"|(?:unknown|no such|unable to find|could not find) model",
    re.IGNORECASE | re.DOTALL,
)
_SPEAKS_TLS = re.compile(r"HTTP request.*\bHTTPS\b")  # Go's words, and nginx's
_QUOTED = re.compile(r"""model\s+(['"`])(?P<name>[^'"`\s]+)\1""", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_HTTP_DATE = re.compile(r"\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT")
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


def error_from_response(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    model: str | None,
    now: float | None = None,
) -> RilletError:
    """The error that an answer with a status of 400 or more stands for.

    `model` is the one that was asked for, if any. `now` (Unix seconds) turns a date in
    Retry-After into seconds; without it such a date is not known.
    """
    said = message_of(body)
    message = said or f"The server answered {status} {_PHRASES.get(status, '')}".rstrip()
    if said is None and is_web_page(body):
        message += f" with a web page{_titled(body)}"
    if status in (401, 403):
        return Unauthorized(message, status=status, hint=_credentials_hint(status, said))
    if status in _BUSY:
        wish = next((headers[key] for key in headers if key.lower() == "retry-after"), "")
        return Busy(message, status=status, retry_after=retry_after(wish, now))
    if status == 404 and said and _NO_MODEL.search(said):
        return model_not_found(said, model)
    if status == 400 and _SPEAKS_TLS.search(message):
        return ServerError(message, status=status, hint="Try https:// for http://")
    return ServerError(message, status=status, hint=_HINTS.get(status))


def error_from_record(error: Any) -> RilletError:
    """The error of a record in mid-stream: the value of its `error` field, whatever it is."""
    kind = error.get("type") if isinstance(error, dict) else None
    message = _said(error, 0) or "The server reported an error and did not say which"
    if kind in _BUSY_TYPES or message.startswith("server busy"):
        return Busy(message)
    if kind in _UNAUTHORIZED_TYPES:
        return Unauthorized(message)
    return ServerError(message)


def message_of(body: bytes) -> str | None:
    """What the body of an error says, in one text; None for a web page, or nothing."""
    try:
        return _said(lenient.parse(body), 0)
    except ValueError:
        pass
    text = lenient.whole(body[: 4 * _LONGEST].decode("utf-8", "replace")).strip()
    return text[:_LONGEST] or None if not is_web_page(body) else None


def model_not_found(message: str, model: str | None) -> ModelNotFound:
    """With the command that gets the model, if its name is known."""
    quoted = _QUOTED.search(message)
    name = model or (quoted["name"] if quoted else None)
    hint = f"Get it with: rillet pull {name}" if name else None
    return ModelNotFound(message, status=404, hint=hint)


def retry_after(value: str, now: float | None = None) -> float | None:
    """Seconds from a Retry-After header: a number, or an HTTP date if `now` is known."""
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
        return float(value)
    date = _HTTP_DATE.fullmatch(value)
    if date is None or now is None:
        return None
    day, month, year, hour, minute, second = date.groups()
    number = _MONTHS.find(month) // 3 + 1
    try:
        at = datetime(int(year), number, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    return max(0.0, at.timestamp() - now)


def is_web_page(body: bytes) -> bool:
    """Whether this is markup; the start is enough, for neither JSON nor SSE begin like that."""
    return body[:100].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def web_page(body: bytes) -> MalformedStream:
    """The error for a page that came with a good status in place of a stream."""
    return MalformedStream(f"The server answered with a web page{_titled(body)}, not with a stream")


def _titled(body: bytes) -> str:
    from html import unescape  # its table of names costs more than this whole module

    found = _TITLE.search(body[:65536].decode("utf-8", "replace"))
    title = " ".join(unescape(found[1]).split())[:_LONGEST] if found else ""
    return f" titled “{title}”" if title else ""


def _credentials_hint(status: int, said: str | None) -> str | None:
    if status == 403 and said is None:  # what Ollama says to a Host or Origin it does not like
        return "The server may not accept this host name or origin: for Ollama see OLLAMA_ORIGINS"
    if status == 403 and said and "disabled" in said:  # as its cloud, which no key opens then
        return None
    return "Check the API key (RILLET_API_KEY, or api_key)"


def _said(value: Any, depth: int) -> str | None:
    """The message in an error value of any shape."""
    if depth > 8:  # each error in an error, each JSON in a string counts
        return None
    if isinstance(value, str):
        return _said_by_text(value.strip(), depth)
    if isinstance(value, dict):
        for key in ("error", "message", "detail", "msg", "errors", "error_message"):
            if said := _said(value.get(key), depth + 1):
                return _where(value) + said
        return None
    if isinstance(value, list):  # FastAPI: one entry for each field that is wrong
        return "; ".join(filter(None, (_said(item, depth + 1) for item in value[:5]))) or None
    return None


def _said_by_text(text: str, depth: int) -> str | None:
    if text.startswith(("{", "[")):
        try:
            return _said(lenient.parse(text.encode("utf-8", "replace")), depth + 1) or text
        except ValueError:
            pass
    known = (meaning for words, meaning in _OF_ENGINES.items() if words in text)
    return next(known, None) or lenient.whole(text) or None


def _where(value: dict[Any, Any]) -> str:
    """FastAPI names the field: `loc` is the path to it."""
    loc = value.get("loc")
    return ".".join(map(str, loc[:8])) + ": " if isinstance(loc, list) and loc else ""
