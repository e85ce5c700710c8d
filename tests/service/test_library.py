"""What is read of a model, and which of its templates is used."""

from pathlib import Path

import pytest

from rillet.model.names import ModelName
from rillet.service.creation import create
from rillet.service.library import Library
from rillet.store.importing import import_gguf
from rillet.store.store import ModelStore
from rillet.words.models import CreateRequest
from tests.model.gguf_bytes import STRING, changed
from tests.model.gguf_bytes import gguf as gguf_bytes

from .asking import HELLO

PLAIN = "{{ messages }}"
ABLE = "{% for tool in tools %}{{ tool }}{% endfor %}" + PLAIN
GO = "{{ .Prompt }} in Go"


@pytest.mark.parametrize(
    ("in_file", "switch", "used"),
    [
        (PLAIN, None, True),
        (PLAIN, True, True),
        (PLAIN, False, False),
        (ABLE, None, False),
        (ABLE, True, True),
        ("", False, True),
    ],
)
async def test_the_template_that_is_used(
    tmp_path: Path, in_file: str, switch: bool | None, used: bool
) -> None:
    store = ModelStore(tmp_path)
    file = store.put_blob((gguf_bytes(changed(tokenizer__chat_template=(STRING, in_file))),))
    request = CreateRequest(model="m", files={"m.gguf": str(file)}, template=GO)
    async for _ in create(Library([store], built_in=None), request, pull=_none):
        pass
    found = Library([store], built_in=None, go_template=switch).find("m").template
    assert (found is not None and found.source == GO) is used


def test_a_name_in_two_stores_is_that_of_the_first(tmp_path: Path) -> None:
    stores = [ModelStore(tmp_path / name) for name in ("ours", "theirs")]
    for store, names in zip(stores, (("both",), ("both", "other")), strict=True):
        for name in names:
            import_gguf(store, Path(HELLO), ModelName.parse(name))
    listed = Library(stores, built_in=None).all()
    assert sorted(model.name.model for model in listed) == ["both", "other"]
    paths = {model.name.model: Path(model.path) for model in listed}
    assert paths["both"].is_relative_to(stores[0].root)
    assert paths["other"].is_relative_to(stores[1].root)


def _none(request: object) -> object:
    raise AssertionError("nothing is to be pulled")
