"""The flags of `rillet serve`."""

import json
import re
import resource
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from rillet.cli import behind
from rillet.cli.commands.serve import settings_of
from rillet.testing import ScriptedServer, answer
from rillet.words.models import UpstreamHealth
from rillet.words.settings import Settings

from .processes import Shell


def test_a_flag_stands_in_place_of_its_variable() -> None:
    env = {"RILLET_HOST": "a:1", "RILLET_JOURNAL": "b", "RILLET_PRELOAD": "c"}
    none = Namespace(host=None, upstream=None, preload=None, journal=None)
    assert settings_of(none, Settings.from_env(env)) == Settings.from_env(env)
    said = Namespace(host="d:2", upstream=["x=http://e", "f"], preload=["g", "h"], journal="i")
    settings = settings_of(said, Settings.from_env(env))
    assert (settings.host, settings.journal) == ("d:2", "i")
    assert settings.upstreams == ("x=http://e", "f")
    assert settings.preload == ("g", "h")


def test_models_of_a_server_behind_it_are_listed(shell: Shell) -> None:
    tags = {
        "models": [{"name": "far:latest", "model": "far:latest", "size": 1, "digest": "a" * 64}]
    }
    far = [answer(json.dumps(tags).encode())]
    with ScriptedServer(*[far] * 40) as server:
        upstream = f"gpu={server.url}"
        journal = shell.home / "answers.db"
        flags = ["--upstream", upstream, "--journal", str(journal)]
        flags += ["--upstream", "http://127.0.0.1:1"]
        with shell.serving(*flags) as (address, _):
            listed = shell.run("list", "--json", "--host", address)
            loaded = shell.run("ps", "--host", address)
            told = shell.run("ps", "--json", "--host", address)
            looked = shell.having(RILLET_MODEL="tinyhello").run("doctor", "--host", address)
    names = [model["name"] for model in json.loads(listed.stdout)["models"]]
    assert "gpu/far:latest" in names and "tinyhello:latest" in names
    assert b"UPSTREAM" not in loaded.stdout  # programs read it: the models alone
    gone = rb"http://127.0.0.1:1: Down [^.]+\. Nothing listens"
    assert re.search(rb"^Note: the server behind it, " + gone, loaded.stderr)
    names = [each["name"] for each in json.loads(told.stdout)["upstreams"]]
    assert names == ["gpu", ""]
    assert re.search(rb"!!  upstream: " + gone, looked.stdout) and looked.returncode == 1
    assert re.search(rb"ok  upstream: gpu at http:\S+: Up .+, 1 model, speaks", looked.stdout)


def test_ps_has_a_table_of_the_servers_behind() -> None:
    well = UpstreamHealth(url="http://h:1", name="a", speaks="OpenAI", models=2, reachable=True)
    assert behind.row(well) == ("a", "http://h:1", "OpenAI", "2", "Up")
    since = (datetime.now(UTC) - timedelta(minutes=5, seconds=1)).isoformat()
    gone = UpstreamHealth(url="http://h:1", since=since, last_error="no")
    assert behind.row(gone) == ("-", "http://h:1", "", "0", "Down 5 minutes")
    failed = replace(well, last_error="late", last_error_at=since)
    assert behind.described(failed).endswith("API; last error 5 minutes ago: late")


def test_it_may_open_as_many_files_as_the_system_allows(shell: Shell) -> None:
    def fewer() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 512))

    with shell.serving(preexec_fn=fewer) as (_, process):
        limits = Path(f"/proc/{process.pid}/limits").read_text()
    (line,) = [line for line in limits.splitlines() if line.startswith("Max open files")]
    assert line.split()[3:5] == ["512", "512"]


def test_a_folder_that_cannot_be_one_is_refused(shell: Shell) -> None:
    file = shell.home / "file"
    file.touch()
    for models in (file, file / "inside"):
        done = shell.having(RILLET_MODELS=str(models)).run("serve", "--host", "127.0.0.1:0")
        assert done.returncode == 1
        assert f"Models cannot be kept in {models}: " in done.stderr.decode()
