"""Which server is asked, and what happens to those that are none."""

import socket
from pathlib import Path

import pytest

from rillet.cli import where
from rillet.testing import ScriptedServer, Stall, answer
from rillet.words.errors import ModelNotFound
from rillet.words.timeouts import Timeouts

from .processes import PATIENCE

VERSION = [answer(b'{"version":"0.33.0"}')]


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch, store: Path) -> None:
    for name in ("RILLET_HOST", "OLLAMA_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RILLET_MODELS", str(store))


def test_a_silent_server_at_the_default_address_is_left(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel takes connections for it
        monkeypatch.setattr(where, "DEFAULT_PORT", silent.getsockname()[1])
        monkeypatch.setattr(where, "_ANSWER", 0.1)
        found = where.find("tinyhello", None)
        found.place.client.close()
        assert where.server(None) is None
    assert found.place.name == where.EMBEDDED and not found.missing
    assert "does not answer; the engine inside is used" in capfd.readouterr().err


def test_a_server_that_falls_silent_at_the_card_is_left(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    version = [answer(b'{"version":"0.33.0"}')]
    with ScriptedServer(version, version, [Stall()]) as server:
        monkeypatch.setattr(where, "DEFAULT_PORT", int(server.url.rpartition(":")[2]))
        monkeypatch.setattr(where, "_SOON", Timeouts(total=0.2))
        found = where.find("tinyhello", None)
        found.place.client.close()
        assert [each.path for each in server.requests][2:] == ["/api/show"]
    assert found.place.name == where.EMBEDDED and not found.missing
    assert "does not answer; the engine inside is used" in capfd.readouterr().err


def test_nothing_is_said_where_nothing_listens(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(where, "DEFAULT_PORT", taken.getsockname()[1])
    assert where.server(None) is None
    assert capfd.readouterr().err == ""


def test_a_named_server_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(where, "_ANSWER", 1e-6)
    with ScriptedServer([answer(b'{"version":"0.33.0"}')]) as server:
        there = where.server(server.url)
        assert there is not None
        with there.client:
            assert there.client.version() == "0.33.0"
        assert server.disconnected.wait(PATIENCE)


NONE = [answer(b'{"error":"model \'tinyhello:latest\' not found"}', status="404 Not Found")]


def test_a_named_server_without_the_model_leaves_it_to_the_engine_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ScriptedServer(VERSION, NONE) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        found = where.find("tinyhello", None)
        found.place.client.close()
    assert found.place.name == where.EMBEDDED and not found.missing


ABSENT = [answer(b"not found", status="404 Not Found")]


@pytest.mark.parametrize("known", [True, False])
def test_a_llama_server_calls_its_model_like_a_file(
    monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    models = [answer(b'{"data":[{"id":"/models/%s.gguf"}]}' % (b"m" if known else b"other"))]
    with ScriptedServer(ABSENT, models) as server:
        monkeypatch.setenv("RILLET_HOST", server.url)
        if known:
            found = where.find("m.gguf", None)
            found.place.client.close()
            assert found.card is None and server.url in found.place.name
        else:
            with pytest.raises(ModelNotFound, match="There is no file"):
                where.find("m.gguf", None)


@pytest.mark.parametrize("by_flag", [True, False])
def test_a_named_server_fetches_what_nobody_has(
    monkeypatch: pytest.MonkeyPatch, by_flag: bool
) -> None:
    model = "tinyhello" if by_flag else "unheard-of"
    with ScriptedServer(VERSION, NONE) as server:
        monkeypatch.setenv("OLLAMA_HOST", "nowhere.invalid" if by_flag else server.url)
        found = where.find(model, server.url if by_flag else None)
        found.place.client.close()
    assert found.missing and found.place.name.startswith("the server at")


def test_quotes_around_a_variable_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """As compose files and services pass them on; so it is with every other setting."""
    monkeypatch.setenv("RILLET_MODEL", ' "tiny" ')
    assert where.default_model() == "tiny"
    monkeypatch.setenv("RILLET_MODEL", "''")
    assert where.default_model() == where.DEFAULT_MODEL
    with ScriptedServer(VERSION) as server:
        monkeypatch.setenv("RILLET_HOST", '""')
        monkeypatch.setenv("OLLAMA_HOST", f"'{server.url}'")
        place = where.server(None)
        assert place is not None and server.url in place.name
        place.client.close()
