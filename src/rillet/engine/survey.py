"""What the engine finds on this machine: devices, build, features of the processor.

The engine is asked in a child, like everything else that loads its library.
"""

import functools
import os
import re
import select
import subprocess
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from rillet.engine import command, exits
from rillet.engine.batch import processor_alone
from rillet.words.errors import EngineError

#: Seconds; a GPU driver that wakes up takes a while.
_PATIENCE = 30
_GPU_LINE = re.compile(
    rb"^\s+(?!CPU|BLAS)[A-Za-z]+\d*: .*?(?:\((?P<total>\d+) MiB, (?P<free>\d+) MiB free\))?$", re.M
)


class Device(Struct, frozen=True):
    """A device as the engine names it. `type`: CPU, GPU, IGPU, ACCEL or META. Memory in bytes."""

    name: str
    description: str
    type: str
    memory_free: int
    memory_total: int


class Capabilities(Struct, frozen=True):
    """`features` is the engine's own line about what its build uses of the processor."""

    devices: tuple[Device, ...]
    features: str
    version: str
    build: dict[str, str]
    llama_server: str | None = None  # what is run in its place, if the user named one
    machine_has_avx512: bool = False

    @property
    def gpus(self) -> tuple[Device, ...]:
        return tuple(device for device in self.devices if device.type in ("GPU", "IGPU"))

    @property
    def used(self) -> tuple[str, ...]:
        """Names of what the build uses of the processor, such as AVX2."""
        parts = (part.rpartition(":")[2].partition("=") for part in self.features.split("|"))
        return tuple(name.strip() for name, _, value in parts if value.strip() == "1")

    @property
    def leaves_speed(self) -> bool:
        """Whether a native build would evaluate prompts about twice as fast here."""
        return self.machine_has_avx512 and not self.gpus and "AVX512 = 1" not in self.features


def capabilities() -> Capabilities:
    """Ask the installed engine. Blocks for about 0.1 s, without a GPU. Raises `EngineError`."""
    binary = command.server_binary(os.environ)
    order = {"survey": True, "wheel": command.wheel_folder()}
    process = command.spawn(order, {**command.HABITS, **os.environ}, "survey")
    assert process.stdin and process.stdout and process.stderr
    try:
        ready, _, _ = select.select([process.stdout], [], [], _PATIENCE)
        line = process.stdout.readline() if ready else b""
    finally:
        process.kill()
        process.communicate()
    try:
        found = msgspec.json.decode(line, type=Capabilities)
    except msgspec.DecodeError as error:
        said = line.decode("utf-8", "replace").strip()
        raise EngineError(
            f"The engine does not start: {said or 'no answer'}",
            hint=exits.remedy(said) or "Installing xllamacpp again may help",
        ) from error
    return msgspec.structs.replace(found, llama_server=binary, machine_has_avx512=_has_avx512())


class GpuMemory(NamedTuple):
    """All GPUs that the engine computes on, together. Bytes."""

    devices: int
    total: int
    free: int


def gpu_memory() -> GpuMemory:
    """As it is now. Blocks as `capabilities` does, but not where no GPU was found before."""
    return _gpus() if has_gpu() else GpuMemory(0, 0, 0)


@functools.cache
def gpus_found() -> GpuMemory:
    """As it was when it was first asked for: `devices` and `total` do not change. Blocks once."""
    return GpuMemory(0, 0, 0) if processor_alone() else _gpus()


def has_gpu() -> bool:
    """Whether the engine computes on a GPU here. Blocks once, as `gpus_found` does."""
    return gpus_found().devices > 0


def _gpus() -> GpuMemory:
    try:
        binary = command.server_binary(os.environ)
        if binary:
            sizes = _listed(binary)
        else:
            sizes = [(each.memory_total, each.memory_free) for each in capabilities().gpus]
    except (EngineError, OSError, subprocess.SubprocessError):
        sizes = []
    return GpuMemory(len(sizes), sum(size[0] for size in sizes), sum(size[1] for size in sizes))


def _listed(binary: str) -> list[tuple[int, int]]:
    """Total and free of each GPU. A llama-server has a line for each device, such as
    `  CUDA0: NVIDIA L4 (22563 MiB, 22100 MiB free)`."""
    command_line = [binary, "--list-devices"]
    listed = subprocess.run(
        command_line, capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE, check=False
    )
    lines = _GPU_LINE.finditer(listed.stdout)
    return [(int(line["total"] or 0) << 20, int(line["free"] or 0) << 20) for line in lines]


def _has_avx512(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    try:
        return " avx512f " in cpuinfo.read_text()
    except OSError:
        return False
