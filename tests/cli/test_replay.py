"""Answers that are kept with their times, and played again."""

import json
import signal
import time
from pathlib import Path
from typing import Any

import openai
import pytest

import ollama
from rillet.cli.recording import Recorder, read
from rillet.cli.replaying import server
from rillet.client.sync import Client
from rillet.testing import CHUNKED, Hangup, Pause, chunk
from rillet.words.errors import InvalidRequest, RilletError, ServerError, StreamTruncated
from rillet.words.events import Failure, Finish, Progress, Text, Thinking, ToolCall, Usage

from .processes import Shell
from .test_faults import DONE, at, piece, serving

EVENTS = [
    Progress("queued", queue_position=2),
    Thinking("Hm"),
    Text(""),
    Text("Hel"),
    Text("lo"),
    ToolCall("f", {"x": 1}),
    Finish("stop", usage=Usage(3, 2)),
]


@pytest.fixture
def kept(tmp_path: Path) -> str:
    path = str(tmp_path / "kept.jsonl")
    recorder = Recorder(path, "m", "hi")
    for event in EVENTS:
        recorder.see(event)
    recorder.close()
    return path


def test_what_was_recorded_is_read(kept: str) -> None:
    recording = read(kept)
    assert (recording.model, recording.prompt, recording.whole) == ("m", "hi", True)
    assert [event for _, event in recording.steps] == EVENTS
    times = [at for at, _ in recording.steps]
    assert times == sorted(times)


def test_a_recording_that_was_cut_is_read_so_far(kept: str) -> None:
    path = Path(kept)
    path.write_bytes(path.read_bytes()[:-9])
    assert not read(kept).whole and len(read(kept).steps) == len(EVENTS) - 1


def test_what_is_no_recording(tmp_path: Path) -> None:
    for text in ("", "hello", '{"a":1}\n', '{"recording":1,"model":"m","prompt":""}\n{}\n{}\n'):
        (tmp_path / "no").write_text(text)
        with pytest.raises(InvalidRequest, match="no recording"):
            read(str(tmp_path / "no"))


def test_a_failure_is_kept(tmp_path: Path) -> None:
    recorder = Recorder(str(tmp_path / "r"), "m", "hi")
    recorder.fail(RilletError("the engine broke"))
    recorder.close()
    (_, last), *_ = read(str(tmp_path / "r")).steps
    assert isinstance(last, Failure) and last.error.message == "the engine broke"


def test_an_answer_that_broke_is_recorded_and_played(shell: Shell) -> None:
    path = str(shell.home / "broke.jsonl")
    with serving([CHUNKED, piece("Hel"), piece("lo"), Hangup()]) as there:
        done = at(there, shell).run("run", "m", "hi", "--record", path)
    assert done.returncode == 3
    again = shell.run("replay", path, "--speed", "0")
    assert again.stdout == b"Hello\n\n" and again.returncode == 3
    assert again.stderr.strip() == done.stderr.strip()


def test_the_bytes_of_a_server_are_kept_and_served_again(shell: Shell) -> None:
    path = str(shell.home / "raw.jsonl")
    odd = b'{"model":"m", "response":"Hel", "odd":[1]}\n{"model":"m","resp'
    rest = b'onse":"lo\xff"}\n'
    script = [CHUNKED, chunk(odd), Pause(0.2), chunk(rest), DONE]
    with serving(script) as there:
        assert at(there, shell).run("run", "m", "hi", "--record", path).returncode == 0
    recording = read(path)
    assert recording.whole and recording.dialect == "ollama generate"
    assert b"".join(data for _, data in recording.raw).startswith(odd + rest)
    assert recording.raw[-1][0] - recording.raw[0][0] >= 0.15
    with server(recording, None, 0, 0) as playing:
        again = str(shell.home / "again.jsonl")
        done = shell.run("run", "m", "hi", "--host", playing.url, "--record", again)
    assert done.returncode == 0 and done.stdout.startswith(b"Hello")
    assert [data for _, data in read(again).raw] and b"".join(
        data for _, data in read(again).raw
    ) == b"".join(data for _, data in recording.raw)


def test_it_is_served(shell: Shell, kept: str) -> None:
    process = shell.start("replay", kept, "--serve", "0", "--speed", "0")
    try:
        assert process.stderr is not None
        url = process.stderr.readline().decode().split()[-1]
        done = shell.run("run", "m", "hi", "--host", url)
        assert done.stdout == b"Hello\n\n" and done.returncode == 0
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 130


