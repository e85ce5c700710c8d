"""The models of the tests, and what a stranger could make of them."""

import struct
from pathlib import Path

from rillet.engine import read_model_header

MODELS = Path(__file__).parents[1] / "data" / "models"
CHAT = MODELS / "tinychat.gguf"
#: Renders for ever, and takes more memory with each round.
ENDLESS = (
    "{% for a in range(99999999) %}{% for b in range(99999999) %}xxxxxxxx{% endfor %}{% endfor %}"
)


def with_number(key: str, value: int) -> bytes:
    """The chat model with another 32-bit number under `key`."""
    data = CHAT.read_bytes()
    name = struct.pack("<Q", len(key)) + key.encode()
    at = data.index(name) + len(name) + 4
    return data[:at] + struct.pack("<I", value) + data[at + 4 :]


def with_template(template: str) -> bytes:
    """The chat model with another chat template, of no more bytes than its own."""
    data, old = CHAT.read_bytes(), read_model_header(CHAT).chat_template.encode()
    new = template.encode().ljust(len(old))
    assert len(new) == len(old)
    return data.replace(old, new)


def with_architecture(name: str) -> bytes:
    """The chat model under another architecture, of as many letters as llama."""
    assert len(name) == 5
    data = CHAT.read_bytes().replace(b"llama.", name.encode() + b".")
    said = struct.pack("<Q", 5) + b"llama"
    return data.replace(said, said[:8] + name.encode())


def with_weights(value: float) -> bytes:
    """The chat model with every weight the same."""
    data, start = CHAT.read_bytes(), read_model_header(CHAT).data_offset
    return data[:start] + struct.pack("<f", value) * ((len(data) - start) // 4)


def with_counts(tensors: int, entries: int) -> bytes:
    """The chat model with other counts at its head."""
    return CHAT.read_bytes()[:8] + struct.pack("<QQ", tensors, entries) + CHAT.read_bytes()[24:]
