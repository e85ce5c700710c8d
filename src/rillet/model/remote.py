"""What a model says that lives on another server: its name there, and the address as it is kept.

Source: `remote_host` and `from` in Ollama's create, and what stands in its configurations then.
"""

import posixpath
import re

CLOUD_HOST = "https://ollama.com:443"
_PORT = "11434"
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(.*)")
_BROKEN = re.compile(r"[\x00-\x20\x7f]|%(?![0-9A-Fa-f]{2})")
_HOST_AND_PORT = re.compile(r"(?:\[[^\]]*\]|[^:\[\]]*):([^:]*)")


def remote_url(text: str) -> str:
    """An address in full, with a port: a host alone is asked by http, a path alone is here.

    Raises ValueError for what is no address.
    """
    if text.startswith("/"):
        return f"http://localhost:{_PORT}{_cleaned(text)}"
    url = text if "://" in text else f"http://{text}"
    if url in ("ollama.com", "http://ollama.com"):
        url = CLOUD_HOST
    parts = _URL.fullmatch(url)
    if parts is None or _BROKEN.search(url):
        raise ValueError("no address")
    scheme, where, path, rest = parts.groups()
    path = _cleaned(path) if path else ""
    return f"{scheme.lower()}://{_with_port(where)}{'' if path == '/' else path}{rest}"


def name_there(text: str) -> str:
    """The name without what says where the model is: `m:7b-cloud` and `m:7b:cloud` are m:7b."""
    text = text.strip()
    head, colon, last = text.rpartition(":")
    if not colon:
        return text
    if last.strip().lower() in ("cloud", "local"):
        return head
    if "/" not in last and last.lower().endswith("-cloud"):
        return text[: -len("-cloud")]
    return text


def _with_port(where: str) -> str:
    user, at, host = (where or "localhost").rpartition("@")
    if ("[" in host) != ("]" in host):
        raise ValueError("no host")
    if found := _HOST_AND_PORT.fullmatch(host):
        if found[1].strip("0123456789"):
            raise ValueError("no port")
        return f"{user}{at}{host}"
    return f"{user}{at}[{host}]:{_PORT}" if ":" in host else f"{user}{at}{host}:{_PORT}"


def _cleaned(path: str) -> str:
    return re.sub("^//", "/", posixpath.normpath(path))
