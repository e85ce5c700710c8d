"""How much memory of its own an engine may take before the kernel refuses it more."""

from rillet.engine.machine_memory import available_memory
from rillet.engine.memory import estimate_memory
from rillet.engine.options import LoadOptions
from rillet.model.gguf import GgufHeader

#: Memory beyond the estimate that a child may take: templates, grammars, many long requests.
_SLACK = 2 << 30


def default_memory_limit(header: GgufHeader, options: LoadOptions) -> int:
    """Private memory for a child: room for surprises, but never more than the machine has free."""
    wanted = 2 * estimate_memory(header, options) + (options.prompt_cache_mib << 20) + _SLACK
    free = available_memory()
    return min(wanted, free) if free else wanted
