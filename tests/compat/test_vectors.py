"""Every recorded request of Ollama's server, asked of a real `rillet serve`."""

import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .cases import Case, load
from .differences import DIFFERENT
from .judging import judge
from .registry import registry
from .serving import Serving, serving
from .shapes import Misfit
from .steps import Setup

CASES = load()
#: Conditions that hold anyway: there is no cloud behind this server.
_ALWAYS = {"cloud-disabled"}


class Servers:
    """One server for each set of special conditions, started when the first case wants it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._running: dict[frozenset[str], Setup] = {}

    def fit_for(self, case: Case) -> Setup:
        needs = case.needs - _ALWAYS
        if needs not in self._running:
            self._running[needs] = self._start(needs)
        setup = self._running[needs]
        if "registry" in case.setup and not setup.registry:
            setup.registry = self._stack.enter_context(registry()).address
        return setup

    def _start(self, needs: frozenset[str]) -> Setup:
        store = self._folder / ("-".join(sorted(needs)) or "default")
        env = {"RILLET_LLAMA_SERVER": self._engine()} if "engine-script" in needs else {}
        host = "0.0.0.0:0" if "bind-any" in needs else "127.0.0.1:0"
        running: Serving = self._stack.enter_context(serving(store, host, **env))
        setup = Setup(running.url)
        if "store-empty" not in needs:
            setup.create_models()
        return setup

    def _engine(self) -> str:
        """The scripted engine as a program."""
        path = self._folder / "llama-server"
        script = Path(__file__).with_name("scripted_engine.py")
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
        path.chmod(0o755)
        return str(path)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("vectors")
    with ExitStack() as stack:
        yield Servers(folder, stack)
    shutil.rmtree(folder)


def parameters() -> Iterator[object]:
    for case in CASES:
        marks = [pytest.mark.slow] if case.needs - _ALWAYS else []
        if case.id in DIFFERENT:
            reason = DIFFERENT[case.id]
            marks.append(pytest.mark.xfail(reason=reason, raises=Misfit, strict=True))
        yield pytest.param(case, id=case.id, marks=marks)


@pytest.mark.parametrize("case", list(parameters()))
def test_it_answers_as_ollama_does(case: Case, servers: Servers) -> None:
    asked, answer = servers.fit_for(case).run(case, uuid.uuid4().hex[:12])
    assert judge(asked, answer) in ("recorded", "improved")


def test_every_difference_is_told() -> None:
    text = (Path(__file__).parents[2] / "docs" / "compatibility.md").read_text()
    assert DIFFERENT.keys() <= {case.id for case in CASES}
    assert [name for name in DIFFERENT if f"`{name}`" not in text] == []
