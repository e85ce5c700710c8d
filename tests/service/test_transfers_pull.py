"""A pull: its lines, its store, and everything that a registry may do to it."""

import asyncio
import json
import os
import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from rillet.model.manifest import MODEL, TENSOR
from rillet.model.names import Digest, ModelName
from rillet.service.registry.patience import Patience
from rillet.service.registry.sharing import _loops
from rillet.store.store import ModelStore
from rillet.words.errors import RilletError, ServerError
from rillet.words.events import Progress

from .scripted_registry import Question, ScriptedRegistry, on_blobs, scripted_registry, times
from .transferred import (
    FAST,
    Published,
    assert_clean,
    assert_complete,
    begun,
    failing,
    noise,
    pulled,
    pulling,
)

MEGABYTE = 1 << 20


@pytest.fixture
def registry() -> Iterator[ScriptedRegistry]:
    with scripted_registry() as registry:
        yield registry


@pytest.fixture
def model(registry: ScriptedRegistry) -> Published:
    return Published(registry, noise(3 * MEGABYTE + 17))


def ranges(registry: ScriptedRegistry, digest: Digest) -> list[tuple[int, int] | None]:
    return [q.range for q in registry.seen if q.command == "GET" and q.path.endswith(str(digest))]


# The ordinary way.


async def test_lines_and_bytes(tmp_path: Path, model: Published) -> None:
    lines = [step async for step in pulling(tmp_path, model.name)]
    statuses = list(dict.fromkeys(line.status for line in lines))
    assert statuses[0] == "pulling manifest"
    assert statuses[1] == f"pulling {model.digest.short}"
    assert statuses[-3:] == ["verifying sha256 digest", "writing manifest", "success"]
    weights = [line for line in lines if line.digest == str(model.digest)]
    assert weights[-1].completed == weights[-1].total == len(model.weights)
    assert_complete(tmp_path, model)


