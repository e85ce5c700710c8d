"""Forms with files, read and refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.wire.multipart import read_form
from rillet.words.errors import ServerError

KIND = "multipart/form-data; boundary=XX"
MODEL = b'--XX\r\nContent-Disposition: form-data; name="model"\r\n\r\ntiny\r\n'
FILE = (
    b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n'
    b"Content-Type: audio/wav\r\n\r\n\x00\r\n--\xff\r\n"
)
END = b"--XX--\r\n"


def test_fields_and_files() -> None:
    for kind in (KIND, 'Multipart/Form-Data; Boundary="XX"'):
        form = read_form(kind, MODEL + FILE + MODEL.replace(b"tiny", b"other") + END)
        assert form.fields == {"model": "tiny"}
        assert form.files == {"file": b"\x00\r\n--\xff"}


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        ("", MODEL + END, "request Content-Type isn't multipart/form-data"),
        ("application/json", b"{}", "request Content-Type isn't multipart/form-data"),
        ("multipart/mixed; boundary=XX", END, "request Content-Type isn't multipart/form-data"),
        ("multipart/form-data; boundary", END, "request Content-Type isn't multipart/form-data"),
        ("multipart/form-data; boundary=", END, "request Content-Type isn't multipart/form-data"),
        ("multipart/form-data", END, "no multipart boundary param in Content-Type"),
        (KIND, b"", "multipart: NextPart: EOF"),
        (KIND, b"hello", "multipart: NextPart: EOF"),
        (KIND, (MODEL + END).replace(b"XX", b"YY"), "multipart: NextPart: EOF"),
        (KIND, MODEL + FILE, "unexpected EOF"),
        (KIND, MODEL + FILE[:-3], "unexpected EOF"),
    ],
)
def test_what_is_no_form(kind: str, data: bytes, message: str) -> None:
    with pytest.raises(ServerError) as caught:
        read_form(kind, data)
    told = f"failed to parse multipart form: {message}"
    assert (caught.value.status, caught.value.message) == (400, told)


@given(
    st.sampled_from([KIND, "multipart/form-data; boundary=-"]) | st.text(),
    st.lists(st.sampled_from([MODEL, FILE, END, b"\r\n", b"--XX", b"--", b":"]) | st.binary()),
)
def test_strangers_get_a_form_or_a_400(kind: str, pieces: list[bytes]) -> None:
    try:
        read_form(kind, b"".join(pieces))
    except ServerError as error:
        assert error.status == 400
