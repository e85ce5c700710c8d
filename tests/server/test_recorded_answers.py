"""Answers that can be resumed, over real sockets: the recorder is real, the model is scripted."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rillet.journal import Header, Journal
from rillet.journal.memory import MemoryJournal
from rillet.journal.sqlite import SqliteJournal
from rillet.service.interface import Generation
from rillet.service.recording import Recorder
from rillet.words.errors import Busy, EngineDied, StoreError
from rillet.words.events import Event, Failure, Finish, Progress, Text

from .conftest import Running, running
from .scripted import HELLO, STOP, ScriptedGeneration, ScriptedOperations
from .talk import Answer

RESUME = {"Rillet-Resume": "1"}
HI = {"model": "tiny", "prompt": "hi"}
CHAT = {"model": "tiny", "stream": True, "messages": [{"role": "user", "content": "hi"}]}


class Recording(ScriptedOperations):
    """Scripted operations with records of their answers."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.records = Recorder(journal, self)
        self.before: Sequence[Event] = ()

    async def settle(self, request: Any) -> Any:
        return request

    async def open_answer(self, request: Any) -> Generation:
        answer = self.chat(request) if hasattr(request, "messages") else self.generate(request)
        generation: Generation = await answer
        return generation

    async def reopen(self, request: Any, events: Sequence[Event]) -> Generation:
        self.before = events
        generation: Generation = self.next
        return generation

    async def close(self) -> None:
        await self.records.close()


@contextlib.asynccontextmanager
async def recording(journal: Journal | None = None) -> AsyncIterator[Running]:
    operations = Recording(journal or MemoryJournal())
    async with running(operations=operations) as server:
        yield server
        await operations.close()


class Stopping(ScriptedGeneration):
    """Ends as real ones do: when it is closed there is an end."""

    async def __aiter__(self) -> AsyncIterator[Sequence[Event]]:
        for batch, gate in zip(self.batches, self.gates, strict=True):
            opened, closed = (asyncio.create_task(one.wait()) for one in (gate, self.closed))
            await asyncio.wait((opened, closed), return_when=asyncio.FIRST_COMPLETED)
            if not gate.is_set():
                yield (Finish("cancel"),)
                return
            self.read += 1
            yield batch


async def begin(server: Running, **headers: str) -> tuple[Answer, str]:
    answer = await (
        await server.open("POST", "/api/generate", HI, headers={**RESUME, **headers})
    ).head()
    return answer, answer.headers["rillet-stream"]


async def test_the_name_comes_before_the_first_event() -> None:
    async with recording() as server:
        generation = Stopping().hold()
        server.operations.next = generation
        answer, name = await begin(server)
        assert generation.read == 0 and len(name) == 32
        generation.let(3)
        await answer.rest()
        assert [line["seq"] for line in answer.lines()] == [1, 2, 3]
        assert answer.lines()[-1]["done"] is True


async def test_without_the_header_nothing_is_different() -> None:
    async with recording() as server:
        answer = await (await server.open("POST", "/api/generate", HI)).head()
        await answer.rest()
        assert "rillet-stream" not in answer.headers
        assert all("seq" not in line for line in answer.lines())


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_reader_goes_on_after_a_cut(after: int) -> None:
    async with recording() as server:
        generation = Stopping().hold(1)
        server.operations.next = generation
        answer, name = await begin(server)
        await answer.chunk()
        answer.hang_up()
        other = await (await server.open("GET", f"/api/streams/{name}?after=1")).head()
        assert not generation.closed.is_set()
        generation.let(3)
        await other.rest()
        assert [line["seq"] for line in other.lines()] == [2, 3]
        again = await server.ask("GET", f"/api/streams/{name}?after={after}")
        assert [line["seq"] for line in again.lines()] == [1, 2, 3][after:]


async def test_cancel_ends_it_with_its_last_reader() -> None:
    async with recording() as server:
        generation = Stopping().hold(1)
        server.operations.next = generation
        answer, name = await begin(server, **{"Rillet-On-Disconnect": "cancel"})
        await answer.chunk()
        second = await (await server.open("GET", f"/api/streams/{name}")).head()
        await second.chunk()
        answer.hang_up()
        third = await (await server.open("GET", f"/api/streams/{name}")).head()
        assert not generation.closed.is_set()
        second.hang_up()
        third.hang_up()
        await asyncio.wait_for(generation.closed.wait(), 30)


async def test_an_explicit_stop_ends_it_with_a_record() -> None:
    async with recording() as server:
        generation = Stopping().hold(1)
        server.operations.next = generation
        answer, name = await begin(server, **{"Rillet-On-Disconnect": "keep"})
        await answer.chunk()
        other = await (await server.open("GET", f"/api/streams/{name}?after=1")).head()
        stopped = await server.ask("DELETE", f"/api/streams/{name}")
        assert stopped.json() == {"stream": name, "state": "done", "last": 2}
        await answer.rest()
        await other.rest()
        last = answer.lines()[-1]
        assert last["done"] is True and last["done_reason"] == "cancel"
        assert other.lines() == [last | {"created_at": other.lines()[0]["created_at"]}]
        again = await server.ask("DELETE", f"/api/streams/{name}")
        assert again.json() == stopped.json()


