"""How many tokens of a prompt are evaluated at once: no more than costs speed.

An engine notices a hang-up between two batches, and other streams get a token then; so a batch
decides how long a caller who left is worked for, and how long one long prompt holds up the others.
Processor time for a token of a prompt, against 512 (Q4_0, xllamacpp 2026.10.11549 on two cores of
an AMD EPYC, `benchmarks/hang_up.py --num-batch N`):

    weights   128     64      32      16      8       4
    3 MB      -6 %    +4 %    +86 %   +100 %
    280 MB            +1 %    +15 %   +15 %   +36 %   +39 %

64 is the last one that is nearly free. docs/decisions/0003-batch.md says why no smaller one is
taken. A GPU needs its 512, and has done them in milliseconds.
"""

import os
import sys
from pathlib import Path

from rillet.engine.command import SERVER_VARIABLE
from rillet.engine.options import MAX_BATCH

_ON_PROCESSOR = 64


def usual_batch(*, parallel: int, processor: bool) -> int:
    """For a request that does not say. `processor`: whether that alone evaluates the model."""
    return max(parallel, _ON_PROCESSOR) if processor else MAX_BATCH


def processor_alone(devices: Path = Path("/dev")) -> bool:
    """Whether this machine has no GPU, as far as one can see without waking its driver; a
    llama-server that the user named may know more than we do."""
    if sys.platform != "linux" or os.environ.get(SERVER_VARIABLE):
        return False
    names = ("nvidiactl", "kfd", "dxg")
    return not any((devices / name).exists() for name in names) and not list(
        devices.glob("dri/renderD*")
    )
