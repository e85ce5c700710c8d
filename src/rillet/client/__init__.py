"""Floor 3: the product, remotely. `Client` and `AsyncClient` are thin shells over the same flows."""
