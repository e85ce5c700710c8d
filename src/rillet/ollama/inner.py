"""What programs read and call of the `httpx` client inside that package's clients."""

from collections.abc import Callable
from typing import Any

from rillet.client.settings import Settings
from rillet.net.http1 import Headers


class Inner:
    """Where it asks, what it sends, and its end: `client._client.base_url`, `.aclose()`."""

    def __init__(self, settings: Settings, close: Callable[[], Any]) -> None:
        self.base_url = settings.target.url
        self.headers = Headers(settings.headers)
        self.timeout = settings.policy.timeouts
        self.is_closed = False
        self._close = close

    def close(self) -> None:
        self.is_closed = True
        self._close()

    async def aclose(self) -> None:
        self.is_closed = True
        await self._close()
