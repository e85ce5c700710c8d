"""What a text that should be JSON lacks, as a real Ollama 0.33 said it of arguments of a call."""

import pytest

from rillet.wire.go_scanner import unmarshal_fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "unexpected end of JSON input"),
        ("[1", "unexpected end of JSON input"),
        ('{"a":"b', "unexpected end of JSON input"),
        ('{"a":1} x', "invalid character 'x' after top-level value"),
        ('{"a":1}{"b":2}', "invalid character '{' after top-level value"),
        ("{a:1}", "invalid character 'a' looking for beginning of object key string"),
        ("{'a':1}", r"invalid character '\'' looking for beginning of object key string"),
        ('{"a":01}', "invalid character '1' after object key:value pair"),
        ("nul", "invalid character ' ' in literal null (expecting 'l')"),
        ("-", "invalid character ' ' in numeric literal"),
        ("1.", "invalid character ' ' after decimal point in numeric literal"),
        ('{"a":1}', None),
        (" [] ", None),
        ("12", None),
    ],
)
def test_a_text_that_should_be_one_value(text: str, fault: str | None) -> None:
    assert unmarshal_fault(text) == fault
