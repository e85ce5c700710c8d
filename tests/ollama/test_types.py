"""The values: items and attributes, what is there and what is not, and back to JSON."""

from datetime import UTC, datetime

import pydantic
import pytest

import rillet.ollama as ollama
from rillet.ollama.part import Part


def test_items_and_attributes_are_the_same() -> None:
    message = ollama.Message(role="user", content="x")
    assert message["role"] == message.role == message.get("role") == "user"
    assert "content" in message and "images" not in message and "nothing" not in message
    assert message.get("images") is None and message.get("nothing", 3) == 3
    for absent in ("images", "nothing"):
        with pytest.raises(KeyError, match=absent):
            message[absent]
    message["content"] = "y"
    assert message.content == "y"
    assert dict(message)["content"] == "y"
    assert message == ollama.Message(role="user", content="y")


def test_what_is_inside_may_be_given_as_mappings() -> None:
    response = ollama.ChatResponse(message={"role": "assistant", "content": "hi"})  # type: ignore[arg-type]
    assert response.message.content == "hi"
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    message = ollama.Message(role="assistant", tool_calls=[call])  # type: ignore[list-item]
    assert message.tool_calls is not None
    assert message.tool_calls[0].function.arguments == {"a": 1}
    assert isinstance(message.tool_calls[0], ollama.Message.ToolCall)


def test_dumps() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    listed = ollama.ListResponse(models=[ollama.ListResponse.Model(model="m", modified_at=moment)])
    dumped = listed.model_dump(exclude_none=True)
    assert dumped == {"models": [{"model": "m", "modified_at": moment}]}
    text = listed.model_dump_json(exclude_none=True)
    assert text == '{"models":[{"model":"m","modified_at":"2026-01-02T00:00:00Z"}]}'
    assert ollama.ListResponse.model_validate_json(text) == listed
    assert ollama.ListResponse.model_validate(dumped) == listed
    assert "\n" in listed.model_dump_json(indent=2)


def test_a_tool_written_out() -> None:
    kinds = ollama.Tool.Function
    tool = ollama.Tool(
        function=kinds(
            name="f",
            description="does",
            parameters=kinds.Parameters(
                required=["a"], properties={"a": kinds.Parameters.Property(type="integer")}
            ),
        )
    )
    assert tool.model_dump(exclude_none=True) == {
        "type": "function",
        "function": {
            "name": "f",
            "description": "does",
            "parameters": {
                "type": "object",
                "required": ["a"],
                "properties": {"a": {"type": "integer"}},
            },
        },
    }


def test_errors_say_what_they_said() -> None:
    error = ollama.ResponseError("no", 404)
    assert (str(error), error.error, error.status_code) == ("no (status code: 404)", "no", 404)
    assert ollama.ResponseError("no").status_code == -1


@pytest.mark.parametrize("name", ollama.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(ollama, name) is not None


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError):
        ollama.nothing  # noqa: B018
    assert not issubclass(ollama.Image, Part)


def test_inside_a_model_of_pydantic() -> None:
    class Turn(pydantic.BaseModel):
        message: ollama.Message
        response: ollama.ChatResponse | None = None

    turn = Turn(message={"role": "user", "content": "x"})  # type: ignore[arg-type]
    assert turn.message.content == "x"
    assert turn.model_dump(exclude_none=True) == {"message": {"role": "user", "content": "x"}}
    assert turn.model_dump()["message"]["images"] is None
    assert Turn.model_validate_json(turn.model_dump_json()) == turn
    message = Turn.model_json_schema()["properties"]["message"]
    assert message["required"] == ["role"]
    assert message["properties"]["role"] == {"type": "string"}
    assert message == ollama.Message.model_json_schema()


async def test_what_programs_reach_for_inside_a_client() -> None:
    client = ollama.AsyncClient("http://somewhere:1", headers={"X-A": "b"})
    assert str(client._client.base_url) == "http://somewhere:1"
    assert client._client.headers["x-a"] == "b"
    await client._client.aclose()
    ollama.Client()._client.close()
