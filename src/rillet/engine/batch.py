"""How many tokens of a prompt are evaluated at once: no more than costs speed.

An engine notices a hang-up between two batches, and other streams get a token then; so a batch
decides how long a caller who left is worked for, and how long one long prompt holds up the others.
Processor time for a token of a prompt, measured on two cores (Q4_0, 512 against smaller batches):

    weights   256     128     64      32
    11 MB     +8 %    +18 %   +75 %   +110 %
    280 MB            +0 %    +1 %    +12 %

A GPU needs its 512, and has done them in milliseconds.
"""

import os
import sys
from pathlib import Path

from rillet.engine.command import SERVER_VARIABLE
from rillet.engine.options import MAX_BATCH
from rillet.model.gguf import GgufHeader

_SMALL = 64 << 20  # bytes of weights
_OF_SMALL = 256
_OF_LARGE = 64


def usual_batch(header: GgufHeader, *, parallel: int, processor: bool) -> int:
    """For a request that does not say. `processor`: whether that alone evaluates the model."""
    if not processor:
        return MAX_BATCH
    weights = sum(tensor.size for tensor in header.tensors)
    return max(parallel, _OF_SMALL if weights < _SMALL else _OF_LARGE)


def processor_alone(devices: Path = Path("/dev")) -> bool:
    """Whether this machine has no GPU, as far as one can see without waking its driver; a
    llama-server that the user named may know more than we do."""
    if sys.platform != "linux" or os.environ.get(SERVER_VARIABLE):
        return False
    names = ("nvidiactl", "kfd", "dxg")
    return not any((devices / name).exists() for name in names) and not list(
        devices.glob("dri/renderD*")
    )
