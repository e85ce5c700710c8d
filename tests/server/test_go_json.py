"""Bodies as Go reads them: its texts in tables, and agreement with a JSON library on anything."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.server.go_json import first_value
from rillet.server.ollama_bodies import fields_of
from rillet.wire.go_scanner import MAX_DEPTH, GoJSONError, complain

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)

LEVELS = '"high", "medium", "low", "max", true, or false'
TOO_LARGE = ("number 9223372036854775808", "GenerateRequest.context", "int")


def complaint(data: bytes, body: str = "ChatRequest") -> str:
    with pytest.raises(GoJSONError) as caught:
        fields_of(data, body)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "EOF"),
        (b" \n", "EOF"),
        (b'{"model":"x"', "unexpected EOF"),
        (b"{", "unexpected EOF"),
        (b'{"a":tr', "unexpected EOF"),
        (b"{model:1}", "invalid character 'm' looking for beginning of object key string"),
        (b"{'a':1}", r"invalid character '\'' looking for beginning of object key string"),
        (b'{"a":1 /*', "invalid character '/' after object key:value pair"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a":NaN}', "invalid character 'N' looking for beginning of value"),
        (b'{"a":-Infinity}', "invalid character 'I' in numeric literal"),
        (b'{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b"[1,]", "invalid character ']' looking for beginning of value"),
        (b"model=x", "invalid character 'm' looking for beginning of value"),
        (b'{"a":tru}', "invalid character '}' in literal true (expecting 'e')"),
        (b'{"a":-}', "invalid character '}' in numeric literal"),
        (b'{"a":1.}', "invalid character '}' after decimal point in numeric literal"),
        (b'{"a":1e}', "invalid character '}' in exponent of numeric literal"),
        (rb'{"a":"\x"}', "invalid character 'x' in string escape code"),
        (rb'{"a":"\u12g4"}', r"invalid character 'g' in \u hexadecimal character escape"),
        (b'{"a":"\n"}', r"invalid character '\n' in string literal"),
        (b"\xc3\xa4", "invalid character 'Ã' looking for beginning of value"),
        (b"\x00", r"invalid character '\x00' looking for beginning of value"),
        (b"[" * 100_000, "exceeded max depth"),
        (b'{"options":' + b'{"a":' * 100_000, "exceeded max depth"),
    ],
)
def test_what_is_wrong_with_a_text(data: bytes, text: str) -> None:
    assert complaint(data) == text


@pytest.mark.parametrize(
    ("data", "got", "place", "wanted"),
    [
        ('{"options":"x"}', "string", "GenerateRequest.options", "map[string]interface {}"),
        ('{"messages":"x"}', "string", "ChatRequest.messages", "[]api.Message"),
        ('{"messages":["x"]}', "string", "ChatRequest.messages", "api.Alias"),
        ('{"messages":[{"content":[]}]}', "array", "ChatRequest.messages.content", "string"),
        ('{"model":7}', "number", "GenerateRequest.model", "string"),
        ('{"model":7,"model":"a"}', "number", "GenerateRequest.model", "string"),
        ('{"model":1.5,"model":[],"model":"a"}', "number", "GenerateRequest.model", "string"),
        ('{"context":[1.5],"context":[]}', "number 1.5", "GenerateRequest.context", "int"),
        ('{"stream":"true"}', "string", "ChatRequest.stream", "bool"),
        ('{"context":[1.5]}', "number 1.5", "GenerateRequest.context", "int"),
        ('{"context":[9223372036854775808]}', *TOO_LARGE),
        ('{"files":["a"]}', "array", "CreateRequest.files", "map[string]string"),
        ('{"tools":["a"]}', "string", "ChatRequest.tools", "api.Tool"),
        ('{"images":"x"}', "string", "GenerateRequest.images", "[]api.ImageData"),
    ],
)
def test_a_value_of_the_wrong_type(data: str, got: str, place: str, wanted: str) -> None:
    text = f"json: cannot unmarshal {got} into Go struct field {place} of type {wanted}"
    assert complaint(data.encode(), place.partition(".")[0]) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("[]", "json: cannot unmarshal array into Go value of type api.ChatRequest"),
        ('{"think":7,"think":true}', f"think must be a boolean or string ({LEVELS})"),
        ('{"keep_alive":[],"keep_alive":1}', "Unsupported type: '[]interface {}'"),
        ("true", "json: cannot unmarshal bool into Go value of type api.ChatRequest"),
        ('{"think":"maybe"}', f'invalid think value: "maybe" (must be {LEVELS})'),
        ('{"think":7}', f"think must be a boolean or string ({LEVELS})"),
        ('{"keep_alive":true}', "Unsupported type: 'bool'"),
        ('{"keep_alive":{}}', "Unsupported type: 'map[string]interface {}'"),
        ('{"keep_alive":"300"}', 'time: missing unit in duration "300"'),
        (
            '{"messages":[{"tool_calls":[{"function":{"arguments":"{a"}}]}]}',
            "Value looks like object, but can't find closing '}' symbol",
        ),
    ],
)
def test_a_value_that_means_nothing(data: str, text: str) -> None:
    assert complaint(data.encode()) == text


@pytest.mark.parametrize(
    ("data", "model"),
    [
        (b'{"model":"a"} trailing', "a"),
        (b'{"model":"a"}{"model":"b"}', "a"),
        (b'{"MODEL":"a"}', "a"),
        (b'{"model":"a","MODEL":"b"}', "b"),
        (b'{"model":"a","model":"b"}', "b"),
        (b'{"model":"a","model":null,"x":[{"y":1}]}', "a"),
        (b'{"model":"a","model":"b","model":"c","MODEL":null}', "c"),
        (b'{"name":"a"}', "a"),
        (b'{"name":"a","model":"b"}', "b"),
        (b'{"model":"\xff"}', "\ufffd"),
        (b'{"model":"\xf0\x9f\x98-\xed\xa0\x80"}', "\ufffd\ufffd\ufffd-\ufffd\ufffd\ufffd"),
        (rb'{"model":"\ud83d\ude00"}', "😀"),
        (rb'{"model":"\ud83d"}', "\ufffd"),
        (rb'{"model":"\\ud83d"}', r"\ud83d"),
        (b"null", None),
    ],
)
def test_what_is_taken_all_the_same(data: bytes, model: str | None) -> None:
    assert fields_of(data, "ShowRequest").get("model") == model


def test_the_arguments_of_a_call_may_come_as_text() -> None:
    call = {"function": {"name": "f", "arguments": '{"a":1}'}}
    data = json.dumps({"messages": [{"role": "A", "tool_calls": [call]}]}).encode()
    (message,) = fields_of(data, "ChatRequest")["messages"]
    assert message.role == "a"
    assert message.tool_calls[0].function.arguments == {"a": 1}


@pytest.mark.parametrize(
    ("value", "kept"), [("1e18", 9223372036), ("-1e18", -9223372036), ("1e-10", 0), ("-0.0", 0)]
)
def test_a_keep_alive_is_kept_within_what_a_duration_holds(value: str, kept: int) -> None:
    assert fields_of(f'{{"keep_alive":{value}}}'.encode(), "ChatRequest")["keep_alive"] == kept


@given(st.binary(max_size=60), st.booleans())
def test_images_are_standard_base64(data: bytes, broken: bool) -> None:
    text = base64.b64encode(data).decode()

    def images(text: str) -> list[str]:
        found: list[str] = fields_of(json.dumps({"images": [text]}).encode(), "GenerateRequest")[
            "images"
        ]
        return found

    assert images(text) == images("\r\n".join([text[:8], text[8:]])) == [text]
    for wrong in (
        text + "!",
        "data:image/png;base64," + text,
        text.replace("=", "") if "=" in text else "a",
    ):
        with pytest.raises(GoJSONError, match="illegal base64 data at input byte"):
            images(wrong)


@given(JSON, st.booleans())
def test_every_value_is_read_and_nothing_is_wrong_with_it(value: object, ascii: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii).encode()
    complain(data)
    assert first_value(data) == first_value(data + b" !") == value


@given(st.binary(max_size=40) | st.text('{}[]",:\\u0123tfn eE+-. ', max_size=30).map(str.encode))
def test_the_scanner_agrees_with_a_library_on_what_is_json(data: bytes) -> None:
    try:
        value = first_value(data)
    except GoJSONError:
        with pytest.raises(GoJSONError):
            complain(data)
    else:
        complain(data)
        json.dumps(value).encode()


def test_the_depth_is_limited_on_both_ways() -> None:
    complain(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    with pytest.raises(GoJSONError, match="depth"):
        complain(b"[" * (MAX_DEPTH + 1))
