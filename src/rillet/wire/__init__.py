"""Floor 1, the wire: bytes to events and events to bytes, one file per dialect. Pure machines."""
