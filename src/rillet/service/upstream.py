"""What is asked of one server behind ours: its answers as our generations, vectors, cards."""

import re
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from rillet.net.flow import Policy
from rillet.net.http1 import Request
from rillet.net.run_aio import AsyncStreamSource
from rillet.service.continuing import Said, Seam
from rillet.service.generation import Emit, Generation
from rillet.service.keep_alive import lifetime
from rillet.service.upstream_dialects import Asked, Question
from rillet.service.upstream_openai import OpenAI
from rillet.service.upstream_timing import Clock
from rillet.service.upstream_watched import Watched
from rillet.service.waiting import Waiting
from rillet.text.echo import Echo
from rillet.words.errors import (
    InvalidHost,
    MalformedStream,
    RilletError,
    ServerError,
    Stalled,
    StreamTruncated,
    Unauthorized,
    Unreachable,
)
from rillet.words.events import Content, Event, Failure, Finish, Progress
from rillet.words.models import (
    EmbeddingRequest,
    Embeddings,
    LoadedModel,
    ModelCard,
    ModelInfo,
    ShowRequest,
)
from rillet.words.replies import fold
from rillet.words.requests import ChatRequest, EmbedRequest, KeepAlive
from rillet.words.timeouts import Timeouts

#: As FastAPI, Go, llama-server and proxies say it; "no such model" says more.
_NO_ROUTE = re.compile(
    r"(the server answered )?(40[45] )?(page |file |method )?not (found|allowed)\b", re.IGNORECASE
)
_GLANCE = Policy(timeouts=Timeouts(connect=1, first_token=1, between_tokens=1, total=1), retries=0)
_WORK = Policy(timeouts=Timeouts(connect=5, first_token=600, between_tokens=300), retries=0)


