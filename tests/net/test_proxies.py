import pytest

from rillet.net.address import parse_host
from rillet.net.proxies import proxy_for
from rillet.words.errors import InvalidRequest

PROXY = {"http_proxy": "http://proxy:3128"}


@pytest.mark.parametrize(
    ("env", "host", "proxied"),
    [
        (PROXY, "http://models.test", True),
        ({"HTTP_PROXY": "proxy:3128"}, "http://models.test", True),
        ({"ALL_PROXY": "http://proxy"}, "https://models.test", True),
        ({"HTTP_PROXY": "http://proxy"}, "https://models.test", False),
        ({"HTTPS_PROXY": "http://proxy"}, "https://models.test", True),
        ({"HTTP_PROXY": ""}, "http://models.test", False),
        ({"HTTP_PROXY": "http://stranger", "REQUEST_METHOD": "GET"}, "http://models.test", False),
        (PROXY, "localhost", False),
        (PROXY, "127.8.8.8", False),
        (PROXY, "::1", False),
        (PROXY, "unix:///run/x", False),
        ({**PROXY, "no_proxy": "*"}, "http://models.test", False),
        ({**PROXY, "NO_PROXY": "models.test"}, "http://models.test", False),
        ({**PROXY, "NO_PROXY": "test"}, "http://models.test", False),
        ({**PROXY, "NO_PROXY": ".MODELS.test"}, "http://Models.Test", False),
        ({**PROXY, "NO_PROXY": "*.test"}, "http://a.models.test", False),
        ({**PROXY, "NO_PROXY": "els.test"}, "http://models.test", True),
        ({**PROXY, "NO_PROXY": "x.test, models.test:80"}, "http://models.test", False),
        ({**PROXY, "NO_PROXY": "models.test:81"}, "http://models.test", True),
        ({**PROXY, "NO_PROXY": "10.0.0.0/8"}, "http://10.9.8.7", False),
        ({**PROXY, "NO_PROXY": "10.0.0.0/8"}, "http://11.9.8.7", True),
        ({**PROXY, "NO_PROXY": "10.0.0.0/8"}, "http://10.example", True),
        ({**PROXY, "NO_PROXY": "x,::1,fe80::/10,[::1]"}, "http://[fe80::7]:80", False),
        ({**PROXY, "NO_PROXY": "[2001:db8::1]:80"}, "http://[2001:db8:0::1]", False),
        ({**PROXY, "NO_PROXY": "2001:db8::1"}, "http://[2001:db8::2]", True),
        ({**PROXY, "NO_PROXY": "/, [, ]:, :, 1/x, ..."}, "http://models.test", True),
    ],
)
def test_which_hosts_go_through(env: dict[str, str], host: str, proxied: bool) -> None:
    assert (proxy_for(parse_host(host), env) is not None) is proxied


@pytest.mark.parametrize("value", ["socks5://p:1", "https://p", "http://p:99999", "http://:x@[z"])
def test_proxies_that_cannot_be_used_are_named(value: str) -> None:
    with pytest.raises(InvalidRequest, match="ALL_PROXY"):
        proxy_for(parse_host("http://models.test"), {"ALL_PROXY": value})


def test_a_password_is_not_shown() -> None:
    proxy = proxy_for(parse_host("http://models.test"), {"http_proxy": "http://u:secret@p:1"})
    assert proxy is not None and proxy.authorization == "Basic dTpzZWNyZXQ="
    assert "dTpz" not in repr(proxy)
