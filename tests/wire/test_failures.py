import json

import pytest

from rillet.wire.failures import (
    NO_BEGINNING,
    NO_FORM,
    NO_SUCH_CALL,
    error_from_record,
    error_from_response,
    retry_after,
    web_page,
)
from rillet.words.errors import Busy, ModelNotFound, RilletError, ServerError, Unauthorized

PAGE = b"<!doctype html><html><head>\n<title>502 Bad\n  Gateway &amp; more</title></head></html>"


def answer(
    status: int, body: object = b"", headers: dict[str, str] | None = None, model: str = "m"
) -> RilletError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    error = error_from_response(status, headers or {}, data, model=model)
    assert isinstance(error, ServerError)
    assert error.status == status
    return error


ENGINE = {"error": {"code": 400, "message": "request (99 tokens) is too long", "type": "x"}}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": "invalid model name"}, "invalid model name"),
        ({"error": {"message": "too long", "type": "t", "code": None}}, "too long"),
        ({"type": "error", "error": {"type": "t", "message": "too long"}}, "too long"),
        ({"error": json.dumps(ENGINE)}, "request (99 tokens) is too long"),
        ({"error": json.dumps({"error": json.dumps(ENGINE)})}, "request (99 tokens) is too long"),
        ({"detail": "Not allowed"}, "Not allowed"),
        ({"success": False, "errors": [{"message": "a"}, {"message": "b"}]}, "a; b"),
        (
            {"detail": [{"loc": ["body", "model"], "msg": "Field required", "type": "missing"}]},
            "body.model: Field required",
        ),
        ({"object": "error", "message": "from an older vLLM", "code": 400}, "from an older vLLM"),
        ({"error": {"message": {"error": "deep"}}}, "deep"),
        ({"error": '{"not json'}, '{"not json'),
        (b"plain words\n", "plain words"),
        (b'\xef\xbb\xbf{"error": "with a mark"}', "with a mark"),
        (b'{"error": "bad \xff byte"}', "bad \ufffd byte"),
        (b'{"error": "half \\ud83d"}', "half \ufffd"),
        (b"x" * 10_000, "x" * 500),
        (b"", "The server answered 400 Bad Request"),
        ({}, "The server answered 400 Bad Request"),
        ({"error": None}, "The server answered 400 Bad Request"),
        ([], "The server answered 400 Bad Request"),
        (b"5", "The server answered 400 Bad Request"),
        (
            PAGE,
            "The server answered 400 Bad Request with a web page titled “502 Bad Gateway & more”",
        ),
        (b"<p>no title", "The server answered 400 Bad Request with a web page"),
        (b"[" * 100_000, "[" * 500),
    ],
)
def test_the_message_is_found(body: object, message: str) -> None:
    error = answer(400, body)
    assert error.message == message
    assert type(error) is ServerError


@pytest.mark.parametrize(
    "body",
    [
        {"error": "model 'nope' not found"},
        {"error": 'model "nope" not found, try pulling it first'},
        {"error": {"message": "The model `nope` does not exist.", "type": "NotFoundError"}},
        {"error": {"message": "model 'nope' not found", "type": "not_found_error"}},
    ],
)
def test_a_model_that_is_not_there_comes_with_the_command_that_gets_it(body: object) -> None:
    error = error_from_response(404, {}, json.dumps(body).encode(), model=None)
    assert isinstance(error, ModelNotFound)
    assert error.hint == "Get it with: rillet pull nope"
    named = answer(404, body, model="mine:7b")
    assert named.hint == "Get it with: rillet pull mine:7b"


@pytest.mark.parametrize("body", [b"404 page not found", b"", PAGE, b'{"detail":"Not Found"}'])
def test_an_address_that_is_not_there_is_no_model_that_is_not_there(body: bytes) -> None:
    error = answer(404, body)
    assert type(error) is ServerError
    assert "/v1" in error.hint


@pytest.mark.parametrize("status", [401, 403])
def test_credentials(status: int) -> None:
    error = answer(status, {"error": {"message": "bad key"}})
    assert isinstance(error, Unauthorized)
    assert error.message == "bad key"
    assert "key" in error.hint


def test_an_empty_403_is_what_ollama_says_to_a_strange_origin() -> None:
    assert "OLLAMA_ORIGINS" in answer(403).hint


def test_no_key_opens_what_is_switched_off() -> None:
    assert not answer(403, {"error": "ollama cloud is disabled: web search is unavailable"}).hint


@pytest.mark.parametrize("status", [429, 503, 529])
def test_busy_with_the_wish_of_the_server(status: int) -> None:
    error = answer(status, {"error": "server busy"}, {"Retry-After": "2"})
    assert isinstance(error, Busy)
    assert error.retry_after == 2.0
    assert answer(status).retry_after is None  # type: ignore[attr-defined]


NOW = 784111777.0  # 1994-11-06 08:49:37 UTC, the date of RFC 9110


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0.5 ", 0.5),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        ("Sun, 06 Nov 1994 08:50:37 GMT", 60.0),
        ("Sun, 06 Nov 1994 07:49:37 GMT", 0.0),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Xxx 1994 08:49:37 GMT", None),
        ("-5", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("9" * 400, None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_a_date_needs_to_know_what_time_it_is() -> None:
    assert retry_after("Sun, 06 Nov 1994 08:49:37 GMT") is None


@pytest.mark.parametrize(("status", "word"), [(405, "address"), (413, "large"), (502, "proxy")])
def test_hints(status: int, word: str) -> None:
    assert word in answer(status).hint.lower()


@pytest.mark.parametrize(
    "body",
    [
        b"Client sent an HTTP request to an HTTPS server.\n",
        b"<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>",
    ],
)
def test_a_server_that_wants_tls_is_told_how_to_be_asked(body: bytes) -> None:
    assert "https://" in answer(400, body).hint


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        ("boom", ServerError, "boom"),
        ({"message": "boom", "code": 500}, ServerError, "boom"),
        ({"type": "overloaded_error", "message": "Overloaded"}, Busy, "Overloaded"),
        ({"type": "authentication_error", "message": "no"}, Unauthorized, "no"),
        ("server busy, please try again.", Busy, "server busy, please try again."),
        (json.dumps(ENGINE), ServerError, "request (99 tokens) is too long"),
        (
            {"message": "got exception: Unexpected empty grammar stack after accepting piece: x"},
            ServerError,
            NO_SUCH_CALL,
        ),
        (
            "The model produced output that does not match the expected peg-native format",
            ServerError,
            NO_FORM,
        ),
        ("Failed to initialize samplers: std::exception", ServerError, NO_BEGINNING),
        (5, ServerError, "The server reported an error and did not say which"),
        ({}, ServerError, "The server reported an error and did not say which"),
    ],
)
def test_errors_in_mid_stream(error: object, kind: type[RilletError], message: str) -> None:
    result = error_from_record(error)
    assert type(result) is kind
    assert result.message == message
    assert result.status is None  # type: ignore[attr-defined]


def test_a_web_page_with_a_good_status_names_itself() -> None:
    assert "“502 Bad Gateway & more”" in str(web_page(PAGE))
