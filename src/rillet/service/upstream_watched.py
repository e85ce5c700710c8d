"""One server behind ours: where it is, what it speaks, what it has, and whether it is there."""

import logging
import re
import time
from typing import Any

from msgspec.structs import replace

from rillet.net.address import parse_host
from rillet.net.aio import AsyncTransport
from rillet.net.flow import Policy
from rillet.net.http1 import Request
from rillet.net.run_aio import ask
from rillet.service.cards import timestamp
from rillet.service.proxy_loops import through
from rillet.service.upstream_dialects import Dialect, Ollama, Question
from rillet.service.upstream_names import Names
from rillet.service.upstream_openai import OpenAI
from rillet.words.errors import (
    Busy,
    MalformedStream,
    RilletError,
    ServerError,
    Stalled,
    Unauthorized,
    Unreachable,
)
from rillet.words.models import ModelInfo, UpstreamHealth
from rillet.words.timeouts import Timeouts

#: A look at a server must not take long.
_LOOK = Policy(timeouts=Timeouts(connect=2, first_token=4, between_tokens=2, total=5), retries=0)
#: A server that is very busy is late now and then; so many looks in a row are none too many.
_STALLS = 3
#: Seconds that a look may take without being late.
_PROMPT = 1.0
_LIMIT = 1 << 26  # bytes of a whole answer
_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,63})=(?=.)(.*)", re.S)
#: A version in the address is that of the API: /v1beta/openai, /api/paas/v4.
_VERSION = re.compile(r"/v\d+\w*(?:/|$)")

log = logging.getLogger("rillet.service")


