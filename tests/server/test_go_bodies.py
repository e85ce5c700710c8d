"""What Go's decoder says of bodies with values of wrong types, as a real Ollama 0.33 said it."""

from pathlib import Path

import msgspec
import pytest

from rillet.server.go_json import decoded
from rillet.wire import go_structs, go_structs_compat
from rillet.wire.anthropic_requests import chat_request_from_anthropic
from rillet.wire.go_scanner import GoJSONError
from rillet.wire.openai_responses_requests import chat_request_from_responses
from rillet.words.errors import ServerError

DATA = Path(__file__).parents[1] / "data" / "go_faults.tsv"
#: The path of a route, a body, and the answer.
FAULTS = [line.split("\t") for line in DATA.read_text("utf-8").splitlines()]
TYPES = {
    **{f"/api/{name.removesuffix('Request').lower()}": name for name in go_structs.STRUCTS},
    "/api/embeddings": "EmbeddingRequest",
}


@pytest.mark.parametrize(("path", "body", "text"), FAULTS)
def test_a_value_of_a_wrong_type_is_told_as_go_tells_it(path: str, body: str, text: str) -> None:
    types = go_structs_compat.STRUCTS
    check = types[path] if path in types else go_structs.STRUCTS[TYPES[path]]
    with pytest.raises(GoJSONError) as caught:
        decoded(body.encode(), check)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", '{"seed":-0,"temperature":1e308,"n":1e400,"tools":[null]}'),
        ("/v1/chat/completions", '{"messages":[{"tool_calls":[{"function":{"arguments":{}}}]}]}'),
        ("/v1/completions", '{"prompt":["a","b"],"top_p":3.4028235e38}'),
        ("/v1/messages", '{"messages":[{"content":"x"},{"content":null}]}'),
        (
            "/v1/responses",
            '{"input":[{"role":"x"},{"type":"reasoning"}],"tools":[{"description":null}]}',
        ),
    ],
)
def test_what_go_or_we_take(path: str, body: str) -> None:
    assert decoded(body.encode(), go_structs_compat.STRUCTS[path])


def test_the_schema_of_a_tool_is_told_with_its_place() -> None:
    fault = "json: cannot unmarshal number into Go"
    asked = {
        "model": "a",
        "max_tokens": 1,
        "messages": [{"role": "user", "content": "x"}],
        "tools": [{"name": 'f"', "input_schema": 7}],
    }
    with pytest.raises(ServerError) as caught:
        chat_request_from_anthropic(asked)
    assert caught.value.message == (
        rf'invalid input_schema for tool "f\"": {fault} value of type api.ToolFunctionParameters'
    )
    tool = {"type": "function", "name": "f", "parameters": {"type": 7}}
    with pytest.raises(ServerError) as caught:
        chat_request_from_responses({"model": "a", "input": "x", "tools": [tool]})
    assert caught.value.message == (
        f"failed to unmarshal tool parameters: {fault} struct field ToolFunctionParameters.type"
        " of type string"
    )


def test_what_is_taken_can_be_written_again() -> None:
    """As an engine's body, or a record: also a number that no float holds."""
    body = b'{"messages":[{"content":"hi"}],"tools":[{"function":{"name":"f","strict":1e400}}]}'
    value = decoded(body, go_structs_compat.STRUCTS["/v1/chat/completions"])
    assert b'"strict":null' in msgspec.json.encode(value)
