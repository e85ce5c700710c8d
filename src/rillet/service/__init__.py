"""Floor 3: the product, locally: what a server offers, over engines that we supervise."""
