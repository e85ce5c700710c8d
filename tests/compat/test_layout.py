"""A folder of models as Ollama has it: what Rillet writes, and what others wrote."""

import hashlib
import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from .cases import load
from .exchange import Answer, exchange
from .judging import lines_of
from .serving import Serving, serving
from .steps import model_file

CASES = {case.id: case for case in load()}
LIBRARY = Path("manifests/registry.ollama.ai/library")
TEMPLATE = "{{ if .System }}{{ .System }} {{ end }}{{ .Prompt }}"


def post(server: Serving, path: str, **body: Any) -> Answer:
    return exchange(server.url, "POST", f"/api/{path}", json.dumps(body).encode())


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_manifests_and_configurations_have_the_recorded_bytes(running: Serving) -> None:
    recorded = {
        model["name"]: (model["digest"], model["size"])
        for model in json.loads(CASES["tags/list"].response.body)["models"]
    }
    for name in ("tiny", "tinyembed", "tinythink"):
        manifest = (running.store / LIBRARY / name / "latest").read_bytes()
        told = json.loads(manifest)["config"]
        path = running.store / "blobs" / told["digest"].replace(":", "-")
        config = path.read_bytes()
        assert list(json.loads(config)) == [
            "model_format",
            "model_family",
            "model_families",
            "model_type",
            "file_type",
            "architecture",
            "os",
        ]
        # The one difference: of files that are not quantised Ollama says "unknown".
        theirs = config.replace(b'"F32"', b'"unknown"')
        old = b'"digest":"sha256:%b","size":%d}' % (sha256(config).encode(), len(config))
        new = b'"digest":"sha256:%b","size":%d}' % (sha256(theirs).encode(), len(theirs))
        assert old in manifest
        size = json.loads(manifest)["layers"][0]["size"] + len(theirs)
        assert recorded[f"{name}:latest"] == (sha256(manifest.replace(old, new)), size)


def test_layers_have_the_recorded_digests(running: Serving) -> None:
    case = CASES["create/from-everything"]
    answer = exchange(running.url, "POST", "/api/create", (case.request.body or "").encode())
    assert [line for line in lines_of(answer.text) if " new layer " in line["status"]] == [
        line for line in lines_of(case.response.body) if " new layer " in line["status"]
    ]


def test_files_are_readable_by_others_and_writable_by_their_owner(running: Serving) -> None:
    files = [path for path in running.store.rglob("*") if path.is_file()]
    named = [path for path in files if not path.name.startswith(".")]
    assert len(named) > 12
    umask = os.umask(0)
    os.umask(umask)
    assert {stat.S_IMODE(path.stat().st_mode) for path in named} == {0o644 & ~umask}
    folders = [path for path in running.store.rglob("*") if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o755 & ~umask}
    for path in (running.store / "blobs").iterdir():
        assert path.name == f"sha256-{sha256(path.read_bytes())}"


