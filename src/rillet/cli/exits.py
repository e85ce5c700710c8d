"""How a command ends: the exit codes, and what is said on standard error."""

from rillet.cli.screen import Screen
from rillet.words.errors import RilletError

COMPLETE = 0
ERROR = 1
USAGE = 2
INCOMPLETE = 3  # an answer began and did not come whole
INTERRUPTED = 130  # Ctrl-C: 128 + SIGINT
PIPE_CLOSED = 141  # the reader of our output left: 128 + SIGPIPE, as other tools end
SIGNALLED = 128  # and the number of the signal, such as 143 for SIGTERM


#: The words of Python, which has no type of its own for it.
_NO_THREAD = "can't start new thread"


class UsageError(Exception):
    """The command was called in a way that it does not know."""


class Terminated(KeyboardInterrupt):
    """SIGTERM, SIGHUP or SIGQUIT: ends a command in the ways of Ctrl-C."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def signal_behind(error: BaseException) -> Terminated | None:
    """The signal that was ending all when this error came, as where the terminal is gone."""
    behind = error.__context__
    while behind is not None and not isinstance(behind, Terminated):
        behind = behind.__context__
    return behind


def report(error: BaseException, notes: Screen) -> int:
    """Says what happened and what to do next; returns the exit code."""
    if isinstance(error, UsageError):
        notes.line(f"Error: {error}")
        return USAGE
    if isinstance(error, RilletError):
        return _report_ours(error, notes)
    if isinstance(error, OSError) and error.strerror:
        named = f"{error.filename}: " if error.filename else ""
        notes.line(f"Error: {named}{error.strerror}")
        return ERROR
    if isinstance(error, MemoryError) or str(error) == _NO_THREAD:
        notes.line("Error: the system gives no more memory or threads")
        notes.line("A limit of this user, service or container is reached: see ulimit -a")
        return ERROR
    notes.line(f"Error: {type(error).__name__}: {error}")
    notes.line("This is a mistake in Rillet. RILLET_DEBUG=1 shows where; please report it.")
    return ERROR


def _report_ours(error: RilletError, notes: Screen) -> int:
    if incomplete(error):
        notes.line(f"[incomplete: {error.message}]")
        return INCOMPLETE
    notes.line(f"Error: {error.message}")
    if error.hint and ".partial" not in error.hint:  # which is a hint for programmers
        notes.line(error.hint)
    return ERROR


def incomplete(error: RilletError) -> bool:
    """Whether a part of an answer had come before the error."""
    return error.partial is not None and bool(error.partial.text or error.partial.thinking)
