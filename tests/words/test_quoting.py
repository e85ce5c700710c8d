import pytest

from rillet.words.quoting import quoted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", '""'),
        ("naïve 日本 😀", '"naïve 日本 😀"'),
        ('a "b" \\ c', r'"a \"b\" \\ c"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\x00\x1b\x7f", r'"\x00\x1b\x7f"'),
        ("\u200b\ue000", r'"\u200b\ue000"'),
        ("\U000e0001", r'"\U000e0001"'),
    ],
)
def test_what_does_not_print_is_escaped(text: str, shown: str) -> None:
    assert quoted(text) == shown
