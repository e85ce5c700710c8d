"""`rillet doctor`: looks at all that an answer needs, and says what to do where it is amiss."""

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from rillet.cli import behind, exits, screen, where
from rillet.cli.parsing import Parser
from rillet.text.human import human_size
from rillet.text.terminal import clean
from rillet.text.wordwrap import fitted
from rillet.words.errors import InvalidRequest, RilletError

USAGE = "[--json]"
EXAMPLES = """
  rillet doctor
  rillet doctor --json
"""


_INDENT = 4  # columns of a mark and what goes with it
_NATIVE = (
    "A build for this processor would read prompts about twice as fast (AVX-512): docs/engine.md"
    " has the command, RILLET_LLAMA_SERVER names its llama-server"
)
_GONE = "Its models cannot be used until it answers; if it is gone for good, serve without it"
_NO_SERVER = "none runs, so the engine inside is used (start one: rillet serve)"


class Finding(Struct, frozen=True):
    """One thing that was looked at. `advice` says what to do where it is not `well`."""

    subject: str
    well: bool
    text: str
    advice: str = ""


def arguments(parser: Parser) -> None:
    parser.switch("--json", help="as JSON")
    parser.host()


def run(args: Namespace) -> int:
    out = screen.output()
    findings = []
    for finding in examine(args.host):
        findings.append(finding)
        if not args.json:
            _tell(finding, out)
    if args.json:
        import msgspec

        out.write(msgspec.json.encode({"findings": findings}).decode() + "\n")
    return exits.COMPLETE if all(finding.well for finding in findings) else exits.ERROR


def _tell(finding: Finding, out: screen.Screen) -> None:
    mark = out.styled("ok ", "32") if finding.well else out.styled("!! ", "1;31")
    text = f"{finding.subject}: {finding.text}"
    if out.is_terminal:
        text = fitted(clean(text), out.width() - _INDENT).replace("\n", "\n" + " " * _INDENT)
    out.write(f"{mark} {text}\n")
    if finding.advice:
        out.line(f"    {finding.advice}")


def examine(host: str | None) -> Iterator[Finding]:
    """Each finding when it is known."""
    looks: dict[str, Callable[[], Finding]] = {
        "program": _program,
        "engine": _engine,
        "memory": _memory,
        "models": _models,
        "server": lambda: _server(host),
        "answer": _answer,
    }
    for subject, look in looks.items():
        try:
            yield look()
        except RilletError as error:
            yield Finding(subject, False, error.message, error.hint)
        except Exception as error:  # a look must not end the others
            yield Finding(subject, False, f"{type(error).__name__}: {error}")
    yield from _upstreams(host)


def _program() -> Finding:
    from rillet import __version__

    python = ".".join(map(str, sys.version_info[:3]))
    return Finding("program", True, f"rillet {__version__}, Python {python}, {sys.platform}")


def _engine() -> Finding:
    from rillet.engine import capabilities
    from rillet.engine.threads import usable_cores

    found = capabilities()
    devices = (
        ", ".join(f"{each.name} ({each.description})" for each in found.devices) or "processor"
    )
    slow = found.leaves_speed and not found.llama_server
    uses = f"; {usable_cores()} threads, {', '.join(found.used) or 'no special features'}"
    return Finding(
        "engine",
        True,
        # The features are those of the wheel; a llama-server has its own.
        f"llama.cpp {found.llama_server or found.version + uses}, on {devices}",
        _NATIVE if slow else "",
    )


def _memory() -> Finding:
    from rillet.engine import available_memory

    free = available_memory()
    few = 0 < free < 1 << 30
    return Finding(
        "memory",
        not few,
        f"{human_size(free)} free" if free else "unknown",
        "Close other programs, or take a smaller model" if few else "",
    )


def _models() -> Finding:
    import shutil

    with where.embedded().client as client:
        count = len(client.tags())
    root = _root()
    there = next(path for path in (root, *root.parents) if path.exists())
    free = shutil.disk_usage(there).free
    writable = os.access(there, os.W_OK)
    return Finding(
        "models",
        writable,
        f"{count} in {root}, {human_size(free)} of disk free",
        "" if writable else "The folder cannot be written; RILLET_MODELS names another one",
    )


def _root() -> Path:
    from rillet.store.roots import default_roots

    named = os.environ.get("RILLET_MODELS") or os.environ.get("OLLAMA_MODELS")
    return Path(named).expanduser() if named else default_roots()[0]


def _server(host: str | None) -> Finding:
    there = where.server(host)
    if there is None:
        return Finding("server", True, _NO_SERVER)
    with there.client as client:
        try:
            speaks = f"version {client.version()}"
        except InvalidRequest:
            speaks = f"OpenAI's API and has {len(client.tags())} models"
    return Finding("server", True, f"{there.name} speaks {speaks}")


def _upstreams(host: str | None) -> Iterator[Finding]:
    """One for each server behind the one that runs; whether that is well was told before."""
    try:
        there = where.server(host)
    except RilletError:
        return
    if there is None:
        return
    with there.client as client:
        for each in behind.servers(client):
            advice = "" if each.reachable else _GONE
            yield Finding("upstream", each.reachable, behind.described(each), advice)


def _answer() -> Finding:
    """The proof: a short answer of the default model."""
    model = where.default_model()
    found = where.find(model, None)
    with found.place.client as client:
        if found.card is None and (listed := client.tags()):  # it has no cards, and its own models
            model = listed[0].name
        reply = client.generate(model, "Hi", options={"num_predict": 4})
    return Finding(
        "answer", bool(reply.text), f"{model} answers" if reply.text else f"{model} is silent"
    )
