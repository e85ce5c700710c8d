import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from rillet.net.flow import Policy
from rillet.service import listener
from rillet.words.errors import EngineDied, ServerError
from rillet.words.timeouts import Timeouts

from .asking import CHAT, resident, say
from .conftest import Opened

ONE = {"num_predict": 1}


async def test_there_and_back(opened: Opened) -> None:
    async with opened() as service:
        await say(service, CHAT, options=ONE)
        engine = resident(service)
        tokens = await listener.tokenize(engine, "hello there", special=False)
        assert tokens and await listener.detokenize(engine, tokens) == "hello there"
        assert len(await listener.tokenize(engine, "hello there")) >= len(tokens)


async def test_a_refusal_is_the_engines_own(opened: Opened) -> None:
    async with opened() as service:
        await say(service, CHAT, options=ONE)
        with pytest.raises(ServerError) as caught:
            await listener.question(resident(service), "/detokenize", {"tokens": "none"})
        assert caught.value.status and caught.value.status >= 400


async def test_a_dead_engine_is_told(opened: Opened) -> None:
    async with opened() as service:
        await say(service, CHAT, options=ONE)
        engine = resident(service)
        os.kill(engine.process.pid, signal.SIGKILL)
        with pytest.raises(EngineDied, match="ended: killed by SIGKILL"):
            await asyncio.wait_for(listener.tokenize(engine, "x"), 30)


def wait_until_stopped(pid: int) -> None:
    """Until each thread stands: on a busy machine the signal takes its time to reach all."""
    states = {""}
    while states != {"T"}:
        time.sleep(0.01)
        threads = Path(f"/proc/{pid}/task").glob("*/stat")
        states = {stat.read_text().rpartition(")")[2].split()[0] for stat in threads}


async def test_an_engine_that_hangs_is_ended(opened: Opened) -> None:
    async with opened() as service:
        await say(service, CHAT, options=ONE)
        engine = resident(service)
        os.kill(engine.process.pid, signal.SIGSTOP)
        wait_until_stopped(engine.process.pid)
        short = Policy(timeouts=Timeouts(first_token=0.2), retries=0)
        with pytest.raises(EngineDied, match="did not answer and was ended"):
            await listener.question(engine, "/tokenize", {"content": "x"}, short)
        await asyncio.wait_for(engine.process.wait(), 30)
        assert await say(service, CHAT, options=ONE)
