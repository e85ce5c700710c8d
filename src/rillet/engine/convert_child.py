"""The child that converts tensors: what `child.py` is to a load, this is to a conversion.

Order  one JSON line on stdin: {"wheel", "sources", "target", "length", "steps"}. A step is a
       tensor: {"source", "from": [type, offset, size], "to": [type, offset, size], "row", "rows"};
       `source` is an index, types are ggml's numbers, offsets count from the start of the file in
       bytes, `row` is in elements. Stdin's end is ours.
Report JSON lines on stdout: {"done": bytes read so far}, then {"ready": true} or {"failed": text}.
"""

import ctypes
import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # isolated, we find ourselves
from child import end_with_parent, preload, restrict, tell  # type: ignore[import-not-found]

_F32, _F16, _BF16 = 0, 1, 30
_ELEMENTS = 1 << 22  # of a piece: what a thread has in hand


def main() -> None:
    order = json.loads(sys.stdin.buffer.readline() or b"{}")
    if not order:
        return
    report = os.dup(1)
    os.dup2(2, 1)
    end_with_parent(0)
    restrict(None)
    try:
        preload(order["wheel"])
        library = _library(order["wheel"])
        done = 0
        sources = [os.open(path, os.O_RDONLY) for path in order["sources"]]
        with open(order["target"], "r+b") as target:
            os.ftruncate(target.fileno(), order["length"])
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                for step in order["steps"]:
                    work = _worker(library, sources[step["source"]], target.fileno(), step)
                    for size in pool.map(work, _pieces(step)):
                        done += size
                    tell(report, {"done": done})
            os.fsync(target.fileno())
    except BaseException as error:
        tell(report, {"failed": f"{error or type(error).__name__}"})
        sys.exit(1)
    tell(report, {"ready": True})


def _library(wheel: str) -> Any:
    folder = os.path.join(wheel, "xllamacpp")
    name = next(name for name in os.listdir(folder) if name.endswith(".so"))
    library = ctypes.CDLL(os.path.join(folder, name))
    if not hasattr(library, "ggml_quantize_chunk"):
        raise OSError("the engine in the wheel has no entry for it")
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    return library


def _pieces(step: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """Ranges of rows."""
    at_once = max(1, _ELEMENTS // step["row"])
    for start in range(0, step["rows"], at_once):
        yield start, min(at_once, step["rows"] - start)


def _worker(
    library: Any, source: int, target: int, step: dict[str, Any]
) -> Callable[[tuple[int, int]], int]:
    """Converts a range of rows; returns how many bytes it read."""
    (old, begin, size), (new, place, new_size) = step["from"], step["to"]
    row, rows = step["row"], step["rows"]

    def work(piece: tuple[int, int]) -> int:
        start, count = piece
        length: int = size // rows * count
        data = os.pread(source, length, begin + size // rows * start)
        if len(data) < length:
            raise OSError("the file ends inside its tensors")
        if old != new:
            data = _quantized(library, _floats(library, data, old, row * count), new, count, row)
        os.pwrite(target, data, place + new_size // rows * start)
        return length

    return work


def _floats(library: Any, data: bytes, kind: int, elements: int) -> Any:
    if kind == _F32:
        return ctypes.create_string_buffer(data, len(data))
    convert = {_F16: "ggml_fp16_to_fp32_row", _BF16: "ggml_bf16_to_fp32_row"}[kind]
    floats = ctypes.create_string_buffer(4 * elements)
    getattr(library, convert)(data, floats, ctypes.c_int64(elements))
    return floats


def _quantized(library: Any, floats: Any, kind: int, rows: int, row: int) -> bytes:
    out = ctypes.create_string_buffer(4 * rows * row)  # no type is larger
    size = library.ggml_quantize_chunk(
        ctypes.c_int(kind),
        floats,
        out,
        ctypes.c_int64(0),
        ctypes.c_int64(rows),
        ctypes.c_int64(row),
        None,
    )
    return out.raw[:size]


if __name__ == "__main__":
    main()
