"""Which journal a setting means."""

from pathlib import Path

from rillet.journal.interface import Journal


def open_journal(place: str) -> Journal:
    """Nothing is memory, redis:// (or rediss://, unix://) a Redis server, all else a file.

    Raises `StoreError` where it cannot be had.
    """
    if not place:
        from rillet.journal.memory import MemoryJournal

        return MemoryJournal()
    if place.startswith(("redis://", "rediss://", "unix://")):
        from rillet.journal.redis import RedisJournal

        return RedisJournal(place)
    from rillet.journal.sqlite import SqliteJournal

    return SqliteJournal(Path(place).expanduser())
