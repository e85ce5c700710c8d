"""From what a caller writes to a request, and what is refused before anything is sent."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import msgspec
import pytest

from rillet.client.asking import (
    answer_schema,
    chat_request,
    embed_request,
    generate_request,
    image_base64,
    message,
)
from rillet.words.errors import InvalidRequest
from rillet.words.requests import Message


def chat(*messages: Any, **options: Any) -> Any:
    return msgspec.to_builtins(chat_request("m", messages, options))  # type: ignore[arg-type]


def test_messages_in_all_their_forms() -> None:
    class Model:
        def model_dump(self, exclude_none: bool) -> Any:
            return {"role": "assistant", "content": "c", "unknown": 1}

    given = [Message(role="user", content="a"), {"role": "user", "content": "b"}, Model()]
    assert [m["content"] for m in chat(*given)["messages"]] == ["a", "b", "c"]
    with pytest.raises(InvalidRequest, match="content"):
        message({"role": "user", "content": 5})
    with pytest.raises(InvalidRequest, match="'Hi' is no message"):
        chat("Hi")
    with pytest.raises(InvalidRequest, match="role"):
        message({"content": "x"})


def test_images_in_all_their_forms(tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(b"png")
    coded = base64.b64encode(b"png").decode()
    for image in (b"png", tmp_path / "p.png", str(tmp_path / "p.png"), coded):
        assert image_base64(image) == coded
    long = base64.b64encode(bytes(2000)).decode()
    assert image_base64(long) == long
    for wrong in ("nowhere.png", "not base64!", "x" * 5001):
        with pytest.raises(InvalidRequest, match="No such image file"):
            image_base64(wrong)
    with pytest.raises(InvalidRequest, match="No such image file"):
        image_base64(tmp_path / "none.png")


def test_formats_in_all_their_forms() -> None:
    class Struct(msgspec.Struct):
        age: int

    @dataclass
    class Data:
        age: int

    class Typed(TypedDict):
        age: int

    class Pydantic:
        @classmethod
        def model_json_schema(cls) -> Any:
            return {"title": "own"}

    for shape in (Struct, Data, Typed):
        assert "age" in str(answer_schema(shape))
    assert answer_schema(Pydantic) == {"title": "own"}
    assert answer_schema("json") == "json"
    assert answer_schema({"type": "object"}) == {"type": "object"}
    with pytest.raises(InvalidRequest, match="no JSON schema"):
        answer_schema(object())


def test_options_and_defaults() -> None:
    sent = chat({"role": "user"}, options={"seed": 1}, keep_alive="5m", think="low", format=None)
    assert sent["options"] == {"seed": 1} and "format" not in sent
    request = generate_request("m", "p", {"images": [b"x"], "raw": True, "context": [1]})
    assert request.images == ["eA=="] and request.raw and request.context == [1]
    assert embed_request("m", ("a", "b"), {"dimensions": 3}).input == ["a", "b"]


def test_what_is_no_option_is_named() -> None:
    with pytest.raises(InvalidRequest, match="ChatRequest has no temperature"):
        chat({"role": "user"}, temperature=1)
    with pytest.raises(InvalidRequest, match="EmbedRequest has no foo"):
        embed_request("m", "a", {"foo": 1})
    with pytest.raises(InvalidRequest, match="keep_alive"):
        chat({"role": "user"}, keep_alive=[1])


def test_what_is_none_in_a_message_is_not_said() -> None:
    given = {"role": "assistant", "content": None, "tool_calls": None, "images": None}
    assert message(given) == Message(role="assistant")
