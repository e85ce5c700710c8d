"""Times of a server (RFC 3339) as spans from now, in seconds."""

from datetime import UTC, datetime

from rillet.text.human import human_time


def ago(text: str) -> str:
    """``2 days ago``, ``4 minutes from now``, ``Forever``; ``Never`` where there is no time."""
    elapsed = seconds_since(text)
    return "Never" if elapsed is None else human_time(elapsed)


def seconds_since(text: str) -> float | None:
    """Negative for a time to come; None where it is no time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (datetime.now(UTC) - moment).total_seconds()
