"""Why an engine failed: from its exit status and the end of its stderr to one plain sentence.

What an engine prints is in part what a stranger wrote into a model file: it comes out of here
without control characters and of bounded length.
"""

import re
import signal

_LONGEST = 400

#: The engine's own prefix: time since its start, a letter for the level, the part that speaks.
_STAMP = re.compile(r"^\d+\.\d\d\.\d{3}\.\d{3} (?=[A-Z] )")
_LEVEL = re.compile(r"^[A-Z] (?:[\w.]+ {1,12})?[\w():~ ]{0,60}?: (?:init: )?(?=\S)")

#: Lines that say the cause, the best first; group 1 is the cause.
_CAUSES = (
    re.compile(r"(GGML_ASSERT\(.*)"),
    re.compile(r"error loading model: (?:llama_model_loader: )?(.*)"),
    re.compile(r"what\(\): *(.*)"),
    re.compile(r"(?:\.c|\.cpp|\.cu):\d+: (.*)"),
)
_MEMORY = re.compile(
    r"bad_alloc|out of memory|failed to allocate|cannot allocate|MemoryError", re.I
)
_LIBRARY = re.compile(r"[\w+-]+\.so[.\d]*(?=: cannot open shared object file)")
_DAMAGED = re.compile(
    r" is missing$|SIGBUS|is not a number$|not within the file bounds|failed to read key-value"
)
_UNKNOWN = re.compile(r"unknown (?:model architecture|pre-tokenizer type|tokenizer)")
_NEWER = (
    "This llama.cpp does not know such models, a newer one may: pip install --upgrade xllamacpp,"
    " or name its llama-server in RILLET_LLAMA_SERVER"
)
_EMPTY = re.compile(r"failed to load model from")


def clean(raw: bytes) -> str:
    """Text of a stderr: no control characters but line ends, bytes that are not UTF-8 replaced."""
    text = raw.decode("utf-8", "replace").replace("\r", "\n")
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def cause(stderr: str) -> str:
    """The line of `stderr` that says most about a failure, without its prefix; "" if none does."""
    lines = [_STAMP.sub("", line).strip() for line in stderr.splitlines() if line.strip()]
    for pattern in _CAUSES:
        for line in lines:
            found = pattern.search(line)
            if found and not _EMPTY.search(found[1]):
                return found[1][:_LONGEST]
    for place, line in enumerate(lines):
        if line.startswith("E "):
            return _with_detail(_LEVEL.sub("", line), lines[place + 1 :])[:_LONGEST]
    return lines[0][:_LONGEST] if lines else ""


def _with_detail(line: str, following: list[str]) -> str:
    """A line that ends in a colon goes on in the lines after it; the end of that is the point."""
    if line.endswith(":"):
        for other in following:
            if other.startswith("Error: "):
                return f"{line} {other.removeprefix('Error: ')}"
    return line


def is_about_memory(text: str) -> bool:
    return bool(_MEMORY.search(text))


def load_failure(said: str, stderr: str, limit: int | None) -> str:
    """Why a load failed that the child itself reported: stderr says more than its exception."""
    why = cause(stderr) or said
    return _short_of_memory(limit, why) if limit and is_about_memory(stderr + said) else why


def _short_of_memory(limit: int, why: str) -> str:
    return f"out of memory, of which it may use {limit >> 20} MiB ({why})"


def remedy(why: str) -> str | None:
    """What to do about a failure, where it is known. `None` leaves the error's own hint."""
    if _DAMAGED.search(why):
        return "The file of the model is damaged or gone: fetch it again"
    if _UNKNOWN.search(why):
        return _NEWER
    missing = _LIBRARY.search(why)
    if missing is None:
        return None
    if missing[0] == "libgomp.so.1":
        return "On Debian or Ubuntu: apt-get install libgomp1"
    return "A library of the system is missing: install the package that has it"


def explain(returncode: int, stderr: str, *, killed_by_kernel: bool, limit: int | None) -> str:
    """One sentence: how the process ended and, where it is known, why.

    `returncode` as in subprocess: negative is a signal. `killed_by_kernel`: the machine ran out of
    memory meanwhile. `limit`: the bytes of memory the process was allowed.
    """
    why = cause(stderr)
    if killed_by_kernel and returncode == -signal.SIGKILL:
        return "the system ran out of memory and ended it"
    if limit and is_about_memory(stderr):
        return _short_of_memory(limit, why)
    if returncode == -signal.SIGBUS:
        return "killed by SIGBUS: a file that it reads became shorter, or its disk cannot be read"
    if returncode < 0:
        text = f"killed by {_signal_name(returncode)}"
    else:
        text = f"exit status {returncode}"
    # Nothing that it printed earlier explains a kill from outside.
    return text if returncode == -signal.SIGKILL or not why else f"{text}: {why}"


def _signal_name(returncode: int) -> str:
    try:
        return signal.Signals(-returncode).name
    except ValueError:
        return f"signal {-returncode}"
