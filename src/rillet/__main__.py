"""The command `rillet`, also as `python -m rillet`. Its first act is to be quiet about Ctrl-C.

Until the command itself listens, an interrupt would strike in the middle of an import: that prints
a traceback or, where Python calls back, is swallowed. Before this module Python alone decides.
"""

import os
import signal

TYPE_CHECKING = False  # `typing` would be most of the time until we listen
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> int:
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # ignored: under nohup
        return _command()
    signal.signal(signal.SIGINT, _leave)
    try:
        return _command()
    except KeyboardInterrupt:  # in the moment before the command catches it
        return 128 + signal.SIGINT
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is over, and has its exit code


def _command() -> int:
    from rillet.cli.main import main

    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return main()


def _leave(number: int, frame: object) -> "NoReturn":
    os._exit(128 + number)  # nothing was begun


if __name__ == "__main__":
    raise SystemExit(main())
