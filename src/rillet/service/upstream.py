"""One server behind ours: whether it is there, what it has, and its answers as our generations."""

import re
import time
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from rillet.net.address import parse_host
from rillet.net.aio import AsyncTransport
from rillet.net.flow import Policy
from rillet.net.run_aio import AsyncStreamSource, ask
from rillet.service.continuing import Said, Seam
from rillet.service.generation import Emit, Generation
from rillet.service.lifetime import lifetime
from rillet.service.upstream_dialects import Asked, Dialect, Ollama, OpenAI, Question
from rillet.service.waiting import Waiting
from rillet.words.errors import InvalidHost, RilletError, ServerError, Unreachable
from rillet.words.events import Content, Event, Finish, Progress, Timings
from rillet.words.models import Embeddings, LoadedModel, ModelCard, ModelInfo
from rillet.words.requests import ChatRequest, EmbedRequest, KeepAlive
from rillet.words.timeouts import Timeouts

#: A look at a server must not take long; its work may.
_LOOK = Policy(timeouts=Timeouts(connect=2, first_token=4, between_tokens=2, total=5), retries=0)
_GLANCE = Policy(timeouts=Timeouts(connect=1, first_token=1, between_tokens=1, total=1), retries=0)
_WORK = Policy(timeouts=Timeouts(connect=5, first_token=600, between_tokens=300), retries=0)
_LIMIT = 1 << 26  # bytes of a whole answer
_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,63})=(?=.)(.*)", re.S)
#: What an answer to a question for a route means that is not there.
_ABSENT = (404, 405, 501)


class Upstream:
    """`said` as in the settings: a URL, or NAME=URL, which puts NAME/ before its models' names.

    http://KEY@host sends the key as a bearer token.
    """

    def __init__(self, said: str) -> None:
        named = _NAMED.fullmatch(said)
        self.prefix = f"{named[1]}/" if named else ""
        target = parse_host(named[2] if named else said)
        # People give OpenAI's servers with the /v1 that its own libraries want.
        self.target = replace(target, prefix=target.prefix.removesuffix("/v1"))
        self.models: dict[str, ModelInfo] = {}
        self.error = "it was not asked yet"
        self.dialect: Dialect | None = None
        headers: tuple[tuple[str, str], ...] = ()
        if target.user and not target.password:  # a key, as in http://KEY@host
            headers = (("authorization", f"Bearer {target.user}"),)
            self.target = replace(self.target, user=None, password=None)
        self._transport = AsyncTransport(self.target, headers=headers, pool_size=16)

    async def look(self) -> None:
        """Ask what it has. Never raises; `error` says what is wrong, or ""."""
        try:
            found = await self._tags()
        except RilletError as error:
            self.error, self.models = error.message, {}
        except Exception as error:
            self.error, self.models = f"{type(error).__name__}: {error}", {}
        else:
            self.error = ""
            self.models = {self.prefix + _shown(model.name): model for model in found}

    def find(self, name: str) -> str | None:
        """The name that it has for a model of ours."""
        for each in (name, f"{name}:latest", name.removesuffix(":latest")):
            if each in self.models:
                return self.models[each].name
        return None

    def tags(self) -> list[ModelInfo]:
        """Its models under the names that they have here."""
        return [replace(info, name=name, model=name) for name, info in self.models.items()]

    async def loaded(self) -> list[LoadedModel]:
        """What it holds in memory, under the names of here. Nothing where it does not tell."""
        question = self.dialect.loaded() if self.dialect and not self.error else None
        if question is None:
            return []
        try:
            found: list[LoadedModel] = await self._ask(question, _GLANCE)
        except RilletError:
            return []
        return [replace(one, name=name, model=name) for one in found if (name := self._here(one))]

    def _here(self, model: LoadedModel) -> str:
        name = self.prefix + model.name
        return name if name in self.models else ""

    def generation(self, request: Asked, model: str, before: Sequence[Event] = ()) -> Generation:
        """Its answer. Closing it closes the connection, so that it stops there, too.

        Of an answer of which `before` came to an earlier process it is the rest: the same is asked
        again, and has to be said again.
        """
        said = [event for event in before if isinstance(event, Content)]
        seam = Seam.repeated(Said(said))
        call = self._spoken().stream(replace(request, model=model))
        empty = not (request.messages if isinstance(request, ChatRequest) else request.prompt)
        loading = empty and not getattr(request, "images", None)

        async def produce(emit: Emit) -> None:
            if loading and isinstance(self.dialect, OpenAI):
                emit((Finish("unload" if _unloads(request.keep_alive) else "load"),))
                return
            clock = _Clock()
            source = AsyncStreamSource(self._transport, call, _WORK)
            with Waiting(emit, 2.0) as waiting:
                try:
                    while batch := await source.next_batch():
                        told = [event for event in batch if type(event) is not Progress]
                        if len(told) < len(batch):
                            waiting.progress([e for e in batch if type(e) is Progress][-1])
                        if told:
                            waiting.over()
                            answer = seam.joined(told)
                            emit(answer if loading else clock.timed(answer))
                finally:
                    source.close()

        return Generation(produce, single=loading)

    async def embed(self, request: EmbedRequest, model: str) -> Embeddings:
        found: Embeddings = await self._ask(
            self._spoken().embed(replace(request, model=model)), _WORK
        )
        return found

    async def show(self, model: str) -> ModelCard:
        question = self._spoken().show(model)
        if isinstance(question, ModelCard):
            return question
        card: ModelCard = await self._ask(question, _WORK)
        return card

    def report(self) -> dict[str, object]:
        """For people: where it is, what it speaks, how many models, or what is wrong."""
        speaks = self.dialect.name if self.dialect else ""
        return {
            "url": self.target.url,
            "name": self.prefix.removesuffix("/"),
            "speaks": speaks,
            "models": len(self.models),
            "error": self.error,
        }

    def close(self) -> None:
        self._transport.close()

    def _spoken(self) -> Dialect:
        if self.dialect is None:
            raise Unreachable(f"The server at {self.target.url} cannot be reached: {self.error}")
        return self.dialect

    async def _tags(self) -> list[ModelInfo]:
        if self.dialect is None:
            return await self._meet()
        found: list[ModelInfo] = await self._ask(self.dialect.tags(), _LOOK)
        return found

    async def _meet(self) -> list[ModelInfo]:
        """Find out what it speaks: Ollama's API where it has that, for that says more."""
        for dialect in (Ollama(), OpenAI()):
            try:
                found: list[ModelInfo] = await self._ask(dialect.tags(), _LOOK)
            except ServerError as error:
                if error.status not in _ABSENT or dialect.name == "OpenAI":
                    raise
            else:
                self.dialect = dialect
                return found
        raise AssertionError("the last one returns or raises")

    async def _ask(self, question: Question, policy: Policy) -> Any:
        body = await ask(self._transport, question.request, policy, model=None, limit=_LIMIT)
        return question.read(body)


