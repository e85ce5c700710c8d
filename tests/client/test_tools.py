"""Functions as tools: the schema says what the signature and the docstring say."""

from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pydantic
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


class Unit(Enum):
    C = "C"
    F = "F"


@dataclass
class Place:
    """A place."""

    name: str
    unit: Unit = Unit.C


class Node(pydantic.BaseModel):
    label: Annotated[str, pydantic.Field(description="what it shows")]
    unit: Unit | None = None
    children: "list[Node]" = []


def properties(function: Any) -> Any:
    return schema(function)["parameters"]["properties"]


def test_what_annotated_says_of_a_parameter() -> None:
    def function(
        a: Annotated[str, "the city"],
        b: Annotated[int, pydantic.Field(description="of days", ge=1)],
        c: Annotated[str, msgspec.Meta(description="a word")],
        d: Annotated[bool, 5],
    ) -> None:
        """Does.

        Args:
            a: not so good
            d: if so
        """

    assert properties(function) == {
        "a": {"type": "string", "description": "the city"},
        "b": {"type": "integer", "minimum": 1, "description": "of days"},
        "c": {"type": "string", "description": "a word"},
        "d": {"type": "boolean", "description": "if so"},
    }


def test_definitions_stand_where_they_are_used() -> None:
    def function(place: Place, unit: Unit = Unit.C, where: Path | None = None) -> None:
        """Does.

        Args:
            place: to look at
        """

    made = schema(function)["parameters"]
    assert "$defs" not in made
    unit = {"type": "string", "enum": ["C", "F"]}
    place = made["properties"]["place"]
    assert place["description"] == "to look at"
    assert place["properties"] == {"name": {"type": "string"}, "unit": {**unit, "default": "C"}}
    assert made["properties"]["unit"] == unit
    assert made["properties"]["where"] == {"type": "string", "format": "path"}


def test_optional_is_what_it_may_be() -> None:
    def function(
        a: list[str] | None = None,
        b: int | str | None = None,
        c: Literal["x", "y"] | None = None,
        d: Unit | None = None,
    ) -> None: ...

    made = properties(function)
    assert made["a"] == {"type": "array", "items": {"type": "string"}}
    assert made["b"] == {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    assert made["c"] == {"type": "string", "enum": ["x", "y"]}
    assert made["d"] == {"type": "string", "enum": ["C", "F"]}


def test_models_of_pydantic_and_what_holds_itself() -> None:
    def function(nodes: list[Node], root: Node | None = None) -> None: ...

    made = schema(function)["parameters"]
    node = made["$defs"]["Node"]
    assert node["properties"]["label"] == {"type": "string", "description": "what it shows"}
    assert node["properties"]["children"]["items"] == {"$ref": "#/$defs/Node"}
    assert made["properties"]["nodes"]["items"] == node
    assert made["properties"]["root"] == node


@pytest.mark.parametrize(
    "doc",
    [
        "Does.\n\nargs:\n  a (int): the\n    number\n  b: note: a text\nReturns: nothing",
        "Does.\n\nParameters\n----------\na : int\n    the\n    number\nb : str, optional\n"
        "    note: a text\n\nReturns\n-------\nstr\n    b : no parameter",
        "Does.\n\n:param int a: the\n    number\n:type a: int\n:param b: note: a text\n"
        ":returns: x\n    and more",
    ],
    ids=["Google", "NumPy", "Sphinx"],
)
def test_forms_of_docstrings(doc: str) -> None:
    def function(a: int, b: str) -> None: ...

    function.__doc__ = doc
    made = schema(function)
    assert made["description"] == "Does."
    said = {name: each.get("description") for name, each in properties(function).items()}
    assert said == {"a": "the number", "b": "note: a text"}
