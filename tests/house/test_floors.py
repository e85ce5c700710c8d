"""The floors of the house: imports go down, never up, never sideways between rooms of one floor."""

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "rillet"

FLOORS = {
    "words": 0,
    "wire": 1,
    "text": 1,
    "model": 1,
    "builtin": 1,
    "net": 2,
    "store": 2,
    "journal": 2,
    "engine": 2,
    "client": 3,
    "service": 3,
    "server": 4,
    "testing": 4,
    "ollama": 4,
    "cli": 5,
}
#: Rooms whose walls are thin by design, with the reason.
ALLOWED = {
    ("wire", "text"): "a duration in a request is read as Go reads it",
}
#: What touches the world stays out of floors 0 and 1: clocks, ids and bytes are arguments there.
WORLDLY = {
    "socket",
    "asyncio",
    "threading",
    "time",
    "os",
    "pathlib",
    "ssl",
    "select",
    "subprocess",
    "http",
}
WORLDLY |= {
    "urllib",
    "urllib3",
    "requests",
    "httpx",
    "aiohttp",
    "httptools",
    "uvicorn",
    "starlette",
}

MODULES = sorted(SRC.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Absolute names of all that a module imports, also within functions."""
    package = ("rillet", *path.relative_to(SRC).parts[:-1])
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{name}.{alias.name}" for alias in node.names} | {name}
    return found


def room(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "rillet" and len(parts) > 1 and parts[1] in FLOORS else None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SRC)))
def test_imports_go_down(path: Path) -> None:
    own = path.relative_to(SRC).parts[0]
    if own not in FLOORS:
        pytest.skip("a door of the house, above all floors")
    for name in imports(path):
        other = room(name)
        if other is None or other == own or (own, other) in ALLOWED:
            continue
        assert FLOORS[other] < FLOORS[own], f"{own} (floor {FLOORS[own]}) imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SRC)))
def test_words_and_machines_are_pure(path: Path) -> None:
    own = path.relative_to(SRC).parts[0]
    if FLOORS.get(own, 9) > 1 or own == "builtin":
        return
    worldly = {name for name in imports(path) if name.split(".")[0] in WORLDLY}
    if path.relative_to(SRC).as_posix() == "wire/learned.py":
        worldly -= {"threading"}  # a lock around msgspec's own memory: without it threads crash
    assert not worldly, f"{path.relative_to(SRC)} imports {worldly}"


def test_every_room_has_a_floor() -> None:
    rooms = {path.name for path in SRC.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms <= FLOORS.keys()
