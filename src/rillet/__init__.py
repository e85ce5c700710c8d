"""Rillet: streams of language models, done right.

    import rillet

    messages = [{"role": "user", "content": "Hi"}]
    with rillet.Client().stream_chat(model="llama3", messages=messages) as stream:
        for piece in stream.text():
            print(piece, end="", flush=True)

`Client` and `AsyncClient` talk to Rillet, Ollama and OpenAI-compatible servers; `local()` and
`async_local()` give the same over the embedded engine, without a server. All names below are loaded
when first used.
"""

TYPE_CHECKING = False  # type checkers know the name; loading `typing` is a third of a start

__version__ = "0.1.0"

if TYPE_CHECKING:
    from typing import Any

    from rillet.client.aio import AsyncClient
    from rillet.client.aio_stream import AsyncStream
    from rillet.client.stream import Stream
    from rillet.client.sync import Client
    from rillet.embedded import local
    from rillet.embedded_aio import async_local
    from rillet.net.tls import TlsOptions
    from rillet.words.errors import (
        Busy,
        EngineDied,
        EngineError,
        InvalidHost,
        InvalidModelFile,
        InvalidName,
        InvalidRequest,
        LoadFailed,
        MalformedStream,
        ModelError,
        ModelNotFound,
        RilletError,
        ServerError,
        Stalled,
        StoreError,
        StreamError,
        StreamTruncated,
        Unauthorized,
        Unreachable,
    )
    from rillet.words.events import (
        Event,
        Failure,
        Finish,
        Progress,
        Reconnected,
        Text,
        Thinking,
        Timings,
        TokenLogprob,
        ToolCall,
        Usage,
    )
    from rillet.words.replies import Reply, fold
    from rillet.words.requests import Message
    from rillet.words.timeouts import Timeouts

_HOMES = {
    "rillet.client.aio": "AsyncClient",
    "rillet.client.aio_stream": "AsyncStream",
    "rillet.client.stream": "Stream",
    "rillet.client.sync": "Client",
    "rillet.embedded": "local",
    "rillet.embedded_aio": "async_local",
    "rillet.net.tls": "TlsOptions",
    "rillet.words.errors": """
        Busy EngineDied EngineError InvalidHost InvalidModelFile InvalidName InvalidRequest
        LoadFailed MalformedStream ModelError ModelNotFound RilletError ServerError Stalled
        StoreError StreamError StreamTruncated Unauthorized Unreachable
    """,
    "rillet.words.events": """
        Event Failure Finish Progress Reconnected Text Thinking Timings TokenLogprob ToolCall Usage
    """,
    "rillet.words.replies": "Reply fold",
    "rillet.words.requests": "Message",
    "rillet.words.timeouts": "Timeouts",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = [
    "AsyncClient", "AsyncStream", "Busy", "Client", "EngineDied", "EngineError", "Event", "Failure",
    "Finish", "InvalidHost", "InvalidModelFile", "InvalidName", "InvalidRequest", "LoadFailed",
    "MalformedStream", "Message", "ModelError", "ModelNotFound", "Progress", "Reconnected", "Reply",
    "RilletError", "ServerError", "Stalled", "StoreError", "Stream", "StreamError",
    "StreamTruncated", "Text", "Thinking", "Timeouts", "Timings", "TlsOptions", "TokenLogprob",
    "ToolCall", "Unauthorized", "Unreachable", "Usage", "async_local", "fold", "local",
]  # fmt: skip


def __getattr__(name: str) -> "Any":
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'rillet' has no attribute {name!r}")
    from importlib import import_module

    value: Any = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})  # also what is not loaded yet: it can be completed
