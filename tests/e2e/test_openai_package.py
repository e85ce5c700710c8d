"""The stock package `openai` has the rest of an answer whose server was killed in mid-answer."""

from pathlib import Path
from typing import Any

import pytest

from .conftest import start_server

ASKED: dict[str, Any] = {
    "model": "rillet-tiny",
    "input": "write me a story about python.",
    "temperature": 0,
    "max_output_tokens": 200,
}


@pytest.mark.parametrize("at", [6, 30])
def test_it_resumes_after_a_kill(tmp_path: Path, at: int) -> None:
    openai = pytest.importorskip("openai", reason="the package openai is not installed")
    journal = str(tmp_path / "journal")
    server = start_server(tmp_path / "models", RILLET_JOURNAL=journal)
    address = server.url.removeprefix("http://")
    try:
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key="k") as client:
            expected = client.responses.create(**ASKED).output_text
            cut = False
            for _ in range(20):  # a short answer may be quicker than the kill
                events: list[Any] = []
                try:
                    for event in client.responses.create(**ASKED, background=True, stream=True):
                        events.append(event)
                        if len(events) == at:
                            server.process.kill()
                            server.process.wait()
                except openai.APIConnectionError:
                    cut = True
                again = {"RILLET_JOURNAL": journal, "RILLET_HOST": address}
                server = start_server(tmp_path / "models", **again)
                if cut:
                    break
            assert cut
            events += client.responses.retrieve(
                events[0].response.id, stream=True, starting_after=events[-1].sequence_number
            )
    finally:
        server.process.terminate()
        server.process.wait()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    deltas = [e.delta for e in events if e.type == "response.output_text.delta"]
    assert "".join(deltas) == expected
