"""Pulls a model into a folder and says each different status: to be killed in the middle.

python -m tests.service.pulling_process FOLDER NAME
"""

import asyncio
import sys
from pathlib import Path

from rillet.service.library import Library
from rillet.service.transfers import pull
from rillet.store.store import ModelStore
from rillet.words.models import TransferRequest


async def main(root: str, name: str) -> None:
    library = Library([ModelStore(Path(root))], built_in=None)
    said = ""
    async for step in pull(library, TransferRequest(model=name, insecure=True)):
        if step.status != said:
            said = step.status
            print(said, flush=True)


asyncio.run(main(*sys.argv[1:]))
