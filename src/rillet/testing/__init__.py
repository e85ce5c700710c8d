"""For tests of programs that talk to model servers: servers whose every byte is in your hands.

With pytest: the fixture `model_server` (see `rillet.pytest_plugin`), and stories from here.

    from rillet.testing import told

    def test_a_cut_is_noticed(model_server):
        server = model_server(told("Hel", "lo").truncated(after=1))
        with pytest.raises(rillet.StreamTruncated) as caught:
            rillet.Client(server.url).chat("model", [...])
        assert caught.value.partial.text == "Hel"

Without: `with ScriptedServer(told("Hi").script()) as server: ... server.url ...`. Scripts may hold
any steps of `rillet.testing.steps`: bytes as they stand, pauses, signals, hang-ups.
"""

from rillet.testing.connection import (
    CHUNKED,
    LAST_CHUNK,
    Connection,
    ReceivedRequest,
    answer,
    chunk,
    head,
)
from rillet.testing.server import ScriptedServer
from rillet.testing.steps import (
    Drip,
    Hangup,
    Pause,
    Reset,
    Script,
    Send,
    Signal,
    Stall,
    StartTls,
    Step,
    WaitFor,
)
from rillet.testing.story import Story, failure, recorded, told

__all__ = [
    "CHUNKED",
    "LAST_CHUNK",
    "Connection",
    "Drip",
    "Hangup",
    "Pause",
    "ReceivedRequest",
    "Reset",
    "Script",
    "ScriptedServer",
    "Send",
    "Signal",
    "Stall",
    "StartTls",
    "Step",
    "Story",
    "WaitFor",
    "answer",
    "chunk",
    "failure",
    "head",
    "recorded",
    "told",
]
