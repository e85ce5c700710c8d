"""Whether a model has room in memory, beside those that are loaded. Bytes everywhere."""

from collections.abc import Iterable
from typing import NamedTuple

from rillet.engine import LoadOptions, MachineMemory, estimate_memory, gpu_share
from rillet.model.gguf import GgufHeader
from rillet.words.errors import ServerError


class Needs(NamedTuple):
    """What a model takes. `system` and `gpu`: where it is to lie if there is a GPU to take `gpu`;
    `flexible` where the engine puts on the GPU as many layers as fit, and leaves the others."""

    system: int
    gpu: int
    flexible: bool

    @property
    def total(self) -> int:
        return self.system + self.gpu


def needs(header: GgufHeader, options: LoadOptions) -> Needs:
    """An estimate; see `engine.memory`."""
    total = estimate_memory(header, options)
    gpu = int(total * gpu_share(header, options))
    return Needs(total - gpu, gpu, options.num_gpu < 0)


class Room:
    """What is free for one more model."""

    def __init__(self, memory: MachineMemory, loaded: Iterable[Needs]) -> None:
        others = list(loaded)
        self.known = memory.available > 0
        self._gpu = memory.gpu
        self._taken = sum(need.total for need in others)
        # Without one all of it lies in the system's memory. With one we cannot tell how much of a
        # model does: what is available has to do.
        weighed = 0 if memory.gpu else self._taken
        self._system = max(0, min(memory.available, memory.total - weighed))

    def holds(self, wanted: Needs) -> bool:
        """Whether it can be loaded as it is meant to be."""
        if not self._gpu:
            return not self.known or wanted.total <= self._system
        return wanted.gpu <= self._gpu and wanted.system <= self._system

    def check(self, wanted: Needs) -> None:
        """Raises `ServerError` where it cannot be loaded at all, even if others spill over."""
        self._refuse(wanted, 0)

    def check_without_others(self, wanted: Needs) -> None:
        """The same, if all others were gone."""
        self._refuse(wanted, self._taken)

    def _refuse(self, wanted: Needs, more: int) -> None:
        free = self._system + more
        needed = wanted.total
        if self._gpu and wanted.flexible:
            free += self._gpu
        elif self._gpu:
            needed = wanted.system
        if self.known and needed > free:
            raise ServerError(
                f"model requires more system memory ({_gib(needed)}) than is available"
                f" ({_gib(free)})",
                status=500,
                hint="A smaller num_ctx, a smaller quantisation or a smaller model needs less",
            )


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"
