"""One model in memory: its engine process, the way to ask it, and who uses it."""

import asyncio
import time

from rillet.engine import EngineProcess, LoadOptions
from rillet.net.address import Target
from rillet.net.aio import AsyncTransport
from rillet.service.model import Model
from rillet.service.slots import Slots
from rillet.words.errors import EngineDied, RilletError, ServerError

FOR_EVER = float("inf")
#: Short questions (tokens, a template) that one engine is asked at once: each holds one of the
#: listener's threads, and the streams need those.
ASIDES = 4
#: A model that completes and embeds is loaded twice: the engine does one or the other.
Key = tuple[str, bool]


class Resident:
    """`users` are requests that hold it; of these as many as it has slots ask at once."""

    def __init__(
        self, model: Model, options: LoadOptions, process: EngineProcess, max_queue: int
    ) -> None:
        self.model = model
        self.options = options
        self.process = process
        self.slots = Slots(options.parallel, max_queue)
        self.asides = asyncio.Semaphore(ASIDES)
        self.users = 0
        self.keep_alive: float | None = None  # nobody has used it yet
        self.expires_at = FOR_EVER  # on time.time(); while it is used it has no meaning
        self.idle_since = time.monotonic()
        self.stopping = False  # nobody else is let in
        self.closing = False  # it is ended whoever uses it
        self.idle = asyncio.Event()
        self.idle.set()
        endpoint = process.endpoint
        headers = (("authorization", f"Bearer {endpoint.api_key}"),)
        target = Target(
            scheme="http", host="127.0.0.1", port=endpoint.port or 80, unix=endpoint.socket_path
        )
        self.transport = AsyncTransport(target, headers=headers, pool_size=options.parallel + 2)

    @property
    def num_ctx(self) -> int:
        """As asked for: the engine may round up, but less than asked is what the model can do."""
        return min(self.process.num_ctx, self.options.num_ctx)

    @property
    def key(self) -> Key:
        return key_of(self.options)


def key_of(options: LoadOptions) -> Key:
    return (options.model_path, options.embedding)


def closed() -> ServerError:
    """What to tell a caller of a service that ends."""
    return ServerError("the server is shutting down", status=503)


def died(resident: Resident) -> RilletError:
    """What to tell a caller whose engine went away."""
    if resident.closing:
        return closed()
    reason = resident.process.exit_reason() or "it does not answer"
    return EngineDied(f"the engine of {resident.model.name.display()} ended: {reason}")
