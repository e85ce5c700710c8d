"""Sizes and times for people, in the words of Ollama's command line (``list``, ``ps``, ``pull``).

Sizes are decimal. Spans are rounded roughly; what lies more than 20 years ahead is ``Forever``,
which is how a model that is never unloaded shows in ``ps``.
"""

_SIZES = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "KB"))
_HOUR = 3600.0
_DAYS_A_YEAR = 365


def human_size(size: int) -> str:
    """``999 B``, ``1.5 KB``, ``2 GB``, ``15 MB``: one decimal below ten, none from there on."""
    for unit, name in _SIZES:
        if size >= unit:
            value = size / unit
            if value >= 10 or size % unit == 0:
                return f"{size // unit} {name}"
            return f"{value:.1f} {name}"
    return f"{size} B"


def human_span(seconds: float) -> str:
    """How long something takes: ``Less than a second``, ``About a minute``, ``3 weeks``."""
    if seconds < 60:
        return _seconds(int(seconds))
    minutes = int(seconds / 60)
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    hours = int(seconds / _HOUR + 0.5)
    days = hours // 24
    if hours == 1:
        return "About an hour"
    if hours < 48:
        return f"{hours} hours"
    if days < 7 * 2:
        return f"{days} days"
    if days < 30 * 2:
        return f"{days // 7} weeks"
    if days < _DAYS_A_YEAR * 2:
        return f"{days // 30} months"
    return f"{int(seconds / _HOUR) // 24 // _DAYS_A_YEAR} years"


def human_time(elapsed: float) -> str:
    """A moment ``elapsed`` seconds ago: ``2 days ago``; if negative ``4 minutes from now``."""
    if elapsed >= 0:
        return f"{human_span(elapsed)} ago"
    if int(-elapsed / _HOUR) // 24 // _DAYS_A_YEAR > 20:
        return "Forever"
    return f"{human_span(-elapsed)} from now"


def _seconds(seconds: int) -> str:
    if seconds < 1:
        return "Less than a second"
    return "1 second" if seconds == 1 else f"{seconds} seconds"
