"""How an exchange ends improperly. These stay inside; the flow turns them into `words.errors`.

Three things can stop an exchange once a connection stands, and only its owner knows what they
mean (which clock struck, whether the answer was whole all the same). What is already certain here
is raised in the words of `rillet.words.errors`: `Unreachable`, `Stalled("connect")`,
`InvalidRequest`, and `MalformedStream` for a peer that does not speak HTTP.
"""


class Fault(Exception):
    """One of the three."""


class TimedOut(Fault):
    """The deadline that was given has passed."""


class Closed(Fault):
    """`close()` was called, here or in another thread."""


class Cut(Fault):
    """The connection or the body ended before HTTP said so. `cause` is a phrase for people."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause
