"""Turns and images in all their forms, also those of OpenAI's programs."""

import base64
from pathlib import Path
from typing import Any

import pytest

from rillet.client.images import image_base64, images_base64
from rillet.client.messages import message, messages
from rillet.words.errors import InvalidRequest
from rillet.words.events import ToolCall
from rillet.words.replies import Reply
from rillet.words.requests import Message, MessageToolCall, ToolCallFunction

CODED = base64.b64encode(b"png").decode()


def test_messages_in_all_their_forms() -> None:
    class Model:
        def model_dump(self, exclude_none: bool) -> Any:
            return {"role": "assistant", "content": "c", "unknown": 1}

    given = [Message(role="user", content="a"), {"role": "user", "content": "b"}, Model()]
    assert [each.content for each in messages(given)] == ["a", "b", "c"]
    with pytest.raises(InvalidRequest, match="content"):
        message({"role": "user", "content": 5})
    with pytest.raises(InvalidRequest, match="'Hi' is no message"):
        messages(["Hi"])  # type: ignore[list-item]
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


@pytest.mark.parametrize("wrong", ["Hi", {"role": "user", "content": "Hi"}, None, 5])
def test_a_chat_is_a_list_of_turns(wrong: Any) -> None:
    with pytest.raises(InvalidRequest, match="give a list like"):
        messages(wrong)


def test_a_reply_is_a_turn() -> None:
    reply = Reply("a", "b", (ToolCall("f", {"x": 1}, "id", 2),))
    call = MessageToolCall(ToolCallFunction("f", {"x": 1}, 2), "id")
    assert message(reply) == Message("assistant", "a", "b", tool_calls=[call])


def test_turns_as_openais_programs_have_them() -> None:
    seen = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{CODED}"}}
    parts = [{"type": "text", "text": "a"}, seen]
    # `[img]` marks the place of an image behind words, as in Ollama's own reading of this form.
    marked = Message("user", "a\n\n[img]", images=[CODED])
    assert message({"role": "user", "content": parts}) == marked
    function = {"name": "f", "arguments": '{"x": 1}'}
    call = {"id": "c", "type": "function", "function": function}
    read = message({"role": "assistant", "content": None, "tool_calls": [call]})
    assert read.tool_calls == [MessageToolCall(ToolCallFunction("f", {"x": 1}), "c")]
    with pytest.raises(InvalidRequest, match="image URLs are not"):
        elsewhere = {"type": "image_url", "image_url": {"url": "https://x/y.png"}}
        message({"role": "user", "content": [elsewhere]})


def test_images_of_other_types() -> None:
    for image in (bytearray(b"png"), memoryview(b"png"), f"data:image/png;base64,{CODED}"):
        assert image_base64(image) == CODED
    assert images_base64(b"png") == images_base64([b"png"]) == [CODED]
    for wrong, told in ((5, "not 5"), (None, "not None"), ("https://x/y.png", "not fetched")):
        with pytest.raises(InvalidRequest, match=told):
            image_base64(wrong)
    with pytest.raises(InvalidRequest, match="a list of paths"):
        images_base64(5)


def test_what_is_none_in_a_message_is_not_said() -> None:
    given = {"role": "assistant", "content": None, "tool_calls": None, "images": None}
    assert message(given) == Message(role="assistant")
