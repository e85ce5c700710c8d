"""A push: into a scripted registry, with everything that it may do to it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from hashlib import md5
from pathlib import Path

import pytest

from rillet.model.manifest import CONFIG_TYPE, MODEL, Layer, encode, make_manifest
from rillet.model.names import Digest, ModelName
from rillet.service.registry.client import Registry
from rillet.service.registry.patience import Patience, RegistryError
from rillet.service.registry.push import push_model
from rillet.service.registry.upload import Upload
from rillet.service.transfers import push
from rillet.store.store import ModelStore
from rillet.words.errors import ServerError
from rillet.words.events import Progress
from rillet.words.models import TransferRequest

from .scripted_registry import Question, ScriptedRegistry, scripted_registry, times
from .transferred import FAST, Published, failing, library, noise, pulled

PIECE = 300_000


@pytest.fixture
def registry() -> Iterator[ScriptedRegistry]:
    with scripted_registry() as registry:
        yield registry


@pytest.fixture
async def model(tmp_path: Path, registry: ScriptedRegistry) -> Published:
    """A model in the store at `tmp_path`, under the name of an empty registry."""
    with scripted_registry() as source:
        model = Published(source, noise(1_000_001))
        await pulled(tmp_path, model.name)
        content = dict(source.blobs)
    store = ModelStore(tmp_path)
    name = ModelName.parse(f"{registry.host}/someone/mine:v1")
    assert store.copy(model.name, name)
    model.name, model.registry = name, registry
    model.content = content  # type: ignore[attr-defined]
    return model


def pushing(root: Path, name: ModelName, patience: Patience = FAST) -> AsyncIterator[Progress]:
    stores = library(root).stores
    return push_model(stores, name, insecure=True, patience=patience, piece=PIECE)


async def pushed(root: Path, name: ModelName) -> list[str]:
    return list(dict.fromkeys([step.status async for step in pushing(root, name)]))


def assert_there(model: Published) -> None:
    assert model.registry.manifests["someone/mine:v1"] == model.manifest
    assert model.registry.blobs == model.content  # type: ignore[attr-defined]


async def test_lines_and_bytes(tmp_path: Path, model: Published) -> None:
    lines = [step async for step in pushing(tmp_path, model.name)]
    statuses = list(dict.fromkeys(line.status for line in lines))
    assert statuses[:2] == ["retrieving manifest", f"pushing {model.digest.short}"]
    assert statuses[-2:] == ["pushing manifest", "success"]
    weights = [line for line in lines if line.digest == str(model.digest)]
    assert weights[-1].completed == weights[-1].total == len(model.weights)
    assert_there(model)
    patches = [q.headers for q in model.registry.asked("PATCH", "uploads") if len(q.body) > 100]
    assert [headers["Content-Range"] for headers in patches] == [
        "0-299999",
        "300000-599999",
        "600000-899999",
        "900000-1000000",
    ]
    assert all(headers["X-Redirect-Uploads"] == "1" for headers in patches)


async def test_what_is_there_is_not_sent(tmp_path: Path, model: Published) -> None:
    await pushed(tmp_path, model.name)
    model.registry.seen.clear()
    lines = [step async for step in pushing(tmp_path, model.name)]
    assert [q.command for q in model.registry.seen] == ["HEAD", "HEAD", "HEAD", "PUT"]
    assert all(line.completed == line.total for line in lines if line.digest)


async def test_through_the_service(tmp_path: Path, model: Published) -> None:
    request = TransferRequest(model=str(model.name), insecure=True)
    lines = [step.status async for step in push(library(tmp_path), request)]
    assert lines[-1] == "success"
    assert_there(model)


async def test_a_registry_without_tls_is_not_asked_again(tmp_path: Path, model: Published) -> None:
    """With the patience of every day: it must not wait for what will not change."""
    request = TransferRequest(model=str(model.name))
    async with asyncio.timeout(30):
        _, error = await failing(push(library(tmp_path), request))
    assert "does not speak TLS; if it is to be asked without, say insecure" in error.message
    assert model.registry.seen == []


async def test_a_model_that_is_not_there(tmp_path: Path, registry: ScriptedRegistry) -> None:
    name = ModelName.parse(f"{registry.host}/library/none")
    statuses, error = await failing(pushing(tmp_path, name))
    assert statuses == ["retrieving manifest", "couldn't retrieve manifest"]
    assert error.message == f"model '{name}' not found"
    assert registry.seen == []


@pytest.mark.parametrize(("name", "status"), [("bad name", 400), ("", 400), ("x:cloud", 403)])
def test_names_that_cannot_be_pushed(tmp_path: Path, name: str, status: int) -> None:
    with pytest.raises(ServerError) as caught:
        push(library(tmp_path), TransferRequest(model=name))
    assert caught.value.status == status


def half_taken(question: Question) -> bool:
    """Keep half of a piece and hang up, as a registry that is restarted."""
    key = question.path.rpartition("/")[2]
    if question.command != "PATCH" or len(question.body) < 100:
        return False
    question.registry.uploads[key] += question.body[: len(question.body) // 2]
    question.hang_up()
    return True


def forgets(question: Question) -> bool:
    if question.command != "PATCH":
        return False
    question.registry.uploads.clear()
    question.reply(500, b"oops")
    return True


def knows_no_more(question: Question) -> bool:
    """A session that has run out."""
    question.registry.uploads.clear()
    return question.command in ("PATCH", "PUT") and not question.reply(404, b"BLOB_UPLOAD_UNKNOWN")


def refuses_the_end(question: Question) -> bool:
    if question.command != "PUT" or "uploads" not in question.path:
        return False
    question.reply(503, b"later")
    return True


def ends_without_a_word(question: Question) -> bool:
    """The upload is done, but its last answer is lost."""
    if question.command != "PUT" or "uploads" not in question.path:
        return False
    key = question.path.partition("?")[0].rpartition("/")[2]
    question.registry.add_blob(bytes(question.registry.uploads.pop(key)))
    question.hang_up()
    return True


@pytest.mark.parametrize(
    "fault", [half_taken, forgets, knows_no_more, refuses_the_end, ends_without_a_word]
)
async def test_a_passing_fault(
    tmp_path: Path, model: Published, fault: Callable[[Question], bool]
) -> None:
    model.registry.faults.append(times(3, fault))
    assert (await pushed(tmp_path, model.name))[-1] == "success"
    assert_there(model)


async def test_goes_on_where_the_registry_stands(tmp_path: Path, model: Published) -> None:
    model.registry.faults.append(times(1, half_taken))
    await pushed(tmp_path, model.name)
    patches = [q for q in model.registry.asked("PATCH", "uploads") if len(q.body) > 100]
    assert [q.headers["Content-Range"].partition("-")[0] for q in patches[:2]] == ["0", "150000"]
    assert_there(model)


async def test_an_upload_that_is_not_read_stalls(tmp_path: Path, model: Published) -> None:
    """The registry takes the head of a PATCH and nothing else."""
    gate = threading.Event()

    def deaf(question: Question) -> bool:
        if question.command != "PATCH":
            return False
        gate.wait(10)
        question.hang_up()
        return True

    model.registry.faults.append(deaf)
    patience = Patience(tries=2, backoff=0.001, stall=0.1, answer=0.1, commit=0.1)
    try:
        _, error = await failing(pushing(tmp_path, model.name, patience))
    finally:
        gate.set()
    assert error.message == f"max retries exceeded: {model.registry.host} does not answer"


async def test_an_answer_before_the_end_of_a_piece(
    tmp_path: Path, registry: ScriptedRegistry
) -> None:
    """A piece larger than all buffers, which the registry refuses unread: it has the word."""
    with scripted_registry() as source:
        model = Published(source, bytes(64 << 20))
        await pulled(tmp_path, model.name)
    name = ModelName.parse(f"{registry.host}/someone/mine:v1")
    assert ModelStore(tmp_path).copy(model.name, name)
    over = threading.Event()

    def too_large(question: Question) -> bool:
        if question.command != "PATCH":
            return False
        question.reply(413, b"too large")
        over.wait(10)
        return True

    registry.hasty.append(too_large)
    conversation = Registry(name, insecure=True, patience=FAST)
    layer = Layer(media_type=MODEL, digest=str(model.digest), size=len(model.weights))
    upload = Upload(conversation, layer, ModelStore(tmp_path).blob_path(model.digest))
    with pytest.raises(RegistryError, match="413: too large"):
        await upload.moving
    over.set()
    conversation.close()
    assert upload.completed < upload.total / 2  # the rest was not even read


async def test_pieces_that_are_wanted_elsewhere(tmp_path: Path, model: Published) -> None:
    """As Ollama's registry does it: an object store takes the pieces."""
    stored: list[bytes] = []
    etags: list[str] = []
    with scripted_registry() as objects:

        def take(question: Question) -> bool:
            assert "Authorization" not in question.headers
            stored.append(question.body)
            question.reply(200)
            return True

        def send_on(question: Question) -> bool:
            if question.command == "PATCH":
                here = f"http://{model.registry.host}{question.path}"
                question.reply(
                    307, Location=f"http://{objects.host}/bucket?sig=1", Docker_Upload_Location=here
                )
                return True
            if question.command == "PUT" and "uploads" in question.path:
                etags.append(question.query["etag"][0])
                digest = question.query["digest"][0]
                model.registry.blobs[digest] = b"".join(stored)
                assert str(Digest.of(b"".join(stored))) == digest
                sums = b"".join(md5(piece).digest() for piece in stored)
                assert etags[-1] == f"{md5(sums).hexdigest()}-{len(stored)}"
                stored.clear()
                question.reply(201)
                return True
            return False

        objects.faults.append(take)
        model.registry.faults.append(send_on)
        assert (await pushed(tmp_path, model.name))[-1] == "success"
    assert len(etags) == 3
    assert_there(model)


