"""The last word of a caller who leaves: sent by a thread of its own, for nobody waits for it.

It must go out from a signal handler, from a loop that is about to end, and on a connection of its
own, since the other one is being cut. The process waits for it at its end, some seconds at most.
"""

import threading
from typing import Any

from rillet.net.http1 import Request
from rillet.net.resuming import Parting
from rillet.words.errors import RilletError
from rillet.words.timeouts import Timeouts

PATIENCE = 2.0  # seconds to connect, and for the answer


def part(transport: Any, parting: Parting) -> None:
    """Send it over the way of a transport of either kind, if there is something to be sent."""
    if parting.request is None:
        return
    threading.Thread(target=_send, args=(transport, parting.request), name="rillet-parting").start()


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
