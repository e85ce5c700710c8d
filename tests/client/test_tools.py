"""Functions as tools: the schema says what the signature and the docstring say."""

from functools import partial
from typing import Any, Literal

import pytest

from rillet.client.tools import tool_schema, tool_schemas
from rillet.words.errors import InvalidRequest


def schema(function: Any) -> Any:
    return tool_schema(function)["function"]


def test_signature_and_docstring() -> None:
    def forecast(city: str, days: int = 3, unit: Literal["C", "F"] = "C") -> str:
        """The weather to come.

        It is a guess.

        Args:
            city (str): the name,
                with its country
            days: how many
            unit: of degrees

        Returns:
            str: a sentence
        """
        return ""

    made = schema(forecast)
    assert made["name"] == "forecast"
    assert made["description"] == "The weather to come.\n\nIt is a guess."
    properties = made["parameters"]["properties"]
    assert made["parameters"]["required"] == ["city"]
    assert properties["city"] == {"type": "string", "description": "the name, with its country"}
    assert properties["days"]["type"] == "integer"
    assert sorted(properties["unit"]["enum"]) == ["C", "F"]


def test_types() -> None:
    def function(a: list[int], b: dict[str, float], c: str | None, d: bool, e: Any = None) -> None:
        """Does."""

    properties = schema(function)["parameters"]["properties"]
    assert properties["a"] == {"type": "array", "items": {"type": "integer"}}
    assert properties["b"]["type"] == "object"
    assert properties["c"] == {"type": "string"}
    assert properties["d"] == {"type": "boolean"}
    assert schema(function)["parameters"]["required"] == ["a", "b", "c", "d"]


def test_no_docstring_no_types_and_methods() -> None:
    class Box:
        def open(self, lid, *rest, **more):  # type: ignore[no-untyped-def]
            pass

    for function in (Box.open, Box().open):
        made = schema(function)
        assert made["parameters"]["properties"] == {"lid": {"type": "string"}}
        assert made["description"] == ""


def test_what_is_a_schema_already_stays() -> None:
    written = {"type": "function", "function": {"name": "f"}}

    class Model:
        def model_dump(self, exclude_none: bool) -> Any:
            return written

    assert tool_schemas([written, Model()]) == [written, written]  # type: ignore[list-item]
    assert tool_schemas(None) is None


def test_what_is_no_tool_is_refused() -> None:
    def odd(a: complex) -> None:
        """Does."""

    with pytest.raises(InvalidRequest, match="no JSON schema"):
        tool_schema(odd)
    with pytest.raises(InvalidRequest, match="A tool is a function"):
        tool_schema(5)  # type: ignore[arg-type]


def test_what_can_be_called_and_is_no_function() -> None:
    def add(a: int, b: int) -> int:
        """Sum."""
        return a + b

    class Adder:
        """Sums."""

        def __call__(self, a: int) -> int:
            return a

    bound = schema(partial(add, b=1))
    assert (bound["name"], bound["description"]) == ("add", "Sum.")
    assert bound["parameters"]["properties"]["a"] == {"type": "integer"}
    assert bound["parameters"]["required"] == ["a"]
    assert schema(Adder())["name"] == "Adder"
    assert schema(Adder())["parameters"]["properties"] == {"a": {"type": "integer"}}


def test_an_annotation_that_names_nothing() -> None:
    def odd(x: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(InvalidRequest, match="'Nowhere' is not defined"):
        schema(odd)
