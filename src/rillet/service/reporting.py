"""What a service says of itself, for `rillet doctor`: the engine, the machine, what is loaded."""

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from rillet.engine import capabilities, estimate_memory
from rillet.engine.threads import usable_cores
from rillet.service.resident import FOR_EVER, Resident

if TYPE_CHECKING:
    from rillet.service.service import Service

NATIVE_BUILD = (
    "The engine was built for any processor and does not use this one's AVX-512: a native build "
    "reads prompts about twice as fast. Build llama.cpp here (cmake -B build "
    "-DGGML_NATIVE=ON && cmake --build build -t llama-server) and name its llama-server in "
    "RILLET_LLAMA_SERVER"
)


async def report(service: "Service") -> dict[str, Any]:
    """The fields of `engine.Capabilities`, and `threads` (of each engine), `leaves_speed`,
    `advice` ("" where there is none), `models` (in memory) and `upstreams`."""
    found = await asyncio.to_thread(capabilities)
    said: dict[str, Any] = msgspec.to_builtins(found)
    said["threads"] = usable_cores()
    said["leaves_speed"] = found.leaves_speed and not found.llama_server
    said["advice"] = NATIVE_BUILD if said["leaves_speed"] else ""
    said["models"] = [_in_memory(resident) for resident in service.residents.all()]
    said["upstreams"] = msgspec.to_builtins(await service.upstreams.health())
    return said


def _in_memory(resident: Resident) -> dict[str, Any]:
    for_ever = resident.expires_at == FOR_EVER
    return {
        "name": resident.model.name.display(),
        "pid": resident.process.pid,
        "size": estimate_memory(resident.model.header, resident.options),
        "num_ctx": resident.num_ctx,
        "slots": resident.options.parallel,
        "users": resident.users,
        "waiting": resident.slots.waiting,
        "num_gpu": resident.options.num_gpu,
        "expires_at": None if for_ever or resident.users else resident.expires_at,
    }
