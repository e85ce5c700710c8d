"""What the error of an answer that broke off tells, with what had come at hand."""

from rillet.words.errors import RilletError, StreamTruncated
from rillet.words.replies import Reply


def with_partial(error: RilletError, came: Reply) -> RilletError:
    """The error, holding what came.

    Ollama ends an answer that says the same token more than thirty times as if the connection were
    at fault. Asking again is in vain then, so that is told.
    """
    error.partial = came
    if isinstance(error, StreamTruncated) and error.unsaid:
        from rillet.text.repetition import ends_in_repetition

        if ends_in_repetition(came.text or came.thinking or ""):
            error.message += ": it repeats itself, which Ollama breaks off"
            error.hint = "Try another seed, or a higher repeat_penalty or temperature"
    return error