async def test_a_layer_of_another_model_is_mounted(
    tmp_path: Path, registry: ScriptedRegistry
) -> None:
    store = ModelStore(tmp_path)
    base = store.add_layer(MODEL, b"weights of the base")
    layer = Layer(
        media_type=MODEL, digest=base.digest, size=base.size, from_=f"{registry.host}/a/base:1"
    )
    name = ModelName.parse(f"{registry.host}/a/child")
    store.write_manifest(name, encode(make_manifest(store.add_layer(CONFIG_TYPE, b"{}"), [layer])))

    def mount(question: Question) -> bool:
        if question.query.get("from") != ["a/base"]:
            return False
        question.registry.add_blob(b"weights of the base")
        question.reply(201)
        return True

    registry.faults.append(mount)
    assert (await pushed(tmp_path, name))[-1] == "success"
    assert len(registry.asked("PATCH", "uploads")) == 1  # the configuration alone
    assert set(registry.blobs.values()) == {b"weights of the base", b"{}"}


@pytest.mark.parametrize("status", [400, 403, 404, 413])
async def test_a_refusal_stays_one(tmp_path: Path, model: Published, status: int) -> None:
    model.registry.faults.append(lambda q: q.command == "POST" and not q.reply(status, b"not here"))
    _, error = await failing(pushing(tmp_path, model.name))
    expected = "file does not exist" if status == 404 else f"{status}: not here"
    assert error.message == expected
    assert len(model.registry.asked("POST", "uploads")) == 1


