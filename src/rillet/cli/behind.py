"""The servers behind a server, in words for people: for `rillet ps` and `rillet doctor`."""

from rillet.cli.moments import ago, seconds_since
from rillet.client.sync import Client
from rillet.text.human import human_span
from rillet.words.errors import RilletError
from rillet.words.models import UpstreamHealth

HEADER = ("UPSTREAM", "URL", "SPEAKS", "MODELS", "STATE")


def servers(client: Client) -> list[UpstreamHealth]:
    """None where the server does not tell: not every one knows the question."""
    try:
        return client.upstreams()
    except RilletError:
        return []


def row(server: UpstreamHealth) -> tuple[str, str, str, str, str]:
    return (server.name or "-", server.url, server.speaks, str(server.models), state(server))


def state(server: UpstreamHealth) -> str:
    """``Up 5 minutes``, ``Down 2 hours``."""
    elapsed = seconds_since(server.since)
    span = "" if elapsed is None else f" {human_span(max(0.0, elapsed))}"
    return f"{'Up' if server.reachable else 'Down'}{span}"


def described(server: UpstreamHealth) -> str:
    """One line: the state, and what it has or why it has nothing."""
    text = f"{server.name} at {server.url}: {state(server)}".removeprefix(" at ")
    if not server.reachable:
        return f"{text}. {server.last_error}"
    models = "1 model" if server.models == 1 else f"{server.models} models"
    text += f", {models}, speaks {server.speaks}'s API"
    if server.last_error:
        text += f"; last error {ago(server.last_error_at)}: {server.last_error}"
    return text
