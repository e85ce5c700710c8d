"""Speech over a real socket: the form, what is asked of the model, what comes back."""

import base64

import pytest

from rillet.words.errors import ServerError

from .conftest import Running

PATH = "/v1/audio/transcriptions"
KIND = {"Content-Type": "multipart/form-data; boundary=XX"}


def form(file: bytes | None = b"RIFF", /, **fields: str) -> bytes:
    parts = [
        f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if file is not None:
        head = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
        parts.append(head + file + b"\r\n")
    return b"".join(parts) + b"--XX--\r\n"


async def test_the_words_of_a_recording(server: Running) -> None:
    body = form(model="tiny", language="German", prompt="Rain")
    answer = await server.ask("POST", PATH, body, KIND)
    assert (answer.status, answer.json()) == (200, {"text": "Hello"})
    (request,) = server.operations.asked
    system, user = request.messages
    assert "German" in system.content and "Rain" in system.content
    assert user.images == [base64.b64encode(b"RIFF").decode()]
    assert request.options == {"temperature": 0}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PATH, form(model="tiny", response_format="text")),
        (f"{PATH}?response_format=text", form(model="tiny", response_format="json")),
    ],
)
async def test_the_words_alone(server: Running, path: str, body: bytes) -> None:
    answer = await server.ask("POST", path, body, KIND)
    assert (answer.headers["content-type"], answer.body) == ("text/plain", b"Hello")


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("", b"", 400, "failed to parse multipart form: multipart: NextPart: EOF"),
        ("", form(), 400, "model is required"),
        ("", form(model=""), 400, "model is required"),
        ("", form(None, model="tiny"), 400, "file is required: http: no such file"),
        ("", form(None, model="tiny", file="x"), 400, "file is required: http: no such file"),
        ("", form(b"", model="nope"), 400, "audio file is empty"),
        ("", form(model="nope"), 404, "model 'nope' not found"),
        ("", form(model=".."), 400, "invalid model name"),
        ("?model=nope", form(), 404, "model 'nope' not found"),
        ("?model=nope", form(model="tiny"), 404, "model 'nope' not found"),
        ("?model=", form(model="tiny"), 400, "model is required"),
        ("?model=tiny", form(model="nope"), 200, None),
    ],
)
async def test_forms_that_lack_something(
    server: Running, path: str, body: bytes, status: int, message: str | None
) -> None:
    answer = await server.ask("POST", PATH + path, body, KIND)
    error = answer.json().get("error") or {}
    assert (answer.status, error.get("message")) == (status, message)


async def test_an_engines_refusal_is_told(server: Running) -> None:
    server.operations.error = ServerError('"tiny" does not support images', status=400)
    answer = await server.ask("POST", PATH, form(model="tiny"), KIND)
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
