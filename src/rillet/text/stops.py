"""The start of a marker at the end of a text: what must be held back until more has come."""


def overlap(text: str, marker: str) -> int:
    """Length of the longest end of ``text`` that is a beginning of ``marker``, but not all of it.

    >>> overlap("Hello </th", "</think>")
    4
    """
    if not marker:
        return 0
    start = text.find(marker[0], max(0, len(text) - len(marker) + 1))
    while start >= 0:
        if text.endswith(marker[: len(text) - start]):
            return len(text) - start
        start = text.find(marker[0], start + 1)
    return 0
