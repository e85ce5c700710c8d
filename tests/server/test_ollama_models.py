"""Lists, cards, copies, blobs and transfers over a real socket."""

import pytest

from rillet.server.ollama_models import PLAIN_JSON
from rillet.words.errors import ModelNotFound, ServerError

from .conftest import Running

DIGEST = "sha256:" + "ab" * 32


async def test_tags_leave_out_what_is_not_known(server: Running) -> None:
    (model,) = (await server.ask("GET", "/api/tags")).json()["models"]
    assert model["name"] == model["model"] == "tiny:latest"
    assert "context_length" not in model["details"] and model["details"]["families"] is None


async def test_show_always_has_details_and_model_info(server: Running) -> None:
    answer = await server.ask("POST", "/api/show", {"name": "tiny"})
    assert answer.json()["model_info"] == {} and answer.json()["details"]["format"] == ""
    copilot = {"User-Agent": "GitHubCopilotChat/1"}
    answer = await server.ask("POST", "/api/show", {"model": "tiny"}, copilot)
    assert answer.json()["model_info"] == {"general.basename": "tiny"}


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"source": "tiny", "destination": "b"}, 200, None),
        ({"source": "nope", "destination": "b"}, 404, 'model "nope" not found'),
        ({"source": "bad name", "destination": "b"}, 400, 'source "bad name" is invalid'),
        ({"source": "tiny"}, 400, 'destination "" is invalid'),
        ({}, 400, 'source "" is invalid'),
    ],
)
async def test_copy(server: Running, body: object, status: int, text: str | None) -> None:
    answer = await server.ask("POST", "/api/copy", body)
    assert answer.status == status
    assert (answer.json() == {"error": text}) if text else (answer.body == b"")


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"name": "tiny"}, 200, None),
        ({"model": "nope"}, 404, "model 'nope' not found"),
        ({"model": "bad name"}, 400, 'name "bad name" is invalid'),
        ({"model": "\u2028 "}, 400, "model is required"),
        ({}, 400, "model is required"),
    ],
)
async def test_delete(server: Running, body: object, status: int, text: str | None) -> None:
    answer = await server.ask("DELETE", "/api/delete", body)
    assert answer.status == status
    assert (answer.json() == {"error": text}) if text else (answer.body == b"")


async def test_a_blob_is_stored_once(server: Running) -> None:
    path = f"/api/blobs/{DIGEST}"
    assert (await server.ask("HEAD", path)).status == 404
    assert (await server.ask("POST", path, b"x" * 300_000)).status == 201
    assert len(server.operations.blobs[DIGEST]) == 300_000
    assert (await server.ask("HEAD", path)).status == 200
    assert (await server.ask("POST", path, b"x" * 300_000)).status == 200


@pytest.mark.parametrize(
    ("asked", "statuses"),
    [
        (DIGEST.replace(":", "-"), (404, 400, 200, 200)),
        ("sha256:" + DIGEST[7:].upper(), (404, 400, 404, 400)),
        ("sha256-" + DIGEST[7:].upper(), (404, 400, 404, 400)),
    ],
)
async def test_a_digest_that_is_spelled_otherwise(
    server: Running, asked: str, statuses: tuple[int, ...]
) -> None:
    """Asked for, sent, and both once more; what was sent is there afterwards."""
    path, sent = f"/api/blobs/{asked}", b"x" * 300_000
    assert (await server.ask("HEAD", path)).status == statuses[0]
    answer = await server.ask("POST", path, sent)
    assert (answer.status, answer.json()) == (
        statuses[1],
        {"error": f'digest mismatch, expected "{asked}", got "{DIGEST}"'},
    )
    assert (await server.ask("HEAD", path)).status == statuses[2]
    assert (await server.ask("POST", path, sent)).status == statuses[3]
    assert (await server.ask("HEAD", f"/api/blobs/{DIGEST}")).status == 200


async def test_what_is_not_there_is_spelled_like_what_is(server: Running) -> None:
    server.operations.error = ModelNotFound("", status=404)
    answer = await server.ask("POST", "/api/show", {"model": "TINY:8b"})
    assert (answer.status, answer.json()) == (404, {"error": "model 'tiny:8b' not found"})


@pytest.mark.parametrize("digest", ["sha256:abc", "0" * 64, "sha256-..%5c..%5cetc", "md5:00"])
async def test_what_is_no_digest(server: Running, digest: str) -> None:
    answer = await server.ask("POST", f"/api/blobs/{digest}", b"x")
    assert (answer.status, answer.json()) == (400, {"error": "invalid digest format"})
    assert server.operations.blobs == {}