async def test_a_manifest_that_is_refused(tmp_path: Path, model: Published) -> None:
    model.registry.faults.append(
        lambda q: q.command == "PUT" and "manifests" in q.path and not q.reply(400, b"no")
    )
    statuses, error = await failing(pushing(tmp_path, model.name))
    assert statuses[-1] == "pushing manifest"
    assert error.message == "400: no"


async def test_a_damaged_blob_is_not_sent(tmp_path: Path, model: Published) -> None:
    ModelStore(tmp_path).blob_path(model.digest).write_bytes(b"short")
    _, error = await failing(pushing(tmp_path, model.name))
    assert "has 5 bytes, not 1000001" in error.message
    assert not model.registry.asked("POST", "uploads")


async def test_leaving_ends_the_upload(tmp_path: Path, model: Published) -> None:
    gate, reached = threading.Event(), threading.Event()

    def hold(question: Question) -> bool:
        if question.command == "PATCH":
            reached.set()
            gate.wait(10)
        return False

    model.registry.faults.append(hold)
    steps = pushing(tmp_path, model.name)
    async for _ in steps:
        if reached.is_set():
            break
    await steps.aclose()  # type: ignore[attr-defined]
    gate.set()
    assert model.registry.manifests == {}
    model.registry.faults.clear()
    assert (await pushed(tmp_path, model.name))[-1] == "success"
    assert_there(model)
