"""Parameters as texts, both ways."""

from rillet.model.parameters import parameters_text, parse_parameter


def test_the_text_for_show() -> None:
    values = {"temperature": 0.5, "stop": ["x y", '<"\n>'], "top_k": 7, "use_mmap": True}
    assert parameters_text(values).split("\n") == [
        "temperature                    0.5",
        'stop                           "x y"',
        'stop                           "<\\"\\n>"',
        "top_k                          7",
        "use_mmap                       true",
    ]


def test_an_object_is_shown_as_json() -> None:
    assert parameters_text({"foo": {"a": [1, True]}}).split() == ["foo", '{"a":[1,true]}']


def test_the_last_line_of_a_modelfile_counts_but_stops_add_up() -> None:
    assert parse_parameter("top_k", ["1", "2"]) == 2
    assert parse_parameter("stop", ["1", "2"]) == ["1", "2"]
    assert parse_parameter("numa", ["1"]) is None