class Watched:
    """`said` as in the settings: a URL, or NAME=URL, which puts NAME/ before its models' names.

    http://KEY@host sends the key as a bearer token. `via` is the id of this server.
    """

    def __init__(self, said: str, via: str = "-") -> None:
        self._via = via
        named = _NAMED.fullmatch(said)
        self.prefix = f"{named[1]}/" if named else ""
        target = parse_host(named[2] if named else said)
        # People give OpenAI's servers with the /v1 that its own libraries want.
        self.target = replace(target, prefix=target.prefix.removesuffix("/v1"))
        self.models: dict[str, ModelInfo] = {}  # by their names there
        self.names = Names(self.prefix)
        self.error = "it was not asked yet"
        self._since = time.time()  # of the state it is in
        self._last_error, self._failed = "", 0.0
        self.looked = float("-inf")  # when it last answered or failed to, on the monotonic clock
        self._begun: float | None = None  # a look that goes on
        self._stalls = 0  # looks in a row that had no answer in time
        self.dialect: Dialect | None = None
        self._key = bool(target.user)
        headers: tuple[tuple[str, str], ...] = ()
        if target.user and not target.password:  # a key, as in http://KEY@host
            headers = (("authorization", f"Bearer {target.user}"),)
            self.target = replace(self.target, user=None, password=None)
        self._transport = AsyncTransport(self.target, headers=headers, pool_size=16)

    async def look(self) -> None:
        """Ask what it has. Never raises; `error` says what is wrong, or ""."""
        found: list[ModelInfo] = []
        error = ""
        self._stalls += 1
        self._begun = time.monotonic()
        try:
            found = await self._tags()
        except Stalled as stall:
            if self._stalls < _STALLS and not self.error:
                self.looked = time.monotonic()
                self.failed(_silent(stall))
                return
            error = _silent(stall)
        except Unauthorized as refusal:
            want = "It refuses the key of this server" if self._key else "It wants a key, KEY@host"
            error = f"{want}: {refusal.message}"
        except RilletError as refusal:
            error = refusal.message
        except Exception as fault:
            error = f"{type(fault).__name__}: {fault}"
        finally:
            self._begun = None
        self._stalls = self._stalls if error else 0
        if error:
            self.failed(error)
        if bool(error) != bool(self.error):
            self._since = time.time()
        if error and error != self.error:
            log.warning("upstream %s cannot be asked: %s", self.target.url, error)
        elif self.error and not error:
            log.info("upstream %s is there, with %d models", self.target.url, len(found))
        self.error = error
        self.looked = time.monotonic()
        self.models = {model.name: model for model in found}
        spelled = self.dialect is not None and self.dialect.spelled
        self.names = Names(self.prefix, self.models, spelled=spelled)

    def late(self) -> bool:
        """Whether a look that should be over is not, or the last one had no answer in time."""
        begun = self._begun
        return self._stalls > 1 or (begun is not None and time.monotonic() - begun > _PROMPT)

    def find(self, name: str) -> str | None:
        """The name by which it is asked for a model of ours; None where it has none such."""
        return self.names.there(name)

    def unlisted(self, name: str) -> str:
        """The name by which it can be asked for a model that it does not list; "" where it lists
        all that it has, or its models have no name of it before theirs."""
        dialect = self.dialect
        if not self.prefix or self.error or dialect is None or dialect.lists_all:
            return ""
        return name.lstrip()[len(self.prefix) :] if self.may_have(name) else ""

    def may_have(self, name: str) -> bool:
        """Whether a model of this name would be one of its own."""
        return self.names.fits(name)

    def tags(self) -> list[ModelInfo]:
        """Its models under the names that they have here."""
        here = [(self.names.here(name), info) for name, info in self.models.items()]
        return [replace(info, name=name, model=name) for name, info in here]

    def failed(self, error: str) -> None:
        """Keep it, for who asks how this server is."""
        self._last_error, self._failed = error, time.time()

    def health(self) -> UpstreamHealth:
        return UpstreamHealth(
            url=self.target.url,
            name=self.prefix.removesuffix("/"),
            speaks=self.dialect.name if self.dialect else "",
            models=len(self.models),
            reachable=not self.error,
            since=timestamp(self._since),
            last_error=self._last_error or self.error,
            last_error_at=timestamp(self._failed) if self._last_error else "",
        )

    def close(self) -> None:
        self._transport.close()

    def _spoken(self) -> Dialect:
        if self.dialect is None:
            raise Unreachable(f"The server at {self.target.url} cannot be reached: {self.error}")
        return self.dialect

    async def _tags(self) -> list[ModelInfo]:
        if self.dialect is not None:
            try:
                return await self._listed(self.dialect)
            except (Busy, Unauthorized):
                raise
            except (ServerError, MalformedStream):
                self.dialect = None  # another server is there now
        return await self._meet()

    async def _meet(self) -> list[ModelInfo]:
        """Find out what it speaks: Ollama's API where it has that, for that says more."""
        versioned = _VERSION.search(self.target.prefix) is not None
        other = OpenAI("" if versioned else "/v1")
        try:
            found = await self._listed(Ollama())
        except (Busy, Unauthorized):
            raise
        except (ServerError, MalformedStream):
            # No such route, or (an older llama-server) another thing there.
            return await self._listed(other)
        return found if await self._whole() else await self._better(other, found)

    async def _whole(self) -> bool:
        """Whether it has more of Ollama's API than a list. That of SGLang has no tools, formats or
        thoughts, and drops the end of an answer; it tells no version, as all of Ollama's do."""
        try:
            told: bool = await self._ask(Ollama().version(), _LOOK)
            return told
        except (Busy, Unauthorized):  # there is something to tell
            return True
        except (ServerError, MalformedStream):
            return False
        except RilletError:
            self.dialect = None  # not met yet
            raise

    async def _better(self, other: Dialect, found: list[ModelInfo]) -> list[ModelInfo]:
        try:
            return await self._listed(other)
        except (ServerError, MalformedStream):
            return found

    async def _listed(self, dialect: Dialect) -> list[ModelInfo]:
        found: list[ModelInfo] = await self._ask(dialect.tags(), _LOOK)
        self.dialect = dialect
        return found or []

    async def _ask(self, question: Question, policy: Policy) -> Any:
        request = self._sent(question.request)
        body = await ask(self._transport, request, policy, model=None, limit=_LIMIT)
        return question.read(body)

    def _sent(self, request: Request) -> Request:
        headers = (*request.headers, through(self._via))
        return Request(request.method, request.path, headers, request.body, request.length)


def _silent(stall: Stalled) -> str:
    """A list of models has no tokens."""
    if stall.phase in ("first_token", "between_tokens"):
        return f"It does not answer within {stall.after:g} s"
    return stall.message
