"""One conversation with one registry about one model.

Redirects are followed here and not by the net: a blob's way usually ends at another host, which
gets the range that is asked for but no token.
"""

import asyncio
import os
import platform
import sys
from collections.abc import Iterator

from rillet import __version__
from rillet.model.names import ModelName
from rillet.net.address import parse_host
from rillet.net.aio import AsyncExchange, AsyncTransport
from rillet.net.course import Course
from rillet.net.faults import Cut
from rillet.net.http1 import Head, HeaderList, Request
from rillet.net.redirects import is_redirect
from rillet.service.registry.answer import Answer
from rillet.service.registry.keys import default_key
from rillet.service.registry.patience import Interrupted, Patience, RegistryError
from rillet.service.registry.place import Place
from rillet.service.registry.tokens import Tokens
from rillet.words.errors import InvalidHost, RilletError, Stalled, Unreachable
from rillet.words.settings import Settings

MAX_HOPS = 10  # redirects and renewed tokens, for one question
_CONNECTIONS = 16
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}  # as Go names them


class Body:
    """What is uploaded. It may be read again from its start; each piece says that there is life."""

    length: int = 0
    clock: asyncio.Timeout | None = None

    def __iter__(self) -> Iterator[bytes]:
        raise NotImplementedError


class _Straight(Course):
    """A course that stands still at a redirect."""

    def redirect(self, head: Head) -> bool:
        return False


class Registry:
    """The registry that `name` is at. Raises `RegistryError` where it may not be asked so."""

    def __init__(self, name: ModelName, *, insecure: bool, patience: Patience) -> None:
        if name.scheme == "http" and not insecure:
            raise RegistryError("insecure protocol http")
        try:
            target = parse_host(f"{'http' if insecure else 'https'}://{name.host}")
        except InvalidHost as error:
            raise RegistryError(error.message) from None
        self.name = name
        self.home = Place(target, f"/v2/{name.namespace}/{name.model}")
        self.patience = patience
        self._reached = False
        self._own_headers = (("User-Agent", _user_agent()),)
        self._transport = AsyncTransport(target, pool_size=_CONNECTIONS)
        self._tokens = Tokens(self.home, self._get_token, default_key())

    def place(self, tail: str) -> Place:
        """A place of this model: ``/manifests/latest``."""
        return self.home.at(self.home.path + tail)

    async def ask(
        self,
        method: str,
        place: Place,
        *,
        headers: HeaderList = (),
        body: bytes | Body = b"",
        follow: bool = True,
    ) -> Answer:
        """Ask, with a token where one is wanted. The answer may be of any status.

        Raises `RegistryError`, `Interrupted`, `Unreachable`.
        """
        refused = 0
        for _ in range(MAX_HOPS):
            own = place.same_server(self.home)
            token = self._tokens.value if own else None
            shown = (("Authorization", f"Bearer {token}"),) if token else ()
            answer = await self._once(method, place, (*headers, *shown), body)
            if answer.status == 401 and own and refused < 2:
                async with answer:
                    challenge = answer.headers.get("www-authenticate", "")
                    await answer.whole()
                await self._tokens.renew(challenge, token, insist=refused > 0)
                refused += 1
            elif follow and is_redirect(answer.head):
                async with answer:
                    place = place.resolve(answer.headers["location"])
                    await answer.whole()
            else:
                return answer
        raise self._circles()

    def _circles(self) -> RegistryError:
        return RegistryError(f"the registry {self.home.host} redirects in circles")

    async def refusal(self, answer: Answer, *, blob: bool = False) -> RegistryError:
        foreign = not answer.place.same_server(self.home)
        return await answer.refusal(foreign=foreign, blob=blob)

    def close(self) -> None:
        """Close what is idle; what is under way is not touched."""
        self._transport.close()

    async def _get_token(self, place: Place, authorization: str | None) -> tuple[int, bytes]:
        for _ in range(MAX_HOPS):
            own = place.same_server(self.home)
            shown = (("Authorization", authorization),) if authorization and own else ()
            async with await self._once("GET", place, shown, b"") as answer:
                body = await answer.whole()
                if not is_redirect(answer.head):
                    return answer.status, body
                place = place.resolve(answer.headers["location"])
        raise self._circles()

    async def _once(
        self, method: str, place: Place, headers: HeaderList, body: bytes | Body
    ) -> Answer:
        length = body.length if isinstance(body, Body) else None
        request = Request(method, place.path, headers, body, length)
        course = _Straight(place.target, request, self._own_headers, os.environ)
        exchange = AsyncExchange(self._transport, course)
        try:
            async with asyncio.timeout(self.patience.answer) as clock:
                if isinstance(body, Body):
                    body.clock = clock
                head = await exchange.head(connect=self.patience.connect)
        except (Unreachable, Stalled) as error:
            if self._reached:
                raise
            raise _never_reached(error) from error
        except TimeoutError:
            raise Interrupted(f"{place.host} does not answer", stalled=True) from None
        except Cut as cut:
            raise Interrupted(f"{place.host} hung up: {cut}") from None
        self._reached = True
        return Answer(exchange, head, place, self.patience.stall)


def _user_agent() -> str:
    """Ollama's, and ours behind it: its registry refuses (412) newer models to all others."""
    version = Settings.from_env(os.environ).api_version
    machine = platform.machine().lower()
    system = f"{_MACHINES.get(machine, machine)} {sys.platform}"
    return f"ollama/{version} ({system}) rillet/{__version__}"


def _never_reached(error: RilletError) -> RegistryError:
    """No first connection: a wrong name or scheme, which no other try would mend."""
    known = "does not speak TLS" in error.message
    wish = "; if it is to be asked without, say insecure" if known else ""
    return RegistryError(error.message + wish)
