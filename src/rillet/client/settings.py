"""What a client is made from: arguments first, the environment then."""

import os
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from rillet.net.address import Target, parse_host
from rillet.net.flow import Policy
from rillet.net.tls import TlsOptions
from rillet.words.errors import InvalidRequest
from rillet.words.timeouts import Timeouts

Api = Literal["ollama", "openai"]
ContinueBy = Literal["prefill"]


class Settings(Struct, frozen=True):
    """What a client is made from. See `Client` for the meanings."""

    target: Target
    api: Api | None
    policy: Policy
    headers: tuple[tuple[str, str], ...]
    tls: TlsOptions | None
    finish_reason_required: bool
    continue_by: ContinueBy | None = None
    env: Mapping[str, str] | None = None  # where proxies are named; the process's own if None

    @classmethod
    def of(
        cls,
        host: str | None,
        *,
        api: Api | None,
        api_key: str | None,
        headers: Mapping[str, str] | None,
        timeouts: Timeouts | None,
        retries: int,
        tls: TlsOptions | None,
        finish_reason_required: bool,
        continue_by: ContinueBy | None = None,
        reconnect: float = 60.0,
    ) -> "Settings":
        if api not in (None, "ollama", "openai"):
            raise InvalidRequest(f'api is "ollama", "openai" or None, not {api!r}')
        if continue_by not in (None, "prefill"):
            raise InvalidRequest(f'continue_by is "prefill" or None, not {continue_by!r}')
        if not isinstance(timeouts, Timeouts | None):
            raise InvalidRequest(
                f"timeouts are no {type(timeouts).__name__}: say which is meant",
                hint="Like timeouts=rillet.Timeouts(first_token=30, between_tokens=10)",
            )
        if type(retries) is not int or retries < 0:
            raise InvalidRequest(f"retries is a number of further tries, not {retries!r}")
        if not isinstance(host, str | None):
            raise InvalidRequest(f'host is a text like "127.0.0.1:11434", not {host!r}')
        named = host or _host_of_environment(api)
        key = api_key or _key_of_environment(api)
        fields = _texts(headers or {})
        if key and not any(name.lower() == "authorization" for name in fields):
            fields["authorization"] = f"Bearer {key}"
        return cls(
            target=parse_host(named),
            api=api,
            policy=Policy(timeouts=timeouts or Timeouts(), retries=retries, reconnect=reconnect),
            headers=tuple(fields.items()),
            tls=tls,
            finish_reason_required=finish_reason_required,
            continue_by=continue_by,
        )


def _texts(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in dict(headers).items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise InvalidRequest(f"The header {name!r} and its value are texts, not {value!r}")
    return dict(headers)


def _host_of_environment(api: Api | None) -> str | None:
    """RILLET_HOST always; that of OpenAI's clients only where its API was asked for."""
    names = ("RILLET_HOST", "OPENAI_BASE_URL" if api == "openai" else "", "OLLAMA_HOST")
    return next((host for name in names if (host := os.environ.get(name))), None)


def _key_of_environment(api: Api | None) -> str | None:
    """RILLET_API_KEY always; the other services' variables only where their API was asked for."""
    names = {"ollama": "OLLAMA_API_KEY", "openai": "OPENAI_API_KEY"}
    return os.environ.get("RILLET_API_KEY") or (os.environ.get(names[api]) if api else None)
