"""Floor 2, the journal: the append-only record of each generation, and the stores that keep it.

`interface` says what a store promises; `memory`, `sqlite` and `redis` are the stores.
"""

from rillet.journal.interface import Batch, Full, Header, Journal, Known, Limits, Log

__all__ = ["Batch", "Full", "Header", "Journal", "Known", "Limits", "Log"]
