"""Pull and push by the registry protocol."""

from collections.abc import AsyncIterator

from rillet.service.library import Library
from rillet.words.errors import ServerError
from rillet.words.events import Progress
from rillet.words.models import TransferRequest


async def pull(library: Library, request: TransferRequest) -> AsyncIterator[Progress]:
    raise ServerError("this server cannot pull models yet", status=501)
    yield Progress("")


async def push(library: Library, request: TransferRequest) -> AsyncIterator[Progress]:
    raise ServerError("this server cannot push models yet", status=501)
    yield Progress("")
