import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.net.address import parse_host
from rillet.words.errors import InvalidHost


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (None, "http://127.0.0.1:11434"),
        ("", "http://127.0.0.1:11434"),
        (" \t", "http://127.0.0.1:11434"),
        (":", "http://127.0.0.1:11434"),
        (":56789", "http://127.0.0.1:56789"),
        ("example.com", "http://example.com:11434"),
        ("example.com:", "http://example.com:11434"),
        ("example.com:56789", "http://example.com:56789"),
        ("http://example.com", "http://example.com:80"),
        ("http://", "http://127.0.0.1:80"),
        ("https://example.com", "https://example.com:443"),
        ("HTTPS://example.com:1", "https://example.com:1"),
        ("https://example.com/", "https://example.com:443"),
        ("example.com/ollama", "http://example.com:11434/ollama"),
        ("https://example.com/a/b/", "https://example.com:443/a/b"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:1337", "http://[::1]:1337"),
        ("::1", "http://[::1]:11434"),
        ("2001:db8::7", "http://[2001:db8::7]:11434"),
        ("'example.com:1'", "http://example.com:1"),
        ('" http://example.com "', "http://example.com:80"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("http://[::]:9", "http://[::1]:9"),
        ("ollama.com", "https://ollama.com:443"),
        ("bücher.example", "http://xn--bcher-kva.example:11434"),
        ("http://u:p@example.com", "http://example.com:80"),
        ("unix:///run/x.sock", "unix:///run/x.sock"),
        ("unix:/run/x.sock", "unix:///run/x.sock"),
    ],
)
def test_hosts_are_read_as_ollama_reads_them(text: str | None, url: str) -> None:
    target = parse_host(text)
    assert target.url == url
    assert target.note is None
    if text:
        assert parse_host(url) == parse_host(parse_host(url).url)


@pytest.mark.parametrize(
    "text",
    [
        *("h:0", "h:65536", "h:99999", "h:-1", "h:x", "h:1:2", "tcp://h", "ftp://h", "://h", "h h"),
        *("http://h?x", "http://h#x", "[::1", "[zz]", "[::1]x", "a..b", "a" * 64, "h\nx", "h\x00"),
        *("unix:x", "unix://", "unix:///" + "x" * 200, "http://h\\x"),
        *("http//h", "http:/h:1", "HTTPS//h", "https:/h"),
    ],
)
def test_what_cannot_be_read_is_an_error_and_no_default(text: str) -> None:
    with pytest.raises(InvalidHost) as refused:
        parse_host(text)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://h/v1", "http://h:80"),
        ("h:1/api/", "http://h:1"),
        ("https://h/api/v1", "https://h:443/api"),
        ("h/pre/v1/chat/completions", "http://h:11434/pre"),
    ],
)
def test_a_pasted_end_point_is_left_out_and_said(text: str, url: str) -> None:
    target = parse_host(text)
    assert target.url == url
    assert target.note


def test_credentials_are_kept_and_not_shown() -> None:
    target = parse_host("https://us%40er:pa%3Ass@host")
    assert (target.user, target.password) == ("us@er", "pa:ss")
    assert "pa" not in repr(target) and "us" not in target.url
    assert parse_host("key@host").password is None
    with pytest.raises(InvalidHost) as refused:
        parse_host("u:secret@h:x")
    assert "secret" not in str(refused.value)


def test_listening_keeps_what_connecting_cannot_use() -> None:
    assert parse_host("0.0.0.0:0", listening=True).authority == "0.0.0.0:0"
    assert parse_host("[::]", listening=True).authority == "[::]:11434"


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *(("localhost", True), ("LOCALHOST.", True), ("a.localhost", True), ("127.9.9.9", True)),
        *(("::1", True), ("[::ffff:127.0.0.1]", True), ("unix:/x", True), ("0.0.0.0", True)),
        *(("127.example.com", False), ("10.0.0.1", False), ("localhost.com", False)),
    ],
)
def test_what_is_this_machine(host: str, here: bool) -> None:
    assert parse_host(host).is_loopback is here


def test_the_host_header_leaves_out_the_usual_port() -> None:
    assert parse_host("http://h").host_header == "h"
    assert parse_host("https://h:443").host_header == "h"
    assert parse_host("http://h:443").host_header == "h:443"
    assert parse_host("fe80::1%eth0").host_header == "[fe80::1]:11434"


@given(st.text(max_size=40) | st.text(alphabet="[]:/@.%0189ah-_ ", max_size=20))
def test_any_text_is_a_target_or_an_error(text: str) -> None:
    try:
        target = parse_host(text)
    except InvalidHost:
        return
    assert target.unix or (target.host and 1 <= target.port <= 65535)
    assert target.url.isascii() or target.unix
    assert "\n" not in target.url + target.host_header
