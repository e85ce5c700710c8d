"""The npm package `ollama`, and curl."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from ..e2e.conftest import clean_environment
from .serving import Serving
from .test_clients import HELLO

pytestmark = pytest.mark.slow


@pytest.fixture
def node_modules(tmp_path: Path) -> Path:
    """A folder with the npm package installed in it."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(tmp_path), "ollama"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip(f"npm cannot fetch the package: {done.stderr[-300:]}")
    return tmp_path


def test_ollama_of_npm(running: Serving, node_modules: Path) -> None:
    script = str(Path(__file__).with_name("client.mjs"))
    command = ["node", script, running.url, str(node_modules)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=clean_environment()
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [found[name] for name in ("generate", "chat", "stream")] == [HELLO] * 3
    assert found["done"] is True and found["tool"] == {"city": "Paris"}
    assert found["schema"]["age"] in (1, 2) and found["embed"] == 2
    assert found["create"] == "success" and found["show"] == "x"
    assert {"js:latest", "js-2:latest"} <= set(found["list"]) and found["ps"]
    assert "model 'js' not found" in found["missing"]


def curl(*arguments: str) -> str:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    command = ["curl", "-sS", "--max-time", "30", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env=clean_environment()
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_as_the_documentation_has_it(running: Serving) -> None:
    # -d alone says that the body is a form; that is how all of Ollama's examples are written.
    url = running.url
    assert curl(url) == "Ollama is running"
    assert "200 OK" in curl("-I", url)
    lines = curl(f"{url}/api/generate", "-d", '{"model":"tinyhello","prompt":"hi"}').splitlines()
    records = [json.loads(line) for line in lines]
    assert "".join(record["response"] for record in records) == HELLO and records[-1]["done"]
    chat = '{"model":"tinyhello","stream":false,"messages":[{"role":"user","content":"hi"}]}'
    assert json.loads(curl(f"{url}/api/chat", "-d", chat))["message"]["content"] == HELLO
    body = '{"model":"tinyembed","input":"a"}'
    assert json.loads(curl(f"{url}/api/embed", "-d", body))["embeddings"]
    create = '{"model":"curled","from":"tinyhello","stream":false}'
    assert json.loads(curl(f"{url}/api/create", "-d", create)) == {"status": "success"}
    copy = '{"source":"curled","destination":"curled-2"}'
    assert curl(f"{url}/api/copy", "-d", copy, "-w", "%{http_code}") == "200"
    names = [model["name"] for model in json.loads(curl(f"{url}/api/tags"))["models"]]
    assert {"curled:latest", "curled-2:latest"} <= set(names)
    assert json.loads(curl(f"{url}/api/show", "-d", '{"model":"curled"}'))["details"]["family"]
    assert json.loads(curl(f"{url}/api/ps"))["models"]
    for name in ("curled", "curled-2"):
        delete = ("-X", "DELETE", f"{url}/api/delete", "-d", json.dumps({"model": name}))
        assert curl(*delete, "-w", "%{http_code}") == "200"


def test_curl_sends_a_file_as_a_blob(running: Serving, tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * 3_000_000)  # above 1 MiB curl waits for "100 Continue"
    import hashlib

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    url = f"{running.url}/api/blobs/sha256:{digest}"
    assert curl("-T", str(path), "-X", "POST", url, "-w", "%{http_code}") == "201"
    assert "200 OK" in curl("-I", url)
