"""The child: becomes harmless, loads one model, serves it, ends with its parent.

It is run by its path, isolated and without `site`, so it imports little and nothing of Rillet's:
an interpreter that starts fast is half of a fast load.

Order  one JSON line on stdin, see `main`. Stdin then stays open: its end is our end.
Report one JSON line on stdout: {"ready": {"address"}} or {"failed": text}. All other output,
       whoever prints it, goes to stderr.
"""

import fcntl
import json
import mmap
import os
import resource
import select
import signal
import sys
from typing import Any, NoReturn

#: Above everything a user runs, so that a machine short of memory loses an engine first.
OOM_SCORE = 900
#: Seconds between two looks at the parent, for platforms or forks where stdin stays open.
_WATCH = 5


def main() -> NoReturn:
    """Obey the order {"memory_limit", "floats", "wheel", "set"} or the same with "exec".

    `exec` is the command line of a llama-server; `set` are attributes of `xllamacpp.CommonParams`
    by dotted name, `wheel` the folder where xllamacpp is installed; `floats` are looked at first,
    see `check_floats`; `survey` only asks what the engine finds on this machine.
    """
    parent = os.getppid()
    order = json.loads(sys.stdin.buffer.readline() or b"{}")
    if not order:
        os._exit(0)
    report = os.dup(1)
    os.dup2(2, 1)
    end_with_parent(0)
    restrict(order.get("memory_limit"))
    try:
        for path, floats in order.get("floats", {}).items():
            if os.path.getsize(path):  # the engine has words for an empty one
                check_floats(path, floats)
        if "exec" in order:
            os.execv(order["exec"][0], order["exec"])
        sys.path.append(order["wheel"])
        preload(order["wheel"])
        said = survey() if order.get("survey") else {"ready": serve(order["set"])}
    except BaseException as error:
        print_log()
        tell(report, {"failed": f"{error or type(error).__name__}"})
        sys.exit(1)
    tell(report, said)
    watch(parent)


def end_with_parent(lifeline: int) -> None:
    """Have the kernel kill us when the other end of `lifeline` closes, however the parent ends.

    A thread would not do: loading holds the interpreter lock. A parent-death signal would not do
    either: it strikes when the parent's *thread* ends. This also outlives an exec.
    """
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    if is_cut(lifeline, 0):
        os._exit(0)


