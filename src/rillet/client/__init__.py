"""Floor 3: the product, remotely. `Client` and `AsyncClient`, thin shells over the same flows."""
