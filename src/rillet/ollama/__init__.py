"""A drop-in for the `ollama` package: the same names over Rillet's client.

    import rillet.ollama as ollama

    messages = [{"role": "user", "content": "Hi"}]
    for piece in ollama.chat(model="llama3", messages=messages, stream=True):
        print(piece["message"]["content"], end="", flush=True)

Programs written for that package run by changing the import. What differs, for the better: a stream
that breaks off raises `ResponseError`, leaving a loop stops the server, a stalled server is told
from a slow one. The functions of this module use one client, made when first needed, with the
settings of the environment (OLLAMA_HOST and the rest).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rillet.ollama.errors import RequestError, ResponseError
from rillet.ollama.sync import Client
from rillet.ollama.system_one import (
    SystemOneAnswer,
    SystemOneChoiceAnswer,
    SystemOneChoiceQuestion,
    SystemOneContent,
    SystemOneNoulAnswer,
    SystemOneNoulQuestion,
    SystemOneQuestion,
    SystemOneRequest,
    SystemOneResponse,
    SystemOneScoreAnswer,
    SystemOneScoreQuestion,
    SystemOneUsage,
)
from rillet.ollama.types import (
    ChatResponse,
    EmbeddingsResponse,
    EmbedResponse,
    GenerateResponse,
    Image,
    ListResponse,
    Message,
    Options,
    ProcessResponse,
    ProgressResponse,
    ShowResponse,
    StatusResponse,
    Tool,
    WebFetchResponse,
    WebSearchResponse,
)

if TYPE_CHECKING:
    from rillet.ollama.aio import AsyncClient

    _default = Client()
    chat = _default.chat
    copy = _default.copy
    create = _default.create
    create_blob = _default.create_blob
    delete = _default.delete
    embed = _default.embed
    embeddings = _default.embeddings
    generate = _default.generate
    list = _default.list
    ps = _default.ps
    pull = _default.pull
    push = _default.push
    show = _default.show
    systemone = _default.systemone
    web_fetch = _default.web_fetch
    web_search = _default.web_search

__all__ = [
    "AsyncClient",
    "ChatResponse",
    "Client",
    "EmbedResponse",
    "EmbeddingsResponse",
    "GenerateResponse",
    "Image",
    "ListResponse",
    "Message",
    "Options",
    "ProcessResponse",
    "ProgressResponse",
    "RequestError",
    "ResponseError",
    "ShowResponse",
    "StatusResponse",
    "SystemOneAnswer",
    "SystemOneChoiceAnswer",
    "SystemOneChoiceQuestion",
    "SystemOneContent",
    "SystemOneNoulAnswer",
    "SystemOneNoulQuestion",
    "SystemOneQuestion",
    "SystemOneRequest",
    "SystemOneResponse",
    "SystemOneScoreAnswer",
    "SystemOneScoreQuestion",
    "SystemOneUsage",
    "Tool",
    "WebFetchResponse",
    "WebSearchResponse",
    "chat",
    "copy",
    "create",
    "create_blob",
    "delete",
    "embed",
    "embeddings",
    "generate",
    "list",
    "ps",
    "pull",
    "push",
    "show",
    "systemone",
    "web_fetch",
    "web_search",
]
_CALLS = frozenset(name for name in __all__ if name.islower())


def __getattr__(name: str) -> Any:
    """The default client and the asyncio half are made when first used."""
    if name == "AsyncClient":
        from rillet.ollama.aio import AsyncClient

        return AsyncClient
    if name == "_default":
        globals()[name] = client = Client()
        return client
    if name in _CALLS:
        return getattr(globals().get("_default") or __getattr__("_default"), name)
    raise AttributeError(f"module 'rillet.ollama' has no attribute {name!r}")


def __dir__() -> Iterable[str]:
    return sorted({*globals(), *__all__})  # also what is not made yet: it can be completed