def test_it_cannot_be_served(shell: Shell, kept: str) -> None:
    with serving() as other:
        port = other.url.rpartition(":")[2]
        done = shell.run("replay", kept, "--serve", port)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: Cannot listen on 127.0.0.1:{port}: Address ".encode())
    wrong = shell.run("replay", kept, "--serve", "99999")
    assert wrong.returncode == 2 and b"0 to 65535" in wrong.stderr


def test_it_is_served_to_clients_of_openai(kept: str) -> None:
    asked: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    with server(read(kept), None, 0, 0) as there:
        client = openai.OpenAI(base_url=f"{there.url}/v1", api_key="-", max_retries=0)
        assert [model.id for model in client.models.list()] == ["m"]
        whole = client.chat.completions.create(**asked)
        assert whole.choices[0].message.content == "Hello"
        assert whole.usage is not None and whole.usage.completion_tokens == 2
        usage = {"include_usage": True}
        chunks = list(client.chat.completions.create(**asked, stream=True, stream_options=usage))
        pieces = [choice.delta.content or "" for each in chunks for choice in each.choices]
        assert "".join(pieces) == "Hello" and chunks[-1].usage.completion_tokens == 2
        plain = client.completions.create(model="m", prompt="hi")
        assert plain.choices[0].text == "Hello"
        streamed = client.completions.create(model="m", prompt="hi", stream=True)
        assert "".join(each.choices[0].text for each in streamed if each.choices) == "Hello"
        assert ollama.Client(there.url).generate("m", "hi").response == "Hello"
    with server(read(kept), "truncate", 0, 0) as there:
        client = openai.OpenAI(base_url=f"{there.url}/v1", api_key="-", max_retries=0)
        with pytest.raises(openai.APIConnectionError):
            client.chat.completions.create(**asked)


def test_what_broke_is_no_whole_answer(tmp_path: Path) -> None:
    recorder = Recorder(str(tmp_path / "r"), "m", "hi")
    recorder.see(Text("Hel"))
    recorder.close()
    with server(read(str(tmp_path / "r")), None, 0, 0) as there, pytest.raises(StreamTruncated):
        Client(there.url, retries=0).generate("m", "hi")
    with (tmp_path / "r").open("a") as file:
        file.write('{"at":1,"event":"failure","error":"broke"}\n')
    broke = pytest.raises(ServerError, match="broke")
    with server(read(str(tmp_path / "r")), None, 0, 0) as there, broke:
        Client(there.url, retries=0).generate("m", "hi")


@pytest.mark.parametrize("fault", ["truncate", "reset"])
def test_faults_cut_it(shell: Shell, kept: str, fault: str) -> None:
    with server(read(kept), fault, 0, 0) as there:
        done = shell.run("run", "m", "hi", "--host", there.url)
    assert done.returncode == 3 and b"[incomplete: " in done.stderr
    assert b"Hello" not in done.stdout


def test_a_drip_comes_whole(shell: Shell, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rillet.cli.replaying._DRIP", 0.0)
    with server(read(kept), "drip", 0, 0) as there:
        done = shell.run("run", "m", "hi", "--host", there.url, "--events")
    texts = [json.loads(line).get("text", "") for line in done.stdout.splitlines()]
    assert "".join(texts).endswith("Hello")


def test_a_stall_is_a_silence_after_a_beginning(shell: Shell, kept: str) -> None:
    with server(read(kept), "stall", 0, 0) as there:
        process = shell.start("run", "m", "hi", "--host", there.url, "--events")
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["event"] == "progress"
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=20)
    assert process.returncode == 130 and b"finish" not in rest


def test_slow_takes_ten_times_as_long(shell: Shell, tmp_path: Path) -> None:
    lines = ['{"recording":1,"model":"m","prompt":""}', '{"at":0.1,"event":"text","text":"a"}']
    (tmp_path / "slow").write_text("\n".join(lines) + '\n{"at":0.1,"event":"finish"}\n')
    with server(read(str(tmp_path / "slow")), "slow", 1, 0) as there:
        began = time.monotonic()
        assert shell.run("run", "m", "hi", "--host", there.url).stdout == b"a\n\n"
    assert time.monotonic() - began >= 1


def test_it_is_played_at_its_pace(shell: Shell, tmp_path: Path) -> None:
    lines = ['{"recording":1,"model":"m","prompt":""}', '{"at":0.5,"event":"text","text":"a"}']
    (tmp_path / "slow").write_text("\n".join(lines) + '\n{"at":0.6,"event":"finish"}\n')
    began = time.monotonic()
    shell.run("replay", str(tmp_path / "slow"))
    assert time.monotonic() - began >= 0.6
    assert shell.run("replay", str(tmp_path / "slow"), "--fault", "slow").returncode == 2
