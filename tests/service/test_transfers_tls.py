"""A registry as they are in the world: with TLS, and a place for blobs elsewhere."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from .scripted_registry import ScriptedRegistry, on_blobs, scripted_registry
from .transferred import Published, assert_complete, failing, noise, pulled, pulling


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    return authority


@pytest.fixture
def registry(authority: trustme.CA) -> Iterator[ScriptedRegistry]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with scripted_registry(context) as registry:
        yield registry


@pytest.fixture
def model(registry: ScriptedRegistry) -> Published:
    return Published(registry, noise(300_000))


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


@pytest.mark.usefixtures("trusted")
async def test_with_tls(tmp_path: Path, model: Published) -> None:
    steps = pulling(tmp_path / "m", model.name, insecure=False)
    assert [step.status async for step in steps][-1] == "success"
    assert_complete(tmp_path / "m", model)


async def test_a_certificate_of_nobody(tmp_path: Path, model: Published) -> None:
    _, error = await failing(pulling(tmp_path / "m", model.name, insecure=False))
    assert "is not trusted" in error.message
    assert model.registry.seen == []


@pytest.mark.usefixtures("trusted")
async def test_no_way_from_tls_to_plain_http(tmp_path: Path, model: Published) -> None:
    with scripted_registry() as plain:
        plain.blobs = model.registry.blobs
        model.registry.faults.append(
            on_blobs(lambda q, _: q.reply(307, Location=f"http://{plain.host}{q.path}"))
        )
        _, error = await failing(pulling(tmp_path / "m", model.name, insecure=False))
        assert "which is not encrypted" in error.message
        assert plain.seen == []


async def test_from_plain_http_to_tls(
    tmp_path: Path, registry: ScriptedRegistry, trusted: None
) -> None:
    with scripted_registry() as plain:
        model = Published(plain, noise(300_000))
        registry.blobs = plain.blobs
        plain.faults.append(
            on_blobs(lambda q, _: q.reply(307, Location=f"https://{registry.host}{q.path}"))
        )
        assert (await pulled(tmp_path / "m", model.name))[-1] == "success"
        assert_complete(tmp_path / "m", model)
