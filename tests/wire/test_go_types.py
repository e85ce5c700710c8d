"""What Go's decoder says of a value, and what it leaves of it."""

from rillet.wire.go_types import fault_of, integer, string, struct

KIND = struct("x.Kind", {"name": string, "inner": struct("x.Inner", {"count": integer})})


def test_fields_have_their_known_names_afterwards() -> None:
    value = {"Name": "a", "INNER": {"Count": 1}, "Other": 2}
    assert fault_of(value, KIND) is None
    assert value == {"name": "a", "inner": {"count": 1}, "Other": 2}


def test_of_two_equal_fields_the_last_one_counts_that_says_something() -> None:
    for value, name in (
        ({"name": "a", "Name": "b"}, "b"),
        ({"Name": "b", "name": "a"}, "a"),
        ({"name": "a", "Name": None}, "a"),
        ({"Name": None, "name": "a"}, "a"),
    ):
        assert fault_of(value, KIND) is None
        assert value == {"name": name}
