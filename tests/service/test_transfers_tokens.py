"""Tokens: what a 401 asks for, whom it may be asked of, and who gets to see it."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from rillet.service.registry.challenge import Challenge, parse_challenge
from rillet.service.registry.keys import sign
from rillet.service.registry.patience import RegistryError

from .scripted_registry import Question, ScriptedRegistry, on_blobs, scripted_registry
from .transferred import Published, assert_complete, failing, noise, pulled, pulling


class Gatekeeper:
    """Wants a token that lives for so many requests; may want a signature for it."""

    def __init__(self, registry: ScriptedRegistry, *, uses: int = 1000, signed: bool = False):
        self.registry = registry
        self.uses = uses
        self.signed = signed
        self.grants: list[tuple[str, str | None]] = []  # URL, Authorization
        self.left: dict[str, int] = {}
        self.realm = f"http://{registry.host}/token"
        registry.faults.insert(0, self)

    def __call__(self, question: Question) -> bool:
        shown = question.headers.get("Authorization")
        if question.path.startswith("/token"):
            self.grants.append((question.path, shown))
            if self.signed and not shown:
                question.reply(401, b"{}")
                return True
            token = f"token-{len(self.grants)}"
            self.left[token] = self.uses
            question.reply(200, json.dumps({"token": token}).encode())
            return True
        token = (shown or "").removeprefix("Bearer ")
        if self.left.get(token, 0) > 0:
            self.left[token] -= 1
            return False
        scope = 'scope="repository:library/good:pull"'
        challenge = f'Bearer realm="{self.realm}",service="the, registry",{scope}'
        question.reply(401, b"{}", WWW_Authenticate=challenge)
        return True


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedRegistry]:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with scripted_registry() as registry:
        yield registry


@pytest.fixture
def model(registry: ScriptedRegistry) -> Published:
    return Published(registry, noise(100_000))


@pytest.fixture
def key(tmp_path: Path) -> Ed25519PrivateKey:
    """As Ollama writes it at its first start."""
    key = Ed25519PrivateKey.generate()
    path = tmp_path / "home" / ".ollama" / "id_ed25519"
    path.parent.mkdir(parents=True)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
    )
    return key


async def test_a_token_without_a_name(tmp_path: Path, model: Published) -> None:
    keeper = Gatekeeper(model.registry)
    await pulled(tmp_path / "m", model.name)
    assert_complete(tmp_path / "m", model)
    assert len(keeper.grants) == 1
    url, shown = keeper.grants[0]
    assert shown is None
    assert parse_qs(urlsplit(url).query) == {
        "service": ["the, registry"],
        "scope": ["repository:library/good:pull"],
    }


async def test_a_token_that_runs_out_is_renewed(tmp_path: Path, model: Published) -> None:
    keeper = Gatekeeper(model.registry, uses=1)
    await pulled(tmp_path / "m", model.name)
    assert_complete(tmp_path / "m", model)
    assert len(keeper.grants) == 7  # a manifest, and three blobs with their sizes


async def test_a_signature_where_nothing_less_will_do(
    tmp_path: Path, model: Published, key: Ed25519PrivateKey
) -> None:
    keeper = Gatekeeper(model.registry, uses=1, signed=True)
    await pulled(tmp_path / "m", model.name)
    assert_complete(tmp_path / "m", model)
    assert [shown is None for _, shown in keeper.grants] == [True] + [False] * 7
    path, shown = keeper.grants[1]
    public, _, signature = (shown or "").partition(":")
    nothing = base64.b64encode(hashlib.sha256(b"").hexdigest().encode()).decode()
    signed = f"GET,http://{model.registry.host}{path},{nothing}"
    key.public_key().verify(base64.b64decode(signature), signed.encode())
    ours = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    assert public == ours.split()[1].decode()
    fields = parse_qs(urlsplit(path).query)
    assert fields["ts"][0].isdecimal()
    assert (
        len({parse_qs(urlsplit(url).query).get("nonce", [""])[0] for url, _ in keeper.grants}) == 8
    )


async def test_no_key_no_entry(tmp_path: Path, model: Published) -> None:
    Gatekeeper(model.registry, signed=True)
    _, error = await failing(pulling(tmp_path / "m", model.name))
    assert error.message == "pull model manifest: unauthorized: access denied"


async def test_a_token_that_does_not_help(tmp_path: Path, model: Published) -> None:
    keeper = Gatekeeper(model.registry, uses=0)
    _, error = await failing(pulling(tmp_path / "m", model.name))
    assert error.message == "pull model manifest: unauthorized: access denied"
    assert len(keeper.grants) == 1


async def test_a_realm_elsewhere_is_not_asked(
    tmp_path: Path, model: Published, key: Ed25519PrivateKey
) -> None:
    with scripted_registry() as other:
        keeper = Gatekeeper(model.registry)
        keeper.realm = f"http://{other.host}/token"
        _, error = await failing(pulling(tmp_path / "m", model.name))
        mismatch = f'realm host "{other.host}" does not match original host'
        assert mismatch in error.message
        assert other.seen == []


async def test_a_token_goes_to_no_other_host(tmp_path: Path, model: Published) -> None:
    with scripted_registry() as other:
        other.blobs = model.registry.blobs
        Gatekeeper(model.registry)
        model.registry.faults.append(
            on_blobs(lambda q, _: q.reply(307, Location=f"http://{other.host}{q.path}"))
        )
        await pulled(tmp_path / "m", model.name)
        assert_complete(tmp_path / "m", model)
        assert len(other.seen) == 3
        assert all("Authorization" not in seen.headers for seen in other.seen)


async def test_another_host_gets_no_token_for_its_401(tmp_path: Path, model: Published) -> None:
    with scripted_registry() as other:
        keeper = Gatekeeper(other)
        keeper.realm = f"http://{model.registry.host}/token"
        model.registry.faults.append(
            on_blobs(lambda q, _: q.reply(307, Location=f"http://{other.host}{q.path}"))
        )
        _, error = await failing(pulling(tmp_path / "m", model.name))
        assert error.message == "max retries exceeded: 401: {}"
        assert not [seen for seen in model.registry.seen if "token" in seen.path]


@pytest.mark.parametrize(
    "grant",
    [
        b"",
        b"[]",
        b"{}",
        b'{"token": 5}',
        b'{"token": "a\\r\\nX-Evil: 1"}',
        b'{"token": "\xff"}',
        b'{"token": "\xe2\x82\xac"}',
        b'{"token": "%b"}' % (b"a" * 20_000),
        b" " * 100_000,
    ],
)
async def test_a_token_that_is_none(tmp_path: Path, model: Published, grant: bytes) -> None:
    Gatekeeper(model.registry)
    model.registry.faults.insert(
        0, lambda q: q.path.startswith("/token") and not q.reply(200, grant)
    )
    _, error = await failing(pulling(tmp_path / "m", model.name))
    assert error.message.startswith("pull model manifest: ")
    assert isinstance(error, RegistryError)


@pytest.mark.parametrize(
    ("status", "grant", "message"),
    [
        (500, b"boom", "500: boom"),
        (404, b"", "404"),
        (401, b"nope", "unauthorized: access denied"),  # for there is no key to show
        (200, b"<html>", "invalid character '<' looking for beginning of value"),
        (200, b"null", "unauthorized: access denied"),
    ],
)
async def test_a_token_that_is_refused(
    tmp_path: Path, model: Published, status: int, grant: bytes, message: str
) -> None:
    Gatekeeper(model.registry)
    model.registry.faults.insert(
        0, lambda q: q.path.startswith("/token") and not q.reply(status, grant)
    )
    _, error = await failing(pulling(tmp_path / "m", model.name))
    assert error.message == f"pull model manifest: {message}"


async def test_a_token_behind_a_redirect(tmp_path: Path, model: Published) -> None:
    keeper = Gatekeeper(model.registry)
    there = model.registry.faults
    there.insert(
        0,
        lambda q: (
            q.path.startswith("/token?")
            and "&moved" not in q.path
            and not q.reply(302, Location=f"{q.path}&moved=1")
        ),
    )
    await pulled(tmp_path / "m", model.name)
    assert_complete(tmp_path / "m", model)
    assert len(keeper.grants) == 1


def test_a_key_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert sign(path, "https://registry.example/token") is None
    path.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nnonsense")
    with pytest.raises(RegistryError, match="cannot be used"):
        sign(path, "https://registry.example/token")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Bearer realm="https://a/t"', Challenge("https://a/t")),
        ("bearer realm=https://a/t,service=s", Challenge("https://a/t", "s")),
        (
            'Bearer scope="repository:a/b:pull,push x", realm="https://a/t?x=1", error="no, no"',
            Challenge("https://a/t?x=1", "", "repository:a/b:pull,push x"),
        ),
        ('realm="https://a/t", service="s"', Challenge("https://a/t", "s")),
        ('Basic realm="https://a/t"', None),
        ("Bearer", None),
        ('Bearer realm=""', None),
        ("Bearer realm", None),
        ("", None),
    ],
)
def test_challenge(header: str, expected: Challenge | None) -> None:
    assert parse_challenge(header) == expected


@given(st.text() | st.text('Bearer =,"\\realmscope ').map(lambda text: f"Bearer {text}"))
def test_a_challenge_never_raises(header: str) -> None:
    challenge = parse_challenge(header)
    assert challenge is None or challenge.realm
