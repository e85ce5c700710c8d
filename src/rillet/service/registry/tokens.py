"""The token of one conversation with a registry.

A token is asked for without a name first: what is public needs none. Where that does not do, the
request is signed with Ollama's key, if there is one.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from rillet.service.registry.challenge import Challenge, parse_challenge
from rillet.service.registry.keys import sign
from rillet.service.registry.patience import RegistryError
from rillet.service.registry.place import Place
from rillet.wire.go_scanner import unmarshal_fault

_LONGEST = 16384  # characters of a token
_SHOWN = 4096  # characters of an answer in an error

#: Gets a place with an Authorization, if any: the status and the (bounded) body of the answer.
Get = Callable[[Place, str | None], Awaitable[tuple[int, bytes]]]


class _Grant(msgspec.Struct):
    token: str = ""
    access_token: str = ""


class Tokens:
    """`value` is the token to show, or None while none was asked for."""

    def __init__(self, home: Place, get: Get, key: Path | None) -> None:
        self.value: str | None = None
        self._home = home
        self._get = get
        self._key = key
        self._signs = False
        self._lock = asyncio.Lock()

    async def renew(self, header: str, used: str | None, *, insist: bool) -> None:
        """Get a token for this challenge, in the place of the one that was `used` in vain.

        `insist`: one without a name has just been refused. Raises `RegistryError`.
        """
        async with self._lock:
            if self.value != used:
                return  # another part of the same transfer was faster
            challenge = parse_challenge(header)
            if challenge is None:
                raise denied()
            self._check(self._home.resolve(challenge.realm))
            token, refused = "", denied()
            if not (insist or self._signs):
                try:
                    token = await self._ask(_url(challenge, challenge.query()), None)
                except RegistryError as error:
                    refused = error
            self.value = token or await self._signed(challenge, refused)

    def _check(self, realm: Place) -> None:
        if realm.host != self._home.host:
            raise RegistryError(
                f'realm host "{realm.host}" does not match original host "{self._home.host}"'
            )
        if not realm.same_server(self._home):
            raise RegistryError(f"the registry {realm.host} wants a token by another protocol")

    async def _signed(self, challenge: Challenge, refused: RegistryError) -> str:
        """`refused` is what happened without a signature; it is raised where there is no key."""
        now = [("ts", str(int(time.time()))), ("nonce", secrets.token_urlsafe(16))]
        url = _url(challenge, challenge.query() + now)
        signature = await asyncio.to_thread(sign, self._key, url)
        if signature is None:
            raise denied() if refused.code in (401, 403) else refused
        token = await self._ask(url, signature)
        if not token:
            raise denied()
        self._signs = True
        return token

    async def _ask(self, url: str, authorization: str | None) -> str:
        """A token, or "" where the answer has none. Raises `RegistryError`."""
        status, body = await self._get(self._home.resolve(url), authorization)
        said = body.decode(errors="replace")
        if status >= 400:
            raise RegistryError(f"{status}: {said[:_SHOWN]}" if said else str(status), code=status)
        try:
            grant = msgspec.json.decode(body, type=_Grant | None) or _Grant()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            fault = unmarshal_fault(said[:_SHOWN]) or "the registry's token cannot be read"
            raise RegistryError(fault) from None
        token = grant.token or grant.access_token
        if len(token) > _LONGEST or not (token.isascii() and token.isprintable()):
            raise RegistryError("the registry's token is not one")
        return token


def denied() -> RegistryError:
    return RegistryError("unauthorized: access denied", code=401)


def _url(challenge: Challenge, fields: list[tuple[str, str]]) -> str:
    from urllib.parse import urlencode

    mark = "&" if "?" in challenge.realm else "?"
    return f"{challenge.realm}{mark}{urlencode(sorted(fields))}"
