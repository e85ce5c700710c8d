"""Whether a text ends in the same token, said over and over: what Ollama breaks off."""

_MANY = 30  # times; Ollama allows no more
_LONGEST = 32  # characters of a token
_LOOKED_AT = 2048  # characters of the end


def ends_in_repetition(text: str) -> bool:
    """Blanks around tokens do not count, but for a token that is nothing else.

    >>> ends_in_repetition("It is very" + " very" * 40)
    True
    """
    end = text[-_LOOKED_AT:]
    if len(end) - len(end.rstrip()) >= _MANY:
        return True
    end = "".join(end.split())
    return any(end.endswith(end[-size:] * _MANY) for size in range(1, _LONGEST + 1) if end)
