"""Ollama's key: what it signs proves to a registry which account asks.

The public half is what a user has entered at the registry's site. A signature is over one URL with
the time in it, so nobody can use it elsewhere or later.
"""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from rillet.service.registry.patience import RegistryError
from rillet.store.home import home
from rillet.words.errors import StoreError

_LARGEST = 65536
_NO_BODY = b64encode(sha256(b"").hexdigest().encode()).decode()


def default_key() -> Path | None:
    """Where it is; None for a user without a home."""
    try:
        return home() / ".ollama" / "id_ed25519"
    except StoreError:
        return None


def sign(path: Path | None, url: str) -> str | None:
    """The Authorization for a GET of `url`: ``public key:signature``. None where there is no key.

    Raises `RegistryError` where the key cannot be used.
    """
    if path is None:
        return None
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST)
    except OSError:
        return None
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError:
        raise RegistryError(
            "this registry wants your Ollama key, and signing with it needs the extra 'keys': "
            "pip install 'rillet[keys]'"
        ) from None
    try:
        key = serialization.load_ssh_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RegistryError(f"the key {path} cannot be used: {error}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise RegistryError(f"the key {path} is not an Ed25519 key")
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    signature = b64encode(key.sign(f"GET,{url},{_NO_BODY}".encode())).decode()
    return f"{public.split()[1].decode()}:{signature}"
