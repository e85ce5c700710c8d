"""Models in Ollama's own layout: made over for the engine once, and kept in the user's cache.

Made before the first load, in `$XDG_CACHE_HOME/rillet/models` (`~/.cache`): as large as the model,
unless the file system shares the data. The file may be deleted at any time; one that nobody loaded
for a month goes when the next is made.
"""

import asyncio
import hashlib
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from rillet.engine import LoadOptions, read_model_header
from rillet.engine.preflight import metadata_of
from rillet.engine.relaying import relay
from rillet.model.gguf import GgufHeader
from rillet.model.gguf.draft import Layout
from rillet.model.gguf.ollama_layout import is_ollama_layout, projector, relaid
from rillet.service.slots import Tell
from rillet.store.home import home
from rillet.words.errors import LoadFailed
from rillet.words.events import Progress

_DAY, _MONTH = 86400, 30 * 86400
#: Of what `relaid` makes: another one makes the files anew.
_VERSION = 2


async def loadable(
    options: LoadOptions, header: GgufHeader, tell: Tell
) -> tuple[LoadOptions, GgufHeader]:
    """What the engine is to load for these options, and the header of that.

    Raises `LoadFailed` where it cannot be made.
    """
    if not is_ollama_layout(header):
        return options, header
    source = Path(options.model_path)
    try:
        model, eyes = await _made(source, header, tell)
    except OSError as error:
        raise LoadFailed(
            f"{source.name} is in Ollama's own layout, and cannot be made over for llama.cpp:"
            f" {error.strerror or error}",
            hint="XDG_CACHE_HOME names another folder, with as much room as the model takes",
        ) from None
    found = await asyncio.to_thread(read_model_header, model)
    seeing = options.projector_path or (str(eyes) if eyes else None)
    made = msgspec.structs.replace(options, model_path=str(model), projector_path=seeing)
    return made, found


async def _made(source: Path, header: GgufHeader, tell: Tell) -> tuple[Path, Path | None]:
    """The files of the model, and of what sees in it."""
    entries = await asyncio.to_thread(metadata_of, source)
    model = await asyncio.to_thread(_place, source)
    await _file(source, model, relaid(header, entries), tell)
    layout = projector(header, entries)
    if layout is None:
        return model, None
    eyes = model.with_suffix(".mmproj")
    await _file(source, eyes, layout, tell)
    return model, eyes


def _place(source: Path) -> Path:
    """Named for the file as it is now."""
    status = source.stat()
    said = f"{_VERSION} {source.resolve()} {status.st_size} {status.st_mtime_ns}"
    named = os.environ.get("XDG_CACHE_HOME", "")
    cache = Path(named) if named.startswith("/") else home() / ".cache"
    folder = cache / "rillet" / "models"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{hashlib.sha256(said.encode()).hexdigest()[:32]}.gguf"


async def _file(source: Path, target: Path, layout: Layout, tell: Tell) -> None:
    if not await asyncio.to_thread(target.exists):
        await _make(source, target, layout, tell)
    await asyncio.to_thread(os.utime, target)


async def _make(source: Path, target: Path, layout: Layout, tell: Tell) -> None:
    size = sum(tensor.new.size for tensor in layout.tensors) or 1
    await asyncio.to_thread(_forget_old, target.parent)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        new = Path(folder) / target.name
        steps = relay(source, new, layout)
        while (done := await asyncio.to_thread(next, steps, None)) is not None:
            so_far = Progress("loading", completed=min(999, 1000 * done // size), total=1000)
            tell(lambda now=so_far: now)  # type: ignore[misc]
        new.replace(target)


def _forget_old(folder: Path) -> None:
    """What nobody has loaded for long, and what a process left that was killed while it wrote."""
    now = time.time()
    for path in folder.iterdir():
        with suppress(OSError):
            age = now - path.stat().st_mtime
            if path.is_dir() and age > _DAY:
                shutil.rmtree(path, ignore_errors=True)
            elif path.is_file() and age > _MONTH:
                path.unlink()
