"""`continue_by="prefill"`: an answer that broke off is asked for the rest, where nothing keeps it.

For servers without records of answers (Ollama, OpenAI-compatible ones). They are given what came as
the beginning of the assistant's message, or behind a raw prompt, and go on from there.

Laws:
* What comes then is another sample and never passes for the same: `Reconnected.new_sample` stands
  at the seam, `Reply.seams` tells where it is, `Finish.resumed` is true. Usage is that of the last
  request, as the server told it.
* Continued is what broke off: truncated, reset, silent between two tokens, or its engine died.
  Never an error that the server meant, and never what would not fit together: tool calls, a format
  (its grammar would begin anew), thinking that had not ended, a prompt with a suffix.
* It is tried for at most `Policy.reconnect` seconds after a cut; then the cut is told as it was.
"""

from collections.abc import Callable, Generator
from random import random
from typing import Any

import msgspec

from rillet.client.openai_wire import OpenAIWire
from rillet.client.wires import Wire, with_headers
from rillet.net.flow import Call, Command, Flow, Policy, stream_flow
from rillet.net.flow import Pause as Pausing
from rillet.net.http1 import HeaderList
from rillet.net.resuming import LONGEST_PAUSE
from rillet.text.echo import Echo
from rillet.words.errors import (
    Busy,
    EngineDied,
    RilletError,
    Stalled,
    StreamTruncated,
    Unreachable,
)
from rillet.words.events import Event, Failure, Finish, Progress, Reconnected, Text, Thinking
from rillet.words.requests import ChatRequest, GenerateRequest, Message

Request = GenerateRequest | ChatRequest
_BROKEN = (StreamTruncated, EngineDied)
_PASSING = (*_BROKEN, Unreachable, Busy, Stalled)  # of a try to go on


class Said:
    """What an answer has said so far."""

    def __init__(self) -> None:
        self.text = ""
        self.thinking = ""
        self.pieces = 0
        self.whole = True  # text and thinking are all that came

    def add(self, events: list[Event]) -> None:
        for event in events:
            if type(event) is Text:
                self.text += event.text
                self.pieces += 1
            elif type(event) is Thinking:
                self.thinking += event.text
                self.pieces += 1
            elif not isinstance(event, Progress | Reconnected | Finish):
                self.whole = False


def continued(
    wire: Wire,
    operation: str,
    request: Request,
    policy: Policy,
    clock: Callable[[], float],
    headers: HeaderList = (),
) -> Flow:
    """All events of an answer, over as many questions as it takes."""
    said, begun = Said(), clock()
    until, tries = 0.0, 0
    error: RilletError | None = None  # what broke the answer off
    fault: RilletError | None = None
    asked: tuple[str, Request] | None = (operation, request)
    while asked is not None:
        before = said.pieces
        given_back = isinstance(wire, OpenAIWire) and asked[0] == "chat"
        echo = Echo(said.text if given_back else "")
        seam: list[Event] = []
        if error is not None:
            seam = [Reconnected(tries, before, error.message, new_sample=True)]
        call = with_headers(_call(wire, *asked, begun=error is not None), headers)
        fault = yield from _passed(
            stream_flow(call, _left(policy, clock() - begun), clock), said, seam, echo
        )
        if fault is None:
            return
        if said.pieces > before or error is None:  # it had begun: a cut of its own
            error, until, tries = fault, clock() + policy.reconnect, 0
        passing = _broken(fault) if error is fault else isinstance(fault, _PASSING)
        pause = min(policy.backoff * 2**tries, LONGEST_PAUSE) * (0.5 + random()) / 2
        if not passing or clock() + pause > until:
            break
        tries += 1
        asked = rest_of(wire, operation, request, said)
        if asked is not None:
            yield Pausing(pause)
    assert error is not None and fault is not None
    if fault is not error and error.message not in fault.message:
        error = StreamTruncated(f"{error.message}; it could not be continued: {fault.message}")
    ending: list[Event] = [Failure(error)]
    yield ending


def rest_of(wire: Wire, operation: str, request: Request, said: Said) -> tuple[str, Request] | None:
    """The question for the rest: its operation and request. None where there is no way to ask.

    `num_predict` counts down by the pieces that came, which are tokens nearly everywhere.
    """
    if not said.text or not said.whole or request.format:
        return None
    options = dict(request.options or {})
    if isinstance(most := options.get("num_predict"), int) and most > 0:
        options["num_predict"] = max(1, most - said.pieces)
    partial = Message("assistant", said.text, thinking=said.thinking or None)
    if isinstance(request, ChatRequest):
        messages = [*request.messages, partial]
        return operation, msgspec.structs.replace(request, messages=messages, options=options)
    if request.suffix:
        return None
    if request.raw or isinstance(wire, OpenAIWire):
        prompt = request.prompt + said.text
        return operation, msgspec.structs.replace(request, prompt=prompt, options=options)
    if request.template or request.context:
        return None
    system = [Message("system", request.system)] if request.system else []
    question = Message("user", request.prompt, images=request.images)
    fields = {
        name: getattr(request, name)
        for name in ChatRequest.__struct_fields__
        if name in GenerateRequest.__struct_fields__
    }
    chat = ChatRequest(**fields | {"messages": [*system, question, partial], "options": options})
    return "chat", chat


def _call(wire: Wire, operation: str, request: Request, *, begun: bool) -> Call:
    """A server that does not know what it is told here refuses it, which is better than an answer
    that begins anew behind the first."""
    if isinstance(wire, OpenAIWire):
        return wire.stream(operation, request, begun=begun)
    return wire.stream(operation, request)


def _broken(error: RilletError) -> bool:
    silent = isinstance(error, Stalled) and error.phase == "between_tokens"
    return silent or isinstance(error, _BROKEN)


def _left(policy: Policy, spent: float) -> Policy:
    """The same with what is left of the time for the whole answer."""
    total = policy.timeouts.total
    if total is None:
        return policy
    timeouts = msgspec.structs.replace(policy.timeouts, total=max(0.001, total - spent))
    return msgspec.structs.replace(policy, timeouts=timeouts)


def _passed(
    flow: Flow, said: Said, seam: list[Event], echo: Echo
) -> Generator[Command | list[Event], Any, RilletError | None]:
    """The same flow, `seam` before its first content and no `echo` of what came before; returns the
    error of its end."""
    result: Any = None
    fault: BaseException | None = None
    marked = bool(seam)
    while True:
        try:
            step = flow.send(result) if fault is None else flow.throw(fault)
        except StopIteration:
            return None
        result, fault = None, None
        if type(step) is not list:
            try:
                result = yield step
            except GeneratorExit:
                flow.close()
                raise
            except Exception as thrown:
                fault = thrown
            continue
        if not echo.over:
            step = echo.taken_off(step)
        last = step[-1] if step else None
        events = step[:-1] if type(last) is Failure else step
        said.add(events)
        if marked and type(last) is Finish:
            events = [*events[:-1], msgspec.structs.replace(last, resumed=True)]
        if seam and any(type(event) is not Progress for event in events):
            events, seam = [*seam, *events], []
        if events:
            yield events
        if type(last) is Failure:
            return last.error