async def test_a_registry_is_told_what_it_looks_for(
    tmp_path: Path, model: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ollama's refuses newer models where no version of Ollama that is new enough is named."""
    monkeypatch.setenv("RILLET_API_VERSION", "0.99.1")
    await pulled(tmp_path, model.name)
    told = {seen.headers["User-Agent"] for seen in model.registry.seen}
    assert len(told) == 1
    assert re.fullmatch(r"ollama/0\.99\.1 \(\w+ \w+\) rillet/[\w.]+", told.pop())


async def test_a_second_pull_asks_for_the_manifest_alone(tmp_path: Path, model: Published) -> None:
    await pulled(tmp_path, model.name)
    model.registry.seen.clear()
    lines = [step async for step in pulling(tmp_path, model.name)]
    assert [q.path for q in model.registry.seen] == ["/v2/library/good/manifests/latest"]
    assert all(line.completed == line.total for line in lines if line.digest)
    assert lines[-1].status == "success"


async def test_what_is_replaced_goes(tmp_path: Path, model: Published) -> None:
    await pulled(tmp_path, model.name)
    changed = Published(model.registry, noise(1000, seed=2))
    statuses = await pulled(tmp_path, model.name)
    assert statuses[-2:] == ["removing unused layers", "success"]
    assert not ModelStore(tmp_path).has_blob(model.digest)
    assert_complete(tmp_path, changed)


async def test_a_damaged_blob_is_fetched_again(tmp_path: Path, model: Published) -> None:
    await pulled(tmp_path, model.name)
    path = ModelStore(tmp_path).blob_path(model.digest)
    path.write_bytes(path.read_bytes()[:-1])
    await pulled(tmp_path, model.name)
    assert_complete(tmp_path, model)


async def test_an_empty_layer(tmp_path: Path, registry: ScriptedRegistry) -> None:
    model = Published(registry, b"weights", system="")
    assert (await pulled(tmp_path, model.name))[-1] == "success"
    assert_complete(tmp_path, model)


async def test_redirect_to_another_host(tmp_path: Path, model: Published) -> None:
    with scripted_registry() as other:
        other.blobs = model.registry.blobs
        port = other.server.server_address[1]

        def elsewhere(question: Question, content: bytes) -> None:
            question.reply(307, Location=f"http://localhost:{port}{question.path}?signed=yes")

        model.registry.faults.append(on_blobs(elsewhere))
        await pulled(tmp_path, model.name)
        assert_complete(tmp_path, model)
        assert {q.range for q in other.seen} >= {(0, len(model.weights))}
        assert all("Authorization" not in q.headers for q in other.seen)


async def test_redirects_in_circles_end(tmp_path: Path, model: Published) -> None:
    model.registry.faults.append(on_blobs(lambda q, _: q.reply(302, Location=q.path)))
    _, error = await failing(pulling(tmp_path, model.name))
    assert "redirects in circles" in error.message


async def test_a_redirect_to_no_web_address(tmp_path: Path, model: Published) -> None:
    model.registry.faults.append(on_blobs(lambda q, _: q.reply(302, Location="file:///etc/passwd")))
    _, error = await failing(pulling(tmp_path, model.name))
    assert "no web address" in error.message


# Parts and resume.


async def test_goes_on_where_ollama_stopped(tmp_path: Path, model: Published) -> None:
    size = len(model.weights)
    cuts, done = [0, MEGABYTE, 2 * MEGABYTE], [MEGABYTE, 10, 0]
    begun(tmp_path, model.weights, cuts, done)
    first = [
        step async for step in pulling(tmp_path, model.name) if step.digest == str(model.digest)
    ]
    assert sorted(filter(None, ranges(model.registry, model.digest))) == [
        (MEGABYTE + 10, 2 * MEGABYTE),
        (2 * MEGABYTE, size),
    ]
    assert all((line.completed or 0) >= MEGABYTE + 10 for line in first)
    assert_complete(tmp_path, model)


async def test_parts_go_in_parallel_but_not_too_many(tmp_path: Path, model: Published) -> None:
    """All sixteen have to be under way before the first is answered."""
    size = len(model.weights)
    cuts = [n * 100_000 for n in range(size // 100_000)]
    begun(tmp_path, model.weights, cuts, [0] * len(cuts))
    together = threading.Barrier(16, timeout=60)
    most = running = 0
    lock = threading.Lock()

    def counted(question: Question, content: bytes) -> None:
        nonlocal most, running
        with lock:
            running += 1
            most = max(most, running)
        together.wait()
        with lock:
            running -= 1
        question.wfile.write(question.blob_head(content))

    model.registry.faults.append(times(16, on_blobs(counted)))
    await pulled(tmp_path, model.name)
    assert most == 16
    assert_complete(tmp_path, model)


async def test_a_registry_without_ranges(tmp_path: Path, model: Published) -> None:
    begun(tmp_path, model.weights, [0, 1000, 2_000_000], [500, 7, 0])
    model.registry.faults.append(on_blobs(lambda q, content: q.reply(200, content)))
    lines = [step async for step in pulling(tmp_path, model.name)]
    assert max(line.completed or 0 for line in lines) == len(model.weights)
    assert_complete(tmp_path, model)


async def test_a_registry_without_ranges_that_cuts(tmp_path: Path, model: Published) -> None:
    begun(tmp_path, model.weights, [0, 1000, 2_000_000], [500, 7, 0])

    def cut(question: Question, content: bytes) -> None:
        question.head(200, len(content))
        question.wfile.write(content[:MEGABYTE])
        question.hang_up()

    whole = on_blobs(lambda q, content: q.reply(200, content))
    model.registry.faults += [times(3, on_blobs(cut)), whole]
    await pulled(tmp_path, model.name)
    assert_complete(tmp_path, model)


# Faults of blobs that pass.


def cut_short(question: Question, content: bytes) -> None:
    part = question.blob_head(content)
    question.wfile.write(part[: len(part) // 2])
    question.hang_up()


def short_range(question: Question, content: bytes) -> None:
    start, end = question.range or (0, len(content))
    part = content[start : (start + end) // 2]
    question.reply(206, part, Content_Range=f"bytes {start}-{end - 1}/{len(content)}")


def wrong_range(question: Question, content: bytes) -> None:
    question.reply(206, content[5:10], Content_Range=f"bytes 5-9/{len(content)}")


def too_much(question: Question, content: bytes) -> None:
    start, end = question.range or (0, len(content))
    span = f"bytes {start}-{end - 1}/{len(content)}"
    question.reply(206, content[start:end] + b"more", Content_Range=span)


def no_range_told(question: Question, content: bytes) -> None:
    start, end = question.range or (0, len(content))
    question.reply(206, content[start:end])


def no_http(question: Question, content: bytes) -> None:
    question.wfile.write(b"what?\r\n\r\n")
    question.hang_up()


@pytest.mark.parametrize(
    "fault",
    [
        cut_short,
        short_range,
        wrong_range,
        too_much,
        no_range_told,
        no_http,
        lambda q, _: q.hang_up(),
        lambda q, _: q.reply(500, b"oops"),
        lambda q, _: q.reply(503, b"later", Retry_After="0"),
        lambda q, _: q.reply(429, b"slowly"),
    ],
    ids=[
        "cut",
        "short-range",
        "wrong-range",
        "too-much",
        "no-range-told",
        "no-http",
        "hang-up",
        "500",
        "503",
        "429",
    ],
)
async def test_a_passing_fault(tmp_path: Path, model: Published, fault: object) -> None:
    model.registry.faults.append(times(4, on_blobs(fault)))  # type: ignore[arg-type]
    assert (await pulled(tmp_path, model.name))[-1] == "success"
    assert_complete(tmp_path, model)


async def test_what_came_before_a_cut_is_not_asked_for_again(
    tmp_path: Path, model: Published
) -> None:
    model.registry.faults.append(times(1, on_blobs(cut_short)))
    await pulled(tmp_path, model.name)
    first, second = ranges(model.registry, model.digest)[:2]
    assert first == (0, len(model.weights))
    assert second == (len(model.weights) // 2, len(model.weights))


async def test_a_stall_is_not_counted(tmp_path: Path, model: Published) -> None:
    """More stalls than there are tries, each after some bytes."""
    gate = threading.Event()

    def stall(question: Question, content: bytes) -> None:
        question.wfile.write(question.blob_head(content)[:1000])
        question.wfile.flush()
        gate.wait(5)
        question.hang_up()

    model.registry.faults.append(times(9, on_blobs(stall)))
    patience = Patience(backoff=0.001, stall=0.05)
    try:
        await pulled(tmp_path, model.name, patience)
    finally:
        gate.set()
    assert_complete(tmp_path, model)


async def test_a_slow_drip_is_no_stall(tmp_path: Path, registry: ScriptedRegistry) -> None:
    model = Published(registry, noise(40))

    def drip(question: Question, content: bytes) -> None:
        for byte in question.blob_head(content):
            question.wfile.write(bytes([byte]))
            question.wfile.flush()
            pause.wait(0.03)

    pause = threading.Event()
    registry.faults.append(times(1, on_blobs(drip)))
    await pulled(tmp_path, model.name, Patience(backoff=0.001, stall=1.0))
    assert len(ranges(registry, model.digest)) == 1
    assert_complete(tmp_path, model)


# Faults of blobs that stay.


async def test_tries_end(tmp_path: Path, model: Published) -> None:
    model.registry.faults.append(on_blobs(lambda q, _: q.reply(500, b"oops")))
    _, error = await failing(pulling(tmp_path, model.name))
    assert error.message == "max retries exceeded: 500: oops"
    assert len(ranges(model.registry, model.digest)) == FAST.tries


async def test_a_blob_that_is_not_there(tmp_path: Path, model: Published) -> None:
    del model.registry.blobs[str(model.digest)]
    statuses, error = await failing(pulling(tmp_path, model.name))
    assert error.message == "file does not exist"
    assert statuses == ["pulling manifest"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_an_address_that_has_run_out(tmp_path: Path, model: Published, status: int) -> None:
    """Where a blob is kept elsewhere, another question gets another address."""
    with scripted_registry() as other:
        other.blobs = model.registry.blobs
        other.faults.append(times(2, on_blobs(lambda q, _: q.reply(status, b"expired"))))
        away = on_blobs(lambda q, _: q.reply(307, Location=f"http://{other.host}{q.path}?a=b c"))
        model.registry.faults.append(away)
        await pulled(tmp_path, model.name)
    assert_complete(tmp_path, model)
    assert all(seen.path.endswith("?a=b%20c") for seen in other.seen)


@pytest.mark.parametrize("status", [400, 403])
async def test_a_registry_that_refuses_for_a_moment(
    tmp_path: Path, model: Published, status: int
) -> None:
    model.registry.faults.append(times(2, on_blobs(lambda q, _: q.reply(status, b"not now"))))
    await pulled(tmp_path, model.name)
    assert_complete(tmp_path, model)


async def test_a_wrong_digest(tmp_path: Path, model: Published) -> None:
    wrong = bytes(len(model.weights))
    model.registry.blobs[str(model.digest)] = wrong
    statuses, error = await failing(pulling(tmp_path, model.name))
    assert error.message == (
        "digest mismatch, file must be downloaded again: "
        f"want {model.digest}, got {Digest.of(wrong)}"
    )
    assert statuses[-1] == "verifying sha256 digest"
    assert ModelStore(tmp_path).find(model.name) is None
    assert_clean(tmp_path)
    model.registry.blobs[str(model.digest)] = model.weights
    await pulled(tmp_path, model.name)
    assert_complete(tmp_path, model)


async def test_the_disk_says_no(tmp_path: Path, model: Published) -> None:
    (tmp_path / "blobs").write_text("in the way")
    _, error = await failing(pulling(tmp_path, model.name))
    assert "cannot begin a download" in error.message


@pytest.mark.parametrize("whole", [True, False])
async def test_another_program_that_downloads_the_same_is_waited_for(
    tmp_path: Path, model: Published, whole: bool
) -> None:
    """It is done once; where the other one breaks off, it goes on from there."""
    half = len(model.weights) // 2
    other = ModelStore(tmp_path).download(model.digest, len(model.weights))
    other.write(0, model.weights[:half])
    shown = []
    async for step in pulling(tmp_path, model.name):
        shown.append(step.completed)
        if step.digest == str(model.digest) and not other.closed:
            if whole:
                other.write(0, model.weights[half:])
                other.finish()
            other.close()
    asked = [asked[0] for asked in ranges(model.registry, model.digest) if asked]
    assert asked == [] if whole else asked == [half]
    assert_complete(tmp_path, model)


# The manifest.


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (404, b"{}", "pull model manifest: file does not exist"),
        (500, b"oops", "pull model manifest: 500: oops"),
        (500, b"", "pull model manifest: 500: "),
        (418, b"a\n\tteapot" * 500, "pull model manifest: 418: a\n\tteapota\n\tteapot"),
        (200, b"<html>", "pull model manifest: invalid character '<' looking for beginning of"),
        (200, b"", "pull model manifest: unexpected end of JSON input"),
        (204, b"", "pull model manifest: unexpected end of JSON input"),
        (200, b"{} x", "pull model manifest: invalid character 'x' after top-level value"),
        (200, b"[" * 100_000, "pull model manifest: the manifest of the model cannot"),
        (200, b" " * (5 << 20), "answers with more than"),
        (200, b'{"schemaVersion":1,"fsLayers":[]}', "pull model manifest: the manifest"),
        (
            200,
            b'{"layers":[{"size":"8"}]}',
            "pull model manifest: json: cannot unmarshal string into Go struct field "
            "Layer.layers.size of type int64",
        ),
        (200, b'{"layers":[{"digest":"md5:aa"}]}', "invalid digest format"),
        (200, b'{"layers":[{"digest":""}]}', "library/none: digest is empty"),
    ],
)
async def test_a_manifest_that_is_none(
    tmp_path: Path, registry: ScriptedRegistry, status: int, body: bytes, message: str
) -> None:
    registry.faults.append(lambda q: not q.reply(status, body))
    statuses, error = await failing(pulling(tmp_path, f"{registry.host}/library/none"))
    assert message in error.message
    assert len(error.message) < 5000
    assert statuses == ["pulling manifest"]
    assert isinstance(error, ServerError)
    assert error.status == 500


@pytest.mark.parametrize(
    ("digest", "size"),
    [
        ("sha256:../../../../etc/passwd", 10),
        ("sha256:" + "ab" * 32, -1),
        ("sha256:" + "ab" * 32, 1 << 60),
        ("sha256:" + "ab" * 32, "12"),
    ],
)
async def test_a_manifest_that_lies(
    tmp_path: Path, model: Published, digest: str, size: object
) -> None:
    manifest = json.loads(model.manifest)
    manifest["layers"][0].update(digest=digest, size=size)
    model.registry.manifests["library/good:latest"] = json.dumps(manifest).encode()
    _, error = await failing(pulling(tmp_path, model.name))
    assert error.message.startswith(("pull model manifest: ", "invalid digest format"))
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("size", [0, 5, 1 << 40, None])
async def test_a_manifest_made_by_hand(tmp_path: Path, model: Published, size: int | None) -> None:
    """It says what it must; how many bytes a blob has the registry says of the blob itself."""
    manifest = json.loads(model.manifest)
    del manifest["config"], manifest["schemaVersion"], manifest["mediaType"]
    manifest["layers"][0]["size"] = size
    model.manifest = json.dumps(manifest).encode()
    model.registry.manifests["library/good:latest"] = model.manifest
    lines = [step async for step in pulling(tmp_path, model.name)]
    assert_complete(tmp_path, model)
    weights = [line for line in lines if line.digest == str(model.digest)]
    assert (weights[-1].completed, weights[-1].total) == (len(model.weights),) * 2
    model.registry.seen.clear()
    again = [step async for step in pulling(tmp_path, model.name)]
    assert [seen.path for seen in model.registry.seen] == ["/v2/library/good/manifests/latest"]
    assert again[1] == weights[-1]


async def test_a_registry_that_says_no_sizes(tmp_path: Path, model: Published) -> None:
    model.registry.faults.append(lambda q: q.command == "HEAD" and not q.reply(405))
    await pulled(tmp_path, model.name)
    assert_complete(tmp_path, model)


async def test_what_nobody_could_use_is_not_fetched(tmp_path: Path, model: Published) -> None:
    data = model.manifest.replace(MODEL.encode(), TENSOR.encode())
    model.registry.manifests["library/good:latest"] = data
    _, error = await failing(pulling(tmp_path, model.name))
    assert "requires MLX" in error.message
    assert not os.listdir(tmp_path)


async def test_nobody_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host = f"127.0.0.1:{taken.getsockname()[1]}"
    _, error = await failing(pulling(tmp_path, f"{host}/library/good"))
    assert error.message == f"pull model manifest: Nothing listens at {host}"


# Names and schemes.


async def test_plain_http_has_to_be_asked_for(tmp_path: Path, model: Published) -> None:
    _, error = await failing(pulling(tmp_path, model.name, insecure=False))
    assert "does not speak TLS" in error.message
    assert "insecure" in error.message
    _, error = await failing(pulling(tmp_path, f"http://{model.name.full()}", insecure=False))
    assert error.message == "insecure protocol http"
    assert model.registry.seen == []


@pytest.mark.parametrize("name", ["big:cloud", "big:120b-cloud"])
def test_what_is_in_the_cloud_stays_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(ServerError, match="cloud is disabled") as caught:
        pulling(tmp_path, name)
    assert caught.value.status == 403


@pytest.mark.parametrize("name", ["", "bad name", "../../x", "a/b/c/d"])
def test_no_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ServerError, match="invalid model name") as caught:
        pulling(tmp_path, name)
    assert caught.value.status == 400


async def test_a_model_that_is_there_in_another_spelling(tmp_path: Path, model: Published) -> None:
    """The registry is asked as the model is spelled here, also for another tag of it."""
    await pulled(tmp_path, model.name)
    model.registry.manifests["library/good:Q8"] = model.manifest
    for asked in (f"{model.registry.host}/LIBRARY/Good", f"{model.registry.host}/library/GOOD:Q8"):
        assert (await pulled(tmp_path, asked))[-1] == "success"
    names = [stored.name.display() for stored in ModelStore(tmp_path).list()]
    assert sorted(names) == [
        f"{model.registry.host}/library/good:{tag}" for tag in ("Q8", "latest")
    ]


async def test_a_name_with_a_repository_and_a_quantisation(
    tmp_path: Path, model: Published
) -> None:
    """As hf.co has them; the protocol is the same there."""
    registry = model.registry
    registry.manifests["unsloth/Qwen3-0.6B-GGUF:Q4_K_M"] = model.manifest
    name = ModelName.parse(f"{registry.host}/unsloth/Qwen3-0.6B-GGUF:Q4_K_M")
    await pulled(tmp_path, name)
    assert registry.seen[0].path == "/v2/unsloth/Qwen3-0.6B-GGUF/manifests/Q4_K_M"
    assert ModelStore(tmp_path).manifest_bytes(name) == model.manifest


# Several at once, and leaving.


class Gate:
    """Blobs of which the second half comes only when the gate is open."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()

    def __call__(self, question: Question, content: bytes) -> None:
        part = question.blob_head(content)
        question.wfile.write(part[: len(part) // 2])
        question.wfile.flush()
        self.reached.set()
        self.open.wait(10)
        question.wfile.write(part[len(part) // 2 :])


PATIENT = Patience(backoff=0.001)


async def until_half(model: Published, steps: AsyncIterator[Progress]) -> None:
    async for step in steps:
        if (step.completed or 0) >= len(model.weights) // 2:
            return


async def test_two_pulls_share_one_download(tmp_path: Path, model: Published) -> None:
    gate = Gate()
    model.registry.faults.append(on_blobs(gate))
    one, two = (pulling(tmp_path, model.name, PATIENT) for _ in range(2))
    await until_half(model, one)
    await until_half(model, two)
    gate.open.set()
    for steps in (one, two):
        assert [step.status async for step in steps][-1] == "success"
    assert len(ranges(model.registry, model.digest)) == 1
    assert_complete(tmp_path, model)


async def test_one_leaves_and_the_other_gets_all(tmp_path: Path, model: Published) -> None:
    gate = Gate()
    model.registry.faults.append(on_blobs(gate))
    one, two = (pulling(tmp_path, model.name, PATIENT) for _ in range(2))
    await until_half(model, one)
    await until_half(model, two)
    await one.aclose()  # type: ignore[attr-defined]
    gate.open.set()
    assert [step.status async for step in two][-1] == "success"
    assert len(ranges(model.registry, model.digest)) == 1
    assert_complete(tmp_path, model)


async def test_the_last_one_ends_it_and_it_goes_on_later(tmp_path: Path, model: Published) -> None:
    gate = Gate()
    model.registry.faults.append(on_blobs(gate))
    steps = pulling(tmp_path, model.name, PATIENT)
    await until_half(model, steps)
    await steps.aclose()  # type: ignore[attr-defined]
    # At once again: it waits until the first has let go of the files.
    gate.open.set()
    assert (await pulled(tmp_path, model.name))[-1] == "success"
    half = len(model.weights) // 2
    assert ranges(model.registry, model.digest)[1] == (half, len(model.weights))
    assert_complete(tmp_path, model)
    assert not _loops[asyncio.get_running_loop()]


async def test_a_cancelled_pull_leaves_nothing_open(tmp_path: Path, model: Published) -> None:
    gate = Gate()
    model.registry.faults.append(on_blobs(gate))
    task = asyncio.create_task(pulled(tmp_path, model.name, PATIENT))
    assert await asyncio.to_thread(gate.reached.wait, 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.open.set()
    await asyncio.sleep(0)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=30)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await pulled(tmp_path, model.name)
    assert_complete(tmp_path, model)


async def test_an_error_reaches_all_who_wait(tmp_path: Path, model: Published) -> None:
    model.registry.faults.append(on_blobs(lambda q, _: q.reply(400, b"no")))

    async def message() -> str:
        with pytest.raises(RilletError) as caught:
            await pulled(tmp_path, model.name)
        return caught.value.message

    said = "max retries exceeded: 400: no"
    assert await asyncio.gather(message(), message()) == [said, said]