async def test_detach_waits_and_then_ends_it() -> None:
    async with recording() as server:
        generation = Stopping().hold(1)
        server.operations.next = generation
        answer, _ = await begin(server, **{"Rillet-On-Disconnect": "detach=1"})
        await answer.chunk()
        answer.hang_up()
        await asyncio.wait_for(generation.closed.wait(), 30)


@pytest.mark.parametrize("policy", ["never", "detach=", "detach=999999", "detach=-1", "keep 3"])
async def test_a_policy_that_is_none(policy: str) -> None:
    async with recording() as server:
        answer = await server.ask(
            "POST", "/api/generate", HI, headers={**RESUME, "Rillet-On-Disconnect": policy}
        )
        assert answer.status == 400


@pytest.mark.parametrize("name", ["0" * 32, "x", "A" * 32, "0" * 31 + "%2e"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
async def test_unknown_and_not_yours_answer_alike(name: str, method: str) -> None:
    async with recording() as server:
        _, theirs = await begin(server, Authorization="Bearer secret")
        unknown = await server.ask(method, f"/api/streams/{name}")
        other = await server.ask(method, f"/api/streams/{theirs}")
        wrong = await server.ask(
            method, f"/api/streams/{theirs}", headers={"Authorization": "Bearer other"}
        )
        assert unknown.status == other.status == wrong.status == 404
        assert unknown.body == other.body == wrong.body
        right = {"Authorization": "Bearer secret"}
        assert (await server.ask(method, f"/api/streams/{theirs}", headers=right)).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
async def test_expired_answers_like_unknown(method: str) -> None:
    now = 1000.0
    async with recording(MemoryJournal(clock=lambda: now)) as server:
        answer, name = await begin(server)
        await answer.rest()
        assert (await server.ask("HEAD", f"/api/streams/{name}")).status == 200
        now += 901
        expired = await server.ask(method, f"/api/streams/{name}")
        unknown = await server.ask(method, f"/api/streams/{'0' * 32}")
    assert (expired.status, expired.body) == (unknown.status, unknown.body)
    assert expired.status == 404


async def test_the_state_is_told() -> None:
    async with recording() as server:
        generation = Stopping().hold(2)
        server.operations.next = generation
        answer, name = await begin(server)
        await answer.chunk()
        await answer.chunk()
        head = await server.ask("HEAD", f"/api/streams/{name}")
        assert (head.headers["rillet-state"], head.headers["rillet-last"]) == ("running", "2")
        generation.let(3)
        await answer.rest()
        head = await server.ask("HEAD", f"/api/streams/{name}")
        assert (head.headers["rillet-state"], head.headers["rillet-last"]) == ("done", "3")


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "9" * 30])
async def test_a_cursor_that_is_none(after: str) -> None:
    async with recording() as server:
        answer, name = await begin(server)
        await answer.rest()
        found = await server.ask("GET", f"/api/streams/{name}?after={after}")
        assert found.status == 400


async def test_a_cursor_beyond_the_record() -> None:
    async with recording() as server:
        answer, name = await begin(server)
        await answer.rest()
        assert (await server.ask("GET", f"/api/streams/{name}?after=4")).status == 409
        whole = await server.ask("GET", f"/api/streams/{name}?after=3")
        assert (whole.status, whole.body) == (200, b"")
        assert whole.headers["rillet-dialect"] == "generate"
        assert whole.headers["rillet-state"] == "done"
        assert whole.headers["content-type"] == "application/x-ndjson"


async def test_white_space_around_a_header_is_none_of_it() -> None:
    async with recording() as server:
        headers = {"Rillet-Resume": "1 \t", "Rillet-On-Disconnect": " keep "}
        answer = await server.ask("POST", "/api/generate", HI, headers=headers)
        assert "rillet-stream" in answer.headers


@pytest.mark.parametrize(
    ("begun", "read", "same"),
    [
        ({"Authorization": "Bearer k"}, {"x-api-key": "k"}, True),
        ({"x-api-key": "k"}, {"Authorization": "bearer  k"}, True),
        ({"Authorization": "Bearer k"}, {"Authorization": "Basic k"}, False),
        ({"x-api-key": "k"}, {}, False),
        ({}, {"x-api-key": "k"}, False),
        ({}, {"Authorization": "Bearer "}, True),
    ],
)
async def test_one_key_is_one_owner(
    begun: dict[str, str], read: dict[str, str], same: bool
) -> None:
    async with recording() as server:
        _, name = await begin(server, **begun)
        found = await server.ask("HEAD", f"/api/streams/{name}", headers=read)
        assert found.status == (200 if same else 404)


