"""What that package's clients are made from, as our settings. It hands options on to `httpx`; those
that say something about the way to a server are understood here in the same forms.
"""

import os
from collections.abc import Mapping
from typing import Any

import msgspec

from rillet.client.settings import Settings
from rillet.net.address import parse_host
from rillet.net.proxies import basic_authorization
from rillet.net.tls import TlsOptions
from rillet.ollama.errors import given
from rillet.words.timeouts import Timeouts

WEB = "https://ollama.com"  # where web_search and web_fetch are

_WITHOUT_EFFECT = frozenset(("follow_redirects", "http1", "http2", "limits", "default_encoding"))


def settings(
    host: str | None,
    *,
    headers: Mapping[str, str | None] | None = None,
    timeout: Any = None,
    verify: Any = True,
    cert: Any = None,
    auth: tuple[str, str] | None = None,
    cookies: Mapping[str, str] | None = None,
    proxy: str | None = None,
    trust_env: bool = True,
    **others: Any,
) -> Settings:
    """`timeout`: seconds, a tuple, or an object with `connect` and `read`; None leaves the clocks
    of `rillet.Timeouts`. `verify`: False, a path of certificates, or an `ssl.SSLContext`. `cert`: a
    path or (path, key, password). `auth`: a name and a password.
    """
    if unknown := others.keys() - _WITHOUT_EFFECT:
        raise TypeError(f"A client does not take {', '.join(sorted(unknown))}")
    fields = {name: value for name, value in (headers or {}).items() if value is not None}
    if auth is not None:
        fields["Authorization"] = basic_authorization(*auth)
    if cookies:
        fields["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    made: Settings = given(
        lambda: Settings.of(
            host,
            api="ollama",
            api_key=None,
            headers=fields,
            timeouts=_clocks(timeout),
            retries=2,
            tls=_tls(verify, cert),
            finish_reason_required=True,
        )
    )
    if proxy is not None:
        return msgspec.structs.replace(made, env={"ALL_PROXY": proxy})
    return made if trust_env else msgspec.structs.replace(made, env={})


def of_the_web(own: Settings) -> Settings:
    """The same for Ollama's web service, with the key alone. Raises ValueError without one."""
    keys = tuple(field for field in own.headers if field[0].lower() == "authorization")
    if not any(value.startswith("Bearer ") for _, value in keys):
        raise ValueError("The web service wants a key: set OLLAMA_API_KEY")
    return msgspec.structs.replace(own, target=parse_host(WEB), headers=keys)


def _clocks(timeout: Any) -> Timeouts:
    if timeout is None:
        return Timeouts()
    if isinstance(timeout, int | float):
        connect = read = float(timeout)
    elif isinstance(timeout, tuple):
        connect, read = timeout[0], timeout[1]
    else:
        connect, read = timeout.connect, timeout.read
    return Timeouts(connect=connect, first_token=read, between_tokens=read)


def _tls(verify: Any, cert: Any) -> TlsOptions | None:
    if verify is True and cert is None:
        return None
    certificate, key, password = (*((cert,) if isinstance(cert, str) else cert or ()), *[None] * 3)[
        :3
    ]
    if isinstance(verify, str | os.PathLike):
        verify = os.fspath(verify)
    context = None if isinstance(verify, bool | str) else verify
    return TlsOptions(
        verify=True if context else verify,
        certificate=certificate,
        key=key,
        key_password=password,
        context=context,
    )
