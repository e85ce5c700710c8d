"""How a child is started: its command line, its surroundings, and the order it gets.

`RILLET_LLAMA_SERVER` names a llama-server to run in place of the wheel; the child then makes itself
harmless as always and becomes that program.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from rillet.engine import parameters
from rillet.engine.endpoint import Endpoint
from rillet.engine.options import LoadOptions
from rillet.model.gguf import GgufHeader
from rillet.model.gguf.weights import floats
from rillet.words.errors import EngineError

SERVER_VARIABLE = "RILLET_LLAMA_SERVER"
_CHILD = str(Path(__file__).with_name("child.py"))

#: Threads that wait must sleep: on busy cores spinning costs five sixths of the speed. And no
#: debugger is to be started for a stack trace when the engine aborts.
HABITS = {"OMP_WAIT_POLICY": "PASSIVE", "GGML_NO_BACKTRACE": "1"}

#: Bytes of weights up to which all are looked at for what is no number: a damaged model answers
#: nonsense, and nobody knows why. It takes a second for each GiB, a fifth of the load.
_CHECKED = 512 << 20


def wheel_folder() -> str:
    """The folder where xllamacpp is installed. Raises `EngineError` where it is not."""
    found = importlib.util.find_spec("xllamacpp")
    if found is None or found.origin is None:
        raise EngineError(
            "There is no engine: the package xllamacpp is not installed",
            hint=f"pip install xllamacpp, or name a llama-server in {SERVER_VARIABLE}",
        )
    return str(Path(found.origin).parent.parent)


def server_binary(variables: Mapping[str, str]) -> str | None:
    """The llama-server that the user named. Raises `EngineError` if it cannot be run."""
    named = variables.get(SERVER_VARIABLE)
    if not named:
        return None
    from shutil import which  # slow to import, and hardly anybody needs it

    found = which(os.path.expanduser(named), path=variables.get("PATH"))
    if found is None:
        raise EngineError(
            f"{SERVER_VARIABLE} names {named!r}, which is not a program",
            hint="Give the path of a llama-server, or unset the variable",
        )
    return os.path.abspath(found)


def surroundings(
    options: LoadOptions, endpoint: Endpoint, binary: str | None, variables: Mapping[str, str]
) -> dict[str, str]:
    """The child's environment. What the user set wins over habits, not over `options`."""
    ours = parameters.server_environment(options, endpoint) if binary else {}
    return {**HABITS, **variables, **ours}


def load_order(
    options: LoadOptions,
    header: GgufHeader,
    endpoint: Endpoint,
    binary: str | None,
    memory_limit: int | None,
) -> dict[str, Any]:
    """What the child is told on its stdin; see `child.main`."""
    # The kernel counts the stacks of threads as memory taken, whether they are used or not.
    stacks = parameters.thread_stacks(options)
    order: dict[str, Any] = {"memory_limit": memory_limit and memory_limit + stacks}
    if sum(tensor.size for tensor in header.tensors) <= _CHECKED:
        order["floats"] = {options.model_path: floats(header)}
    if binary:
        order["exec"] = [binary, *parameters.server_flags(options, endpoint)]
    else:
        order["wheel"] = wheel_folder()
        order["set"] = parameters.wheel_settings(options, endpoint)
    return order


def spawn(
    order: dict[str, Any], variables: Mapping[str, str], label: str, child: str = _CHILD
) -> subprocess.Popen[bytes]:
    """Start a child with its three pipes and give it its order. `label` is for readers of `ps`."""
    # -I and -S: no user folders, no .pth files; the order says where the engine lies.
    argv = [sys.executable, "-I", "-S", child, label]
    try:
        # A session of its own: Ctrl-C at the terminal is for us, and we decide what ends.
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=dict(variables),
            start_new_session=True,
        )
    except OSError as error:
        raise EngineError(f"The engine cannot be started: {error}") from error
    assert process.stdin
    try:
        process.stdin.write(msgspec.json.encode(order) + b"\n")
    except BrokenPipeError:
        pass  # it is dead already; whoever watches it will see that
    return process