def is_cut(lifeline: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(lifeline, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def restrict(memory_limit: int | None) -> None:
    """No core files, first in line when memory runs out, and no more than our share of it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write(str(OOM_SCORE))
    except OSError:
        pass
    if memory_limit and sys.platform == "linux":
        # Private writable memory only: a mapped model file does not count.
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        if most != resource.RLIM_INFINITY:
            memory_limit = min(memory_limit, most)
        resource.setrlimit(resource.RLIMIT_DATA, (memory_limit, memory_limit))


def check_floats(path: str, floats: list[tuple[str, int, int, int, str, list[int]]]) -> None:
    """Raise `ValueError` where a weight is no number, of which all that is computed becomes none.

    `floats` as in `model.gguf.weights.Floats`. Slices, because a loop would be a hundred times
    slower.
    """
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
        for tensor, start, size, block, kind, places in floats:
            width, full = _KINDS[kind]
            step = max(1, _AT_ONCE // block) * block
            for at in range(start, start + size, step):
                end = min(at + step, start + size)
                for last in (at + place + width - 1 for place in places):
                    high = data[last:end:block].translate(full)
                    if b"\1" in high and _is_full(kind, high, data[last - 1 : end : block]):
                        raise ValueError(f"tensor {tensor!r} has a weight that is not a number")


def _is_full(kind: str, high: bytes, low: bytes) -> bool:
    """Whether an exponent is all ones: the last byte of most floats lacks one bit of it."""
    return kind == "F16" or any(h and w & 0x80 for h, w in zip(high, low, strict=False))


_AT_ONCE = 4 << 20  # bytes
_FULL_SHORT = bytes(byte & 0x7C == 0x7C for byte in range(256))
_FULL_LONG = bytes(byte & 0x7F == 0x7F for byte in range(256))
#: Bytes of a float, and which values of its last byte an infinite one can have (IEEE 754).
_KINDS = {"F32": (4, _FULL_LONG), "BF16": (2, _FULL_LONG), "F16": (2, _FULL_SHORT)}


def preload(wheel: str) -> None:
    """Take OpenMP's runtime from beside the engine, where `scripts/venv.sh` put it.

    It does so where the system has none and nobody may install it.
    """
    beside = os.path.join(wheel, "xllamacpp.libs", "libgomp.so.1")
    if os.path.exists(beside):
        import ctypes  # slow to import, and hardly anybody needs it

        ctypes.CDLL(beside, ctypes.RTLD_GLOBAL)


def engine() -> Any:
    """xllamacpp, without an estimator that it imports: that takes a fifth of a start."""
    stub = type(sys)("xllamacpp.memory")
    stub.__dict__["__getattr__"] = lambda name: None
    sys.modules[stub.__name__] = stub
    import xllamacpp

    return xllamacpp


def serve(settings: dict[str, Any]) -> dict[str, Any]:
    """Load the model and open the listener; returns when it answers."""
    xllamacpp = engine()
    params = xllamacpp.CommonParams()
    for name, value in settings.items():
        *owners, attribute = name.split(".")
        target = params
        for owner in owners:
            target = getattr(target, owner)
        value = _value(xllamacpp, value)
        if attribute == "tensor_split":
            # An array of fixed length there: the rest stays 0.
            value += getattr(target, attribute)[len(value) :]
        setattr(target, attribute, value)
    # Kept for ever: to delete a server can deadlock. We end by being killed.
    global _server
    _server = xllamacpp.Server(params)
    return {"address": _server.listening_address}


_server: Any = None


def _value(xllamacpp: Any, value: Any) -> Any:
    """JSON has no enums and no objects: {"enum": "type.NAME"} and {"adapters": [paths]}."""
    if isinstance(value, list):
        return [_value(xllamacpp, item) for item in value]
    if not isinstance(value, dict):
        return value
    if "enum" in value:
        kind, name = value["enum"].split(".")
        return getattr(getattr(xllamacpp, kind), name)
    adapters = []
    for path in value["adapters"]:
        adapter = xllamacpp.CommonAdapterLoraInfo()
        adapter.path, adapter.scale = path, 1.0
        adapters.append(adapter)
    return adapters


def print_log() -> None:
    """Have the engine print what it still has to say: a thread of its own does that, and with the
    process it would just end. The two functions are llama.cpp's (common/log.h), with the names that
    C++ gives them; where they are called otherwise, a reason may get lost."""
    module = sys.modules.get("xllamacpp.xllamacpp")
    if module is None or not module.__file__:
        return
    import ctypes  # slow to import, and hardly anybody needs it

    try:
        library = ctypes.CDLL(module.__file__)
        log, flush = library._Z15common_log_mainv, library._Z16common_log_flushP10common_log
    except (AttributeError, OSError):
        return
    log.restype = ctypes.c_void_p
    flush.argtypes = [ctypes.c_void_p]
    flush(log())


def survey() -> dict[str, Any]:
    """What the engine finds on this machine."""
    xllamacpp = engine()
    keep = ("name", "description", "memory_free", "memory_total")
    devices = [
        {key: device[key] for key in keep} | {"type": device["type"].name.rsplit("_", 1)[-1]}
        for device in xllamacpp.get_device_info()
    ]
    return {
        "devices": devices,
        "features": xllamacpp.get_system_info(),
        "version": xllamacpp.__version__,
        "build": {key: str(value) for key, value in xllamacpp.BUILD_INFO.items()},
    }


def tell(report: int, said: dict[str, Any]) -> None:
    os.write(report, json.dumps(said).encode() + b"\n")


def watch(parent: int) -> NoReturn:
    while not is_cut(0, _WATCH) and os.getppid() == parent:
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