class _Clock:
    """Ends an answer as our own engines do, also where the other server keeps no time."""

    def __init__(self) -> None:
        self._begun = self._first = time.perf_counter_ns()
        self._answering = False

    def timed(self, batch: Sequence[Event]) -> Sequence[Event]:
        now = time.perf_counter_ns()
        if not self._answering:
            self._answering, self._first = True, now
        if not batch or type(last := batch[-1]) is not Finish:
            return batch
        timings = last.timings or Timings(
            prompt=self._first - self._begun, completion=now - self._first
        )
        if timings.total is None:
            timings = replace(timings, total=now - self._begun)
        # Ollama has no word for an answer that calls tools; OpenAI's faces see the calls.
        reason = "stop" if last.reason == "tool_calls" else last.reason
        return [*batch[:-1], replace(last, reason=reason, timings=timings)]


def _shown(name: str) -> str:
    """A llama-server may name its model by the path of its file, which is no name for a model."""
    return re.split(r"[/\\]", name)[-1] or name if re.match(r"/|\\|[A-Za-z]:\\", name) else name


def _unloads(keep_alive: KeepAlive | None) -> bool:
    return keep_alive is not None and lifetime(keep_alive) == 0


def parse_upstreams(said: tuple[str, ...]) -> list[Upstream]:
    """Raises `InvalidHost` for one that cannot be read, and for two of one name."""
    found = [Upstream(each) for each in said]
    for place, each in enumerate(found):
        if each.prefix and any(each.prefix == other.prefix for other in found[:place]):
            raise InvalidHost(f"Two upstream servers are named {each.prefix.removesuffix('/')}")
    return found