class Away(MemoryJournal):
    """A journal that cannot be reached."""

    async def begin(self, id: str, header: Header) -> Any:
        raise StoreError("the journal is away")


async def test_a_journal_that_is_away_takes_no_answer_with_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with recording(Away()) as server:
        answer = await server.ask("POST", "/api/generate", HI, headers=RESUME)
        assert answer.status == 200 and "rillet-stream" not in answer.headers
        assert answer.lines()[-1]["done"] is True and "seq" not in answer.lines()[0]
    assert "the journal is away" in caplog.text


async def test_a_damaged_record_does_not_go_on(tmp_path: Path) -> None:
    before = SqliteJournal(tmp_path / "journal")
    face = b'{"kind":"generate","model":"tiny"}'
    log = await before.begin("0" * 32, Header("generate", json.dumps(HI).encode(), face=face))
    log.append([Text("a")])
    await before.release("0" * 32)
    await before._run(before._file.db.execute, "UPDATE events SET body = x'c1'")
    await before.close()
    async with recording(SqliteJournal(tmp_path / "journal")) as server:
        answer = await server.ask("GET", f"/api/streams/{'0' * 32}?after=1")
        (last,) = answer.lines()
        assert "damaged" in last["error"] and last["seq"] == 2


async def test_an_error_is_the_last_record() -> None:
    async with recording() as server:
        generation = Stopping(((Failure(EngineDied("gone")),),)).hold()
        server.operations.next = generation
        answer, name = await begin(server)
        generation.let(1)
        await answer.rest()
        assert answer.lines() == [{"error": "gone", "seq": 1}]
        assert (await server.ask("GET", f"/api/streams/{name}")).lines() == answer.lines()


async def test_an_error_at_once_has_its_status() -> None:
    async with recording() as server:
        busy = Failure(Busy("much to do", status=503, retry_after=2.0))
        server.operations.next = ScriptedGeneration(((busy,),))
        answer = await server.ask("POST", "/api/generate", HI, headers=RESUME)
        assert (answer.status, answer.headers["retry-after"]) == (503, "2")
        assert "rillet-stream" not in answer.headers


SSE_ROUTES = [
    ("/v1/chat/completions", CHAT),
    ("/v1/completions", {**HI, "stream": True}),
    ("/v1/messages", {**CHAT, "max_tokens": 5}),
]


@pytest.mark.parametrize(("path", "body"), SSE_ROUTES)
async def test_events_have_ids_and_go_on_from_any(path: str, body: dict[str, Any]) -> None:
    async with recording() as server:
        server.operations.next = ScriptedGeneration(((Progress("queued"),), *HELLO))
        whole = await server.ask("POST", path, body, headers=RESUME)
        name = whole.headers["rillet-stream"]
        plain_server = whole.body
        ids = [int(line[4:]) for line in plain_server.split(b"\n") if line.startswith(b"id: ")]
        assert ids == [2, 3, 4]
        for last in (0, *ids):
            rest = await server.ask(
                "GET", f"/api/streams/{name}", headers={"Last-Event-ID": str(last)}
            )
            assert whole.body.endswith(rest.body)
            cut = whole.body[: len(whole.body) - len(rest.body)]
            assert not last or cut.rstrip(b"\n").rpartition(b"id: ")[2].startswith(b"%d\n" % last)
        assert rest.body == b""


@pytest.mark.parametrize(("path", "body"), SSE_ROUTES)
async def test_but_for_ids_the_events_are_the_plain_ones(path: str, body: dict[str, Any]) -> None:
    def shape(data: bytes) -> list[Any]:
        return [
            _without_names(json.loads(line[6:]))
            for line in data.split(b"\n")
            if line.startswith(b"data: {")
        ]

    async with recording() as server:
        numbered = await server.ask("POST", path, body, headers=RESUME)
        plain = await server.ask("POST", path, body)
        assert shape(numbered.body) == shape(plain.body) != []


def _without_names(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_names(v) for k, v in value.items() if k not in ("id", "created")}
    return value


async def test_a_server_that_stops_leaves_the_rest_to_the_next_one(tmp_path: Path) -> None:
    async with recording(SqliteJournal(tmp_path / "journal")) as server:
        generation = Stopping().hold(1)
        server.operations.next = generation
        answer, name = await begin(server)
        await answer.chunk()
        server.server.should_exit = True
        with contextlib.suppress(ValueError, asyncio.IncompleteReadError, ConnectionError):
            await answer.rest()
        assert all("error" not in line for line in answer.lines())  # cut, not ended
    async with recording(SqliteJournal(tmp_path / "journal")) as server:
        server.operations.next = ScriptedGeneration((*HELLO[1:-1], (Text("!"),), (STOP,)))
        rest = await server.ask("GET", f"/api/streams/{name}?after=1")
        assert [line["seq"] for line in rest.lines()] == [2, 3, 4]
        assert list(server.operations.before) == [Text("Hel")]  # type: ignore[attr-defined]
        text = "".join(line["response"] for line in rest.lines())
        assert text == "lo!"
