"""Under the name by which some programs import it, though it is not meant for them."""

from collections.abc import Callable
from typing import Any

from rillet.client.tools import tool_schema
from rillet.ollama.types import Tool


def convert_function_to_tool(func: Callable[..., Any]) -> Tool:
    """A function as a tool, by its signature and its docstring."""
    return Tool.model_validate(tool_schema(func))
