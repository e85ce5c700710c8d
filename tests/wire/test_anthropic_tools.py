"""Tools of the Messages API that come without a schema."""

from typing import Any

import pytest

from rillet.wire.anthropic import chat_request_from_anthropic
from rillet.wire.go_tools import check_tool

BODY: dict[str, Any] = {
    "model": "m",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "hi"}],
}


@pytest.mark.parametrize(
    ("type", "name", "properties", "required"),
    [
        ("bash_20250124", "bash", {"command", "restart"}, []),
        (
            "text_editor_20250728",
            "str_replace_based_edit_tool",
            {"command", "path", "old_str", "new_str", "view_range", "insert_line"},
            ["command", "path"],
        ),
        ("memory_20250818", "memory", {"command", "path", "old_path"}, ["command"]),
    ],
)
def test_what_a_client_carries_out_is_offered_with_the_schema_that_it_has(
    type: str, name: str, properties: set[str], required: list[str]
) -> None:
    (tool,) = chat_request_from_anthropic({**BODY, "tools": [{"type": type, "name": name}]}).tools
    check_tool(tool)
    assert tool["function"]["name"] == name
    assert properties <= set(tool["function"]["parameters"]["properties"])
    assert tool["function"]["parameters"]["required"] == required


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "web_search_20250305", "name": "web_search"},
        {"type": "code_execution_20250825", "name": "code_execution"},
        {"type": "computer_20250124", "name": "computer", "display_width_px": 1, "x": 2},
        {"type": "bash_20250124"},
        {"name": "bash"},
        None,
    ],
)
def test_what_it_does_not_is_left_out(tool: Any) -> None:
    assert not chat_request_from_anthropic({**BODY, "tools": [tool]}).tools
