"""The last word of a caller who leaves: sent by a thread of its own, for nobody waits for it.

It must go out from a signal handler, from a loop that is about to end, and on a connection of its
own, since the other one is being cut. The process waits for it at its end, some seconds at most.

Streams that are open when the process ends are stopped by it then: once the interpreter is taken
down, when the last variables go, no thread starts any more, and to wait for one is to hang.
"""

import atexit
import sys
import threading
from time import monotonic
from typing import Any, Protocol
from weakref import WeakSet

from rillet.net.http1 import Request
from rillet.net.resuming import Parting
from rillet.words.errors import RilletError
from rillet.words.timeouts import Timeouts

PATIENCE = 2.0  # seconds to connect, and for the answer


class Stoppable(Protocol):
    def stop(self) -> None: ...


_open: "WeakSet[Stoppable]" = WeakSet()  # what has something to say when it leaves


def stop_at_exit(runner: Stoppable) -> None:
    """Stop it when the process ends, if it is still there."""
    _open.add(runner)


@atexit.register
def _stop_all() -> None:
    end = monotonic() + PATIENCE
    for runner in list(_open):
        if monotonic() < end:  # a server that does not answer holds nobody up for long
            runner.stop()


def part(transport: Any, parting: Parting) -> None:
    """Send it over the way of a transport of either kind, if there is something to be sent."""
    if parting.request is None or sys.is_finalizing():
        return  # in the second case the server ends it when nobody has come back
    if threading.main_thread().is_alive():
        sending = threading.Thread(
            target=_send, args=(transport, parting.request), name="rillet-parting"
        )
        sending.start()
    else:  # the process ends: threads start no more, and nobody would wait for one
        _send(transport, parting.request)


def _send(transport: Any, request: Request) -> None:
    from rillet.net.faults import Fault
    from rillet.net.flow import Policy
    from rillet.net.run_sync import ask
    from rillet.net.sync import Transport

    policy = Policy(Timeouts(PATIENCE, PATIENCE, PATIENCE, PATIENCE), retries=0)
    own = Transport(
        transport.target, headers=transport.headers, tls=transport._tls, env=transport._env
    )
    try:
        ask(own, request, policy, model=None, limit=1 << 16)
    except (RilletError, Fault, OSError):
        pass  # the server ends the answer itself when nobody comes back
    finally:
        own.close()
