"""The shipped file: its size, its header, its card."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from rillet.builtin import card_path, model_path

gguf = pytest.importorskip("gguf")
ROOT = Path(__file__).resolve().parents[2]


def shipped() -> Path:
    path = model_path()
    assert path is not None, "the package was built without its model"
    return path


def field(reader: Any, name: str) -> object:
    found = reader.get_field(name)
    assert found is not None, name
    return found.contents()


def test_the_file_is_small_and_says_what_it_is() -> None:
    assert shipped().stat().st_size <= 6_000_000
    reader = gguf.GGUFReader(str(shipped()))
    assert field(reader, "general.architecture") == "llama"
    assert field(reader, "general.name") == "rillet-tiny"
    assert field(reader, "general.license") == "Apache-2.0"
    assert field(reader, "llama.context_length") == 2048
    assert "<|im_start|>" in str(field(reader, "tokenizer.chat_template"))


def test_the_readme_names_this_very_file() -> None:
    digest = hashlib.sha256(shipped().read_bytes()).hexdigest()
    readme = (ROOT / "training" / "README.md").read_text(encoding="utf-8")
    assert digest in re.findall(r"[0-9a-f]{64}", readme)


def test_the_card_is_there() -> None:
    text = card_path().read_text(encoding="utf-8")
    assert "What it is not" in text
    assert "Apache-2.0" in text
