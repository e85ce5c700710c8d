"""Models that are loaded before anybody asks for them, as the settings say."""

import logging
from typing import TYPE_CHECKING

from rillet.service.options import layered
from rillet.words.errors import RilletError

if TYPE_CHECKING:
    from rillet.service.service import Service

log = logging.getLogger("rillet.service")


async def preload(service: "Service") -> None:
    """Each in its turn; one that cannot be loaded is told in the log and stops no other."""
    for name in service.settings.preload:
        try:
            model = await service.model(name)
            options = layered(model.params)
            load = service.load_options(model, options, None, embedding=not model.can("completion"))
            async with service.residents.use(model, load, None):
                log.info("%s is loaded", name)
        except RilletError as error:
            log.warning("%s was not loaded: %s", name, error)
