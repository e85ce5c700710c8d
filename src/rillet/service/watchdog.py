"""An engine that hangs: it is in use, spends no processor time, and answers nobody.

A process that was stopped, or that waits for itself, would hold its callers for ever. It is ended,
and what follows is what follows every death: answers go on in the next one. Both signs together
are needed. An engine that works spends time; one whose reader is slow spends none, but answers.
"""

import asyncio
from pathlib import Path

from rillet.service.resident import Resident

EVERY = 10.0  # seconds between two looks
ANSWER = 10.0  # seconds for the answer to a question
_TIMES = slice(11, 13)  # in /proc/PID/stat behind the name: in user mode, in the kernel


async def end_when_hanging(resident: Resident) -> None:
    """Watch it until it has ended. Where its time cannot be read it is left alone."""
    process, before = resident.process, ""
    while process.alive:
        try:
            async with asyncio.timeout(EVERY):
                await process.wait()
        except TimeoutError:
            pass
        spent = _spent(process.pid)
        still, before = bool(spent) and spent == before, spent
        if still and resident.users and not await process.answers(ANSWER):
            process.kill(f"it hung, and did nothing for {EVERY + ANSWER:g} s")


def _spent(pid: int) -> str:
    """The processor time of a process, as the system writes it; "" if unknown."""
    try:
        # the name stands in brackets and may hold anything
        behind = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    except OSError:
        return ""
    return " ".join(behind.split()[_TIMES])
