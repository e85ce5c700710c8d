"""Which wire a server speaks, and the operations of a client as flows. Waits for nothing itself.

With `api` given, the wire is known. Else the first operation asks the server once, by
GET /api/version, and the answer is kept for the life of the client.
"""

import re
from collections.abc import Generator
from time import monotonic
from typing import Any

import msgspec

from rillet.client.blobs import put_blob
from rillet.client.ollama_wire import OllamaWire, decoder_of
from rillet.client.settings import Api, Settings
from rillet.client.wires import Question, Wire, with_headers
from rillet.net.flow import Call, Command, Flow, Policy, stream_flow, whole_flow
from rillet.net.http1 import Head, HeaderList, Request
from rillet.net.resuming import is_name, record_flow, record_request
from rillet.words.errors import (
    Busy,
    InvalidRequest,
    RilletError,
    ServerError,
    Stalled,
    Unauthorized,
)
from rillet.words.events import Failure
from rillet.words.timeouts import Timeouts

ANSWER_LIMIT = 1 << 30  # bytes of one whole answer (a batch of embeddings may be large)
DETECT = Request("GET", "/api/version")
DETECT_LIMIT = 1 << 20  # bytes; a web page may come
DETECT_PATIENCE = 10.0  # seconds for an answer that costs a server nothing

_VERSION = re.compile(r"/v\d+\w*(?:/|$)")  # as in /v1beta/openai, or /api/paas/v4

Asking = Generator[Command, Any, Any]


class Speech:
    """The operations of one server as flows, for a shell to drive."""

    def __init__(self, settings: Settings, wire: Wire | None = None) -> None:
        self._settings = settings
        self._wire = wire or (self._of(settings.api) if settings.api else None)

    def stream(self, operation: str, request: Any, headers: HeaderList = ()) -> Flow:
        """A streamed operation. Raises `InvalidRequest` at once where the wire is known."""
        if self._wire is not None:
            return self._flow(self._wire, operation, request, headers)
        return self._found_and_streamed(operation, request, headers)

    def resume(self, name: str, after: int) -> Flow:
        """The answer that has this record, from behind number `after` on."""
        if not isinstance(name, str) or not is_name(name):
            raise InvalidRequest(f"{name!r} is not the id of a stream", hint="It is in Stream.id")
        if not isinstance(after, int) or isinstance(after, bool) or after < 0:
            raise InvalidRequest(
                f"after={after!r} is not the number of a record", hint="It is in Stream.last"
            )
        wire = self._wire if isinstance(self._wire, OllamaWire) else OllamaWire()

        def call_of(head: Head) -> Call:
            dialect = head.headers.get("rillet-dialect", "chat")
            return Call(record_request(name, after), decoder_of(wire, dialect))

        return record_flow(name, after, call_of, self._settings.policy, monotonic)

    def ask(self, operation: str, request: Any) -> Asking:
        """An operation with a whole answer. The flow raises `RilletError`."""
        wire = yield from self._spoken()
        if operation == "put_blob":
            return (yield from put_blob(request, lambda *asked: self._asked(wire, *asked)))
        return (yield from self._asked(wire, operation, request))

    def _asked(self, wire: Wire, operation: str, request: Any) -> Asking:
        question = wire.ask(operation, request)
        policy = self._settings.policy
        if question.slowly:
            policy = _with_patience(policy, question.slowly)
        try:
            body = yield from whole_flow(
                question.request, question.model, policy, monotonic, ANSWER_LIMIT
            )
        except ServerError as error:
            if error.status == 404 and question.if_absent is not Question.REFUSED:
                return question.if_absent
            raise
        return question.read(body)

    def _found_and_streamed(self, operation: str, request: Any, headers: HeaderList) -> Flow:
        try:
            wire = yield from self._spoken()
            flow = self._flow(wire, operation, request, headers)
        except RilletError as error:
            yield [Failure(error)]
        else:
            yield from flow

    def _flow(self, wire: Wire, operation: str, request: Any, headers: HeaderList) -> Flow:
        policy = self._settings.policy
        call = with_headers(wire.stream(operation, request), headers)
        if self._settings.continue_by and operation in ("generate", "chat"):
            from rillet.client.prefill import continued

            return continued(wire, operation, request, policy, monotonic, headers)
        return stream_flow(call, policy, monotonic)

    def _spoken(self) -> Generator[Command, Any, Wire]:
        if self._wire is None:
            self._wire = self._of((yield from _detected(self._settings.policy)))
        return self._wire

    def _of(self, api: Api) -> Wire:
        if api == "ollama":
            return OllamaWire()
        from rillet.client.openai_wire import OpenAIWire

        versioned = _VERSION.search(self._settings.target.prefix) is not None
        return OpenAIWire(
            root="" if versioned else "/v1",
            finish_reason_required=self._settings.finish_reason_required,
        )


def _detected(policy: Policy) -> Generator[Command, Any, Api]:
    limits = policy.timeouts
    patience = min(DETECT_PATIENCE, limits.first_token or DETECT_PATIENCE)
    policy = msgspec.structs.replace(
        policy, timeouts=Timeouts(limits.connect, patience, patience, limits.total)
    )
    answer: bytes | RilletError
    try:
        answer = yield from whole_flow(DETECT, None, policy, monotonic, DETECT_LIMIT)
    except Stalled as error:
        if error.phase == "connect":
            raise
        hint = 'The server does not say which API it speaks; name it: api="ollama" or api="openai"'
        raise Stalled(error.phase, error.after, hint=hint) from error
    except RilletError as error:
        answer = error
    return api_of(answer)


def api_of(answer: bytes | RilletError) -> Api:
    """Which wire a server speaks, by what it said to GET /api/version.

    Ollama and its likes answer with a version. A server that says anything else there, "not found"
    included, is taken for an OpenAI-compatible one. What tells nothing (no connection, no access,
    too busy) is raised.
    """
    if isinstance(answer, Busy | Unauthorized):
        raise answer
    if isinstance(answer, ServerError):
        return "openai"
    if isinstance(answer, RilletError):
        raise answer
    return "ollama" if b'"version"' in answer[:4096] else "openai"


def _with_patience(policy: Policy, seconds: float) -> Policy:
    """The same with a longer wait for the answer, for a question that takes long to put."""
    timeouts = policy.timeouts
    if timeouts.first_token is None:
        return policy
    longer = msgspec.structs.replace(timeouts, first_token=timeouts.first_token + seconds)
    return msgspec.structs.replace(policy, timeouts=longer)
