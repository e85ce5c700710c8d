"""Where a location leads: only to the web, and never from TLS to plain HTTP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.net.address import parse_host
from rillet.service.registry.patience import RegistryError
from rillet.service.registry.place import Place

HERE = Place(parse_host("https://registry.example"), "/v2/a/b/blobs/x?y=1")


@pytest.mark.parametrize(
    ("location", "url", "path"),
    [
        ("/other?x=1", "https://registry.example:443", "/other?x=1"),
        ("z", "https://registry.example:443", "/v2/a/b/blobs/z"),
        ("https://cdn.example", "https://cdn.example:443", "/"),
        ("//cdn.example:8443/a%20b#part", "https://cdn.example:8443", "/a%20b"),
        ("HTTPS://user:pw@cdn.example/x", "https://cdn.example:443", "/x"),
    ],
)
def test_leads_to(location: str, url: str, path: str) -> None:
    place = HERE.resolve(location)
    assert (place.target.url, place.path) == (url, path)
    assert place.target.user is None


@pytest.mark.parametrize(
    "location",
    [
        "http://registry.example/x",
        "file:///etc/passwd",
        "unix:///run/docker.sock",
        "ftp://a/b",
        "https://[::1",
        "https://a:99999/",
        "https://" + "a" * 20_000,
    ],
)
def test_leads_nowhere(location: str) -> None:
    with pytest.raises(RegistryError):
        HERE.resolve(location)


def test_same_server() -> None:
    assert HERE.same_server(HERE.resolve("https://REGISTRY.example:443/"))
    assert not HERE.same_server(HERE.resolve("https://registry.example:444/"))
    assert not HERE.same_server(HERE.resolve("https://registry.example.evil/"))


@given(st.text() | st.text(":/@[]?#.ahtps0123 \t").map(lambda text: f"https:{text}"))
def test_a_location_never_breaks_it(location: str) -> None:
    try:
        place = HERE.resolve(location)
    except RegistryError:
        return
    assert place.target.scheme == "https"
    assert place.path.startswith("/")