class OllamaFolder:
    """A folder of models written by the rules of the layout, not by Rillet."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "blobs").mkdir(parents=True)

    def blob(self, kind: str, data: bytes, **more: str) -> dict[str, Any]:
        digest = sha256(data)
        (self.root / "blobs" / f"sha256-{digest}").write_bytes(data)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data), **more}

    def model(self, place: str, *layers: dict[str, Any], indent: int | None = None) -> bytes:
        told = {
            "model_format": "gguf",
            "model_family": "llama",
            "model_families": ["llama"],
            "model_type": "69K",
            "file_type": "unknown",
            "architecture": "amd64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
        }
        config = json.dumps(told).encode()
        kind = "application/vnd.docker.container.image.v1+json"
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": self.blob(kind, config),
            "layers": layers,
        }
        path = self.root / "manifests" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(manifest, indent=indent))
        return path.read_bytes()

    def layer(self, kind: str, data: bytes, **more: str) -> dict[str, Any]:
        return self.blob(f"application/vnd.ollama.image.{kind}", data, **more)


@pytest.fixture
def folder(tmp_path: Path) -> OllamaFolder:
    made = OllamaFolder(tmp_path / "models")
    weights = made.layer("model", model_file("tinyhello.gguf"))
    made.model("registry.ollama.ai/library/hello/latest", weights)
    made.model(
        "registry.ollama.ai/someone/Rich/1B-Q4",
        weights | {"from": "hello:latest"},
        made.layer("template", TEMPLATE.encode()),
        made.layer("system", b"You are kind."),
        made.layer("params", b'{"stop":["\\u003c|end|\\u003e"],"temperature":0.5}\n'),
        made.layer("messages", b'[{"role":"user","content":"a"}]\n'),
        made.layer("license", b"MIT"),
        made.layer("license", b"BSD"),
        indent=3,
    )
    made.model("hf.co/org/repo/Q8_0", weights)
    return made


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(root)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith(".rillet")
    }


def check_in_place(server: Serving, folder: OllamaFolder) -> None:
    models = exchange(server.url, "GET", "/api/tags").json()["models"]
    listed = {model["name"]: model["digest"] for model in models}
    manifest = folder.root / LIBRARY / "hello" / "latest"
    assert listed["hello:latest"] == sha256(manifest.read_bytes())
    assert {"hello:latest", "someone/Rich:1B-Q4", "hf.co/org/repo:Q8_0"} <= listed.keys()
    card = post(server, "show", model="SOMEONE/rich:1b-q4").json()
    assert card["template"] == TEMPLATE and card["system"] == "You are kind."
    assert "<|end|>" in card["parameters"] and card["license"] == "MIT\nBSD"
    assert card["messages"] == [{"role": "user", "content": "a"}]
    for name in ("hello", "hf.co/org/repo:Q8_0", "someone/Rich:1B-Q4"):
        answer = post(server, "generate", model=name, prompt="hi", stream=False)
        assert answer.json()["done_reason"] == "stop", answer


def test_an_existing_folder_is_listed_and_run_in_place(folder: OllamaFolder) -> None:
    before = snapshot(folder.root)
    with serving(folder.root) as server:
        check_in_place(server, folder)
        assert snapshot(folder.root) == before
        assert post(server, "copy", source="someone/Rich:1B-Q4", destination="two").status == 200
    copied = folder.root / LIBRARY / "two" / "latest"
    rich = folder.root / "manifests/registry.ollama.ai/someone/Rich/1B-Q4"
    assert copied.read_bytes() == rich.read_bytes()


def test_a_folder_that_may_only_be_read_serves_as_well(folder: OllamaFolder) -> None:
    if os.geteuid() == 0:
        # The modes below mean nothing to the administrator: something is in the way instead.
        (folder.root / ".rillet-lock").mkdir()
    for path in (folder.root, *folder.root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = snapshot(folder.root)
    try:
        with serving(folder.root) as server:
            check_in_place(server, folder)
            refused = post(server, "copy", source="hello", destination="two")
            assert refused.status == 500 and "cannot" in refused.json()["error"]
        assert snapshot(folder.root) == before
    finally:
        for path in (folder.root, *folder.root.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_junk_in_the_folder_does_no_harm(folder: OllamaFolder) -> None:
    manifests = folder.root / "manifests"
    (manifests / ".DS_Store").write_bytes(b"\0\1")
    (manifests / "registry.ollama.ai/library/broken").mkdir()
    (manifests / "registry.ollama.ai/library/broken/latest").write_bytes(b"{")
    (manifests / "registry.ollama.ai/library/bad name").mkdir()
    shutil.copy(manifests / "hf.co/org/repo/Q8_0", manifests / LIBRARY.name)
    missing = {"mediaType": "application/vnd.ollama.image.model", "size": 5}
    folder.model(
        "registry.ollama.ai/library/lost/latest", missing | {"digest": "sha256:" + "1" * 64}
    )
    (folder.root / "blobs" / "notes.txt").write_text("mine")
    with serving(folder.root) as server:
        check_in_place(server, folder)
        answer = post(server, "generate", model="lost", prompt="hi")
        assert answer.status in (404, 500) and answer.json()["error"]
    assert (folder.root / "blobs" / "notes.txt").read_text() == "mine"
