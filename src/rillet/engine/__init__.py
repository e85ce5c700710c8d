"""The engine room: llama.cpp in supervised processes, one for each loaded model.

process = await EngineProcess.start(LoadOptions(model_path="model.gguf"))
process.endpoint         # llama-server's HTTP API on a private unix socket, with a key
await process.stop()

The law here: what a model file or a request can break is broken in a child, never in us, and its
end is a value. Nobody here reads tokens.
"""

from rillet.engine.batch import processor_alone, usual_batch
from rillet.engine.endpoint import Endpoint
from rillet.engine.machine_memory import MachineMemory, available_memory, machine_memory
from rillet.engine.memory import estimate_memory, gpu_share
from rillet.engine.options import LoadOptions
from rillet.engine.preflight import read_model_header
from rillet.engine.process import EngineProcess
from rillet.engine.survey import Capabilities, Device, capabilities, gpus_found, has_gpu
from rillet.engine.threads import usual_threads

__all__ = [
    "Capabilities",
    "Device",
    "Endpoint",
    "EngineProcess",
    "LoadOptions",
    "MachineMemory",
    "available_memory",
    "capabilities",
    "estimate_memory",
    "gpu_share",
    "gpus_found",
    "has_gpu",
    "machine_memory",
    "processor_alone",
    "read_model_header",
    "usual_batch",
    "usual_threads",
]