class Upstream(Watched):
    """A server that is watched, and asked for those of its models that are asked for here."""

    async def loaded(self) -> list[LoadedModel]:
        """What it holds in memory, under the names of here. Nothing where it does not tell."""
        question = self.dialect.loaded() if self.dialect and not self.error else None
        if question is None:
            return []
        try:
            found: list[LoadedModel] = await self._ask(question, _GLANCE)
        except RilletError:
            return []
        here = [(self.names.here(one.name), one) for one in found]
        return [replace(one, name=name, model=name) for name, one in here if name]

    def generation(
        self, request: Asked, model: str, before: Sequence[Event] = (), *, patience: float = 2.0
    ) -> Generation:
        """Its answer. Closing it closes the connection, so that it stops there, too.

        Of an answer of which `before` came to an earlier process it is the rest: the same is asked
        again, and has to be said again.
        """
        said = [event for event in before if isinstance(event, Content)]
        seam = Seam.repeated(Said(said))
        call = self._spoken().stream(replace(request, model=model), self._listed_as(model))
        empty = not (request.messages if isinstance(request, ChatRequest) else request.prompt)
        loading = empty and not getattr(request, "images", None)

        async def produce(emit: Emit) -> None:
            if loading and isinstance(self.dialect, OpenAI):
                emit((Finish("unload" if _unloads(request.keep_alive) else "load"),))
                return
            clock, echo = Clock(), Echo(self._given(request, model))
            asked = replace(call, request=self._sent(call.request))
            source = AsyncStreamSource(self._transport, asked, _WORK)
            with Waiting(emit, patience) as waiting:
                waiting.progress(Progress("waiting"))
                try:
                    while batch := await source.next_batch():
                        told = [event for event in batch if type(event) is not Progress]
                        if len(told) < len(batch):
                            waiting.progress([e for e in batch if type(e) is Progress][-1])
                        if told:
                            waiting.over()
                            if type(last := told[-1]) is Failure:
                                error = self._told(last.error, model, request.model)
                                told[-1] = Failure(_routeless(error, request.model, asked.request))
                            answer = seam.joined(told if echo.over else echo.taken_off(told))
                            emit(answer if loading else clock.timed(answer))
                finally:
                    source.close()

        return Generation(produce, single=loading)

    def _listed_as(self, model: str) -> ModelInfo:
        return self.models.get(model) or ModelInfo(name=model)

    def _given(self, request: Asked, model: str) -> str:
        """The beginning of an answer that the question holds: a llama-server gives it back."""
        told = self.models.get(model)
        if told is None or told.details.format != "gguf" or not isinstance(request, ChatRequest):
            return ""
        last = request.messages[-1] if request.messages else None
        begins = isinstance(self.dialect, OpenAI) and last is not None and last.role == "assistant"
        return last.content if begins and last is not None and not last.tool_calls else ""

    async def embed(self, request: EmbedRequest, model: str) -> Embeddings:
        question = self._spoken().embed(replace(request, model=model))
        found: Embeddings = await self._answered(question, model, request.model)
        return found

    async def embedding(self, request: EmbeddingRequest, model: str) -> list[float]:
        question = self._spoken().embedding(replace(request, model=model))
        found: list[float] = await self._answered(question, model, request.model)
        return found

    async def show(self, request: ShowRequest, model: str) -> ModelCard:
        question = self._spoken().show(replace(request, model=model), self._listed_as(model))
        found: ModelCard = await self._answered(question, model, request.model)
        return found

    async def render(self, request: Asked, model: str) -> str:
        question = self._spoken().render(replace(request, model=model))
        found: str = await self._answered(question, model, request.model)
        return found

    async def count_tokens(self, request: ChatRequest, model: str) -> int:
        """Counted there, by the shortest answer that there is."""
        options = {**(request.options or {}), "num_predict": 1}
        shortest = replace(request, options=options, format=None, tool_choice=None)
        events = [event async for batch in self.generation(shortest, model) for event in batch]
        if type(last := events[-1]) is Failure:
            raise last.error
        usage = fold(events).usage
        if usage is None or usage.prompt_tokens is None:
            raise ServerError(f"The server at {self.target.url} counts no tokens", status=501)
        return usage.prompt_tokens

    async def _answered(self, question: Any, model: str, asked: str) -> Any:
        """The answer to a question of somebody, who knows the model as `asked`."""
        if not isinstance(question, Question):
            return question
        try:
            return await self._ask(question, _WORK)
        except RilletError as error:
            if question.otherwise is not None and isinstance(error, ServerError | MalformedStream):
                return question.otherwise
            told = self._told(error, model, asked)
            raise _routeless(told, asked, question.request) from None

    def _told(self, error: RilletError, model: str, asked: str) -> RilletError:
        """An error for who asked: of the model by its name here. That our key was refused is no
        fault of theirs."""
        if isinstance(error, Unauthorized | Unreachable | Stalled | StreamTruncated):
            self.failed(error.message)
        if isinstance(error, Unauthorized):
            text = f"The server at {self.target.url} refuses the key of this one: {error.message}"
            return ServerError(text, status=502)
        if isinstance(error, Unreachable):
            error.message = f"The server of {asked} cannot be asked now: {error.message}"
        for mark in ('"', "'", "`"):
            error.message = error.message.replace(f"{mark}{model}{mark}", f"{mark}{asked}{mark}")
        return error


def _routeless(error: RilletError, model: str, asked: Request) -> RilletError:
    """A server that has no such route says "not found", which would be read as "no such model"."""
    if type(error) is not ServerError or error.status not in (404, 405):
        return error
    if not _NO_ROUTE.match(error.message):
        return error
    path = asked.path.partition("?")[0]
    return ServerError(f"The server of {model} cannot do this: it has no {path}", status=501)


def _unloads(keep_alive: KeepAlive | None) -> bool:
    return keep_alive is not None and lifetime(keep_alive) == 0


def parse_upstreams(said: tuple[str, ...], via: str = "-") -> list[Upstream]:
    """Raises `InvalidHost` for one that cannot be read, and for two of one name."""
    found = [Upstream(each, via) for each in said]
    for place, each in enumerate(found):
        if each.prefix and any(each.prefix == other.prefix for other in found[:place]):
            raise InvalidHost(f"Two upstream servers are named {each.prefix.removesuffix('/')}")
    return found
