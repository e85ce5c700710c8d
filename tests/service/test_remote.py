"""Models that live on another server: made, listed, and not asked. Texts as Ollama's."""

from pathlib import Path
from typing import Any

import pytest

from rillet.model.names import ModelName
from rillet.service.remote import LivesElsewhere
from rillet.service.service import Service
from rillet.store import ModelStore
from rillet.words.errors import ServerError
from rillet.words.models import CreateRequest, EmbeddingRequest, ShowRequest
from rillet.words.requests import ChatRequest, GenerateRequest, Message
from rillet.words.settings import Settings


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service.open(Settings(models=str(tmp_path)))


async def made(service: Service, **fields: Any) -> list[str]:
    request = CreateRequest(**{"model": "far", "from_": "gpt-oss:120b", **fields})
    return [step.status async for step in service.create(request)]


async def test_it_is_listed_with_where_it_lives(service: Service) -> None:
    info = {"capabilities": ["completion", "tools"], "context_length": 1000, "model_family": "x"}
    steps = await made(service, remote_host="h", info=info, system="Hi", quantize="q4_0")
    assert steps[-2:] == ["writing manifest", "success"] and len(steps) == 3
    entry = next(one for one in await service.tags() if one.name == "far:latest")
    assert (entry.remote_model, entry.remote_host) == ("gpt-oss:120b", "http://h:11434")
    assert (entry.details.format, entry.details.families) == ("", ["x"])
    assert (entry.details.context_length, entry.capabilities) == (1000, ["completion", "tools"])


async def test_its_template_tells_what_it_can(service: Service) -> None:
    await made(service, remote_host="h", template="{{ .Tools }}{{ .Prompt }}")
    entry = next(one for one in await service.tags() if one.name == "far:latest")
    assert entry.capabilities == ["tools"]


async def test_a_name_of_the_cloud_says_where(service: Service) -> None:
    assert await made(service, from_="x:7b-cloud") == ["writing manifest", "success"]
    entry = next(one for one in await service.tags() if one.name == "far:latest")
    assert (entry.remote_model, entry.remote_host) == ("x:7b", "https://ollama.com:443")


async def test_nobody_is_asked_for_it(service: Service) -> None:
    await made(service, remote_host="h")
    chat = ChatRequest(model="far", messages=[Message("user", "hi")])
    for asked in (
        service.generate(GenerateRequest(model="far", prompt="hi")),
        service.chat(chat),
        service.embedding(EmbeddingRequest(model="far", prompt="hi")),
        service.count_tokens(chat),
    ):
        with pytest.raises(LivesElsewhere, match="disabled: remote model is unavailable") as caught:
            await asked
        assert caught.value.status == 403
    with pytest.raises(LivesElsewhere, match="remote model details are unavailable"):
        await service.show(ShowRequest(model="far"))
    with pytest.raises(LivesElsewhere):
        await made(service, model="nearer", from_="far")


async def test_it_is_copied_and_deleted_like_others(service: Service, tmp_path: Path) -> None:
    await made(service, remote_host="h")
    await service.copy("far", "farther")
    await service.delete("far")
    store = ModelStore(tmp_path)
    assert [str(stored.name) for stored in store.list()] == ["farther:latest"]
    stored = store.find(ModelName.parse("farther"))
    assert stored and store.config(stored).remote_host == "http://h:11434"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"remote_host": "http://[::1"}, "bad remote"),
        ({"remote_host": "h", "from_": "bad name"}, "invalid model name"),
        (
            {"remote_host": "h", "draft_files": {"a": "sha256:" + "0" * 64}},
            "DRAFT cannot be used with remote models",
        ),
        ({"remote_host": "h", "template": "{{ .Bad"}, "template error: .*unclosed action"),
    ],
)
async def test_what_cannot_be_made(service: Service, fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ServerError, match=text) as caught:
        await made(service, **fields)
    assert caught.value.status == 400
    assert [one.name for one in await service.tags()] == ["rillet-tiny:latest"]