async def test_a_pull_tells_its_steps_and_success_once(server: Running) -> None:
    answer = await server.ask("POST", "/api/pull", {"name": "tiny"})
    assert answer.headers["content-type"] == "application/x-ndjson"
    statuses = [line["status"] for line in answer.lines()]
    assert statuses == ["pulling manifest", "pulling 1234", "success"]
    whole = await server.ask("POST", "/api/pull", {"model": "tiny", "stream": False})
    assert whole.json() == {"status": "success"}


async def test_a_pull_that_fails(server: Running) -> None:
    server.operations.error = ServerError("pull model manifest: file does not exist")
    answer = await server.ask("POST", "/api/pull", {"model": "tiny"})
    assert answer.lines()[-1] == {"error": "pull model manifest: file does not exist"}
    whole = await server.ask("POST", "/api/pull", {"model": "tiny", "stream": False})
    assert whole.status == 500


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("pull", {}, "invalid model name"),
        ("push", {}, "model is required"),
        ("create", {"from": "tiny"}, "invalid model name"),
        ("create", {"model": "a"}, "neither 'from' or 'files' was specified"),
        ("create", {"model": "a", "files": {"/etc/x": DIGEST}}, "file path must be relative"),
        ("create", {"model": "a", "files": {"../x": DIGEST}}, "file path must be relative"),
        ("create", {"model": "a", "files": {"x": ""}}, "invalid digest format"),
        ("create", {"model": " a", "from": "tiny"}, "invalid model name"),
        ("create", {"model": "x:cloud:local", "from": "tiny"}, "invalid model name"),
        ("copy", {"source": " tiny", "destination": "a"}, 'source " tiny" is invalid'),
        ("copy", {"source": "tiny", "destination": "a\n"}, 'destination "a\\n" is invalid'),
        (
            "copy",
            {"source": "x:cloud:local", "destination": "a"},
            'source "x:cloud:local" is invalid',
        ),
        ("show", {"model": "http://x/y"}, "invalid model name"),
    ],
)
async def test_refused_before_anything_starts(
    server: Running, path: str, body: object, text: str
) -> None:
    answer = await server.ask("POST", f"/api/{path}", body)
    assert (answer.status, answer.json()) == (400, {"error": text})


async def test_create_and_push(server: Running) -> None:
    body = {"model": "a", "from": "tiny", "quantization": "Q4_K_M", "stream": False}
    assert (await server.ask("POST", "/api/create", body)).json() == {"status": "success"}
    (request,) = server.operations.asked
    assert (request.from_, request.quantize) == ("tiny", "Q4_K_M")
    answer = await server.ask("POST", "/api/push", {"model": "tiny"})
    assert (answer.status, answer.json()) == (501, {"error": "push is not supported"})


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"files": {"a": None}}, 400, "invalid digest format"),
        ({"adapters": {"a": None}}, 400, "invalid digest format"),
        ({"draft_quantize": "x"}, 400, "--draft-quantize requires a DRAFT model"),
        ({"draft_files": {"/a": "x"}}, 400, "file path must be relative"),
        (
            {"draft_files": 1},
            400,
            "json: cannot unmarshal number into Go struct field CreateRequest.draft_files"
            " of type map[string]string",
        ),
    ],
)
async def test_a_field_of_a_create_that_cannot_be(
    server: Running, fields: dict[str, object], status: int, text: str
) -> None:
    answer = await server.ask("POST", "/api/create", {"model": "m", "from": "tiny", **fields})
    assert (answer.status, answer.json()) == (status, {"error": text})


async def test_a_name_of_the_cloud_is_copied_and_deleted_like_others(server: Running) -> None:
    for path, body in (
        ("/api/copy", {"source": "tiny", "destination": "x:cloud"}),
        ("/api/create", {"model": "x:cloud", "from": "tiny"}),
    ):
        assert (await server.ask("POST", path, body)).status == 200
    server.operations.error = ModelNotFound("", status=404)
    copied = await server.ask("POST", "/api/copy", {"source": "x:cloud", "destination": "a"})
    assert (copied.status, copied.json()) == (404, {"error": 'model "x:cloud" not found'})
    deleted = await server.ask("DELETE", "/api/delete", {"model": "x:cloud"})
    assert (deleted.status, deleted.json()) == (404, {"error": "model 'x:cloud' not found"})


async def test_what_an_operation_says_is_json_without_a_charset(server: Running) -> None:
    for error in (None, ServerError("no")):
        server.operations.error = error
        answer = await server.ask("POST", "/api/pull", {"model": "a", "stream": False})
        assert answer.headers["content-type"] == PLAIN_JSON.decode()
    assert (answer.status, answer.json()) == (500, {"error": "no"})
