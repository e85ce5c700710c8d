import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rillet.service.options import Options, check_answering, layered
from rillet.words.errors import ServerError


def test_later_layers_win_and_null_keeps() -> None:
    found = layered({"temperature": 0.1, "top_k": 5}, {"temperature": None, "top_k": 7}, None)
    assert (found.temperature, found.top_k, found.top_p) == (0.1, 7, 0.9)


def test_unknown_names_are_nobodys_business() -> None:
    assert layered({"mirostat": 2, "nothing": object()}) == Options()


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("num_ctx", "1", "integer"),
        ("num_ctx", True, "integer"),
        ("seed", math.inf, "integer"),
        ("draft_num_predict", "4", "integer"),
        ("num_ctx", math.nan, "integer"),
        ("temperature", "hot", "float32"),
        ("temperature", False, "float32"),
        ("use_mmap", 1, "boolean"),
        ("stop", "x", "array"),
    ],
)
def test_a_wrong_type_is_said_as_ollama_says_it(name: str, value: object, kind: str) -> None:
    with pytest.raises(ServerError) as caught:
        layered({name: value})
    assert caught.value.message == f'option "{name}" must be of type {kind}'
    assert caught.value.status == 500


@pytest.mark.parametrize("penalty", [0, -1, -1e30])
def test_a_penalty_that_no_engine_can_divide_by(penalty: float) -> None:
    with pytest.raises(ServerError, match="repeat_penalty must be greater than 0") as caught:
        check_answering(layered({"repeat_penalty": penalty}))
    assert caught.value.status == 400


def test_stops_are_texts() -> None:
    with pytest.raises(ServerError, match="array of strings"):
        layered({"stop": ["a", 1]})


@pytest.mark.parametrize(
    ("stops", "said"),
    [(["x"] * 1001, "more than 1000 strings"), (["x" * 50_001] * 2, "more than 100000 characters")],
)
def test_stops_are_bounded(stops: list[str], said: str) -> None:
    with pytest.raises(ServerError, match=said) as caught:
        layered({"stop": stops})
    assert caught.value.status == 400
    assert layered({"stop": ["x" * 100] * 1000}).stop


def test_whole_numbers_are_cut_and_kept_within_64_bits() -> None:
    assert layered({"num_predict": 3.9}).num_predict == 3
    assert layered({"num_predict": 10**40}).num_predict == (1 << 63) - 1
    assert layered({"num_predict": 1e30}).num_predict == (1 << 63) - 1
    assert layered({"num_predict": -(10**40)}).num_predict == -(1 << 63)


numbers = some.integers() | some.floats()
values = numbers | some.text() | some.booleans() | some.none() | some.lists(some.text())


@given(some.dictionaries(some.sampled_from(Options.__struct_fields__), values))
def test_any_value_is_taken_or_refused(layer: dict[str, object]) -> None:
    try:
        found = layered(layer)
    except ServerError as error:
        assert error.status == 500
    else:
        assert -(1 << 63) <= found.seed < 1 << 63
        assert abs(found.temperature) <= 3.5e38 or math.isnan(found.temperature)
