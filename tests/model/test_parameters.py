"""Parameters: their types, from JSON and as texts."""

from typing import Any

import pytest

from rillet.model.parameters import check_parameters, parameters_text, parse_parameter
from rillet.words.errors import InvalidRequest


def test_types_from_json() -> None:
    values = {
        "top_k": 3.9,
        "temperature": 1,
        "use_mmap": False,
        "stop": ["a"],
        "seed": None,
        "x": {},
    }
    assert check_parameters(values) == {
        "top_k": 3,
        "temperature": 1.0,
        "use_mmap": False,
        "stop": ["a"],
    }


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("temperature", "hot", 'option "temperature" must be of type float32'),
        ("temperature", True, 'option "temperature" must be of type float32'),
        ("temperature", float("nan"), 'option "temperature" must be of type float32'),
        ("temperature", 10**400, 'option "temperature" must be of type float32'),
        ("top_k", "1", 'option "top_k" must be of type integer'),
        ("top_k", 1e30, 'option "top_k" must be of type integer'),
        ("top_k", float("inf"), 'option "top_k" must be of type integer'),
        ("use_mmap", 1, 'option "use_mmap" must be of type boolean'),
        ("stop", "a", 'option "stop" must be of type array'),
        ("stop", ["a", 1], 'option "stop" must be of an array of strings'),
    ],
)
def test_wrong_types(name: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_parameters({name: value})
    assert caught.value.message == message


def test_the_text_for_show() -> None:
    values = {"temperature": 0.5, "stop": ["x y", '<"\n>'], "top_k": 7, "use_mmap": True}
    assert parameters_text(values).split("\n") == [
        "temperature                    0.5",
        'stop                           "x y"',
        'stop                           "<\\"\\n>"',
        "top_k                          7",
        "use_mmap                       true",
    ]


def test_the_last_line_of_a_modelfile_counts_but_stops_add_up() -> None:
    assert parse_parameter("top_k", ["1", "2"]) == 2
    assert parse_parameter("stop", ["1", "2"]) == ["1", "2"]
    assert parse_parameter("numa", ["1"]) is None
