"""The server as a whole: `build_app` puts the routes together, `serve` listens.

guard (Host, Origin) -> turnstile -> router (path, method) -> handler -> service
"""

from rillet.net.address import parse_host
from rillet.server.anthropic import AnthropicAnswers
from rillet.server.asgi import ASGIApp, Receive, Scope, Send
from rillet.server.exchange import Exchange, header
from rillet.server.face import Face
from rillet.server.guard import guarded
from rillet.server.ollama import OllamaAnswers
from rillet.server.ollama_models import OllamaModels
from rillet.server.openai import OpenAIAnswers
from rillet.server.recorded import RecordedAnswers
from rillet.server.responses import ResponsesAnswers
from rillet.server.router import Router
from rillet.server.streams import Streams
from rillet.server.transcription import TranscriptionAnswers
from rillet.server.turnstile import Turnstile
from rillet.service.interface import Operations
from rillet.service.proxy_loops import HEADER, PASSED
from rillet.service.slots import CALLER
from rillet.words.settings import Settings


def build_app(
    operations: Operations, settings: Settings, streams: Streams | None = None
) -> ASGIApp:
    """The ASGI application. `streams.stop()` ends every answer in progress."""
    records = getattr(operations, "records", None)  # not every product keeps them
    face = Face(operations, settings, streams or Streams(), records=records)
    target = parse_host(settings.host, listening=True)
    router = Router(
        {
            **OllamaAnswers(face).routes(),
            **OllamaModels(face).routes(),
            **OpenAIAnswers(face).routes(),
            **ResponsesAnswers(face).routes(),
            **TranscriptionAnswers(face).routes(),
            **AnthropicAnswers(face).routes(),
            **RecordedAnswers(face).routes(),
        },
        loopback=target.is_loopback,
    )

    turnstile = Turnstile()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await turnstile.enter()
        CALLER.set(caller_of(scope))  # the task of this request, and what it starts, keep it
        if passed := header(scope, HEADER.encode()):
            PASSED.set(passed)
        await router.answer(Exchange(scope, receive, send))

    return guarded(app, loopback=target.is_loopback, origins=settings.origins, allow=router.allow)


def caller_of(scope: Scope) -> str:
    """Who asks, for whom turns at an engine are shared out fairly: a key, else an address."""
    for name, value in scope.get("headers", ()):
        if name in (b"authorization", b"x-api-key"):
            return f"key {bytes(value).decode('latin-1')}"
    client = scope.get("client")
    return f"address {client[0]}" if client else ""


def serve(settings: Settings) -> None:
    """Serve the local service until a signal comes. Raises `RilletError` if it cannot listen."""
    import asyncio
    import logging
    import sys

    import uvloop

    from rillet.server.listen import announce, listen_and_serve
    from rillet.service.service import Service

    logging.basicConfig(level=logging.DEBUG if settings.debug else logging.WARNING)
    for warning in settings.warnings:
        print(f"Warning: {warning}", file=sys.stderr)
    allow_all_files()
    require_folder(settings.models)

    async def run() -> None:
        service = Service.open(settings)
        spare_collections()
        service.library.rename_old()
        if not settings.noprune:
            asyncio.get_running_loop().run_in_executor(None, service.library.tidy)

        def ready(place: str) -> None:
            announce(place)  # before a log of what is started: programs wait for this line
            service.start()

        await listen_and_serve(service, settings, ready)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def require_folder(models: str) -> None:
    """Make the folder for models that was named. Raises `StoreError` where it cannot be one."""
    from pathlib import Path

    from rillet.words.errors import StoreError

    if not models:
        return
    try:
        Path(models).expanduser().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"Models cannot be kept in {models}: {error.strerror}",
            hint="Name a folder that can be made with RILLET_MODELS or OLLAMA_MODELS",
        ) from None


def allow_all_files() -> None:
    """Open as many files and connections as the system lets us: the usual limit of 1024 is there
    for old programs, and ours needs two for each stream."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (ValueError, OSError):
        pass  # some systems have a lower limit besides


def spare_collections() -> None:
    """Have Python look for cycles less often, and never again in what is loaded by now.

    It would do so every few requests, for a tenth of their time and with pauses that streams feel;
    nearly all that an answer leaves is freed without it.
    """
    import gc

    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
