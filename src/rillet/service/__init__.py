"""Floor 3: the product, locally. `Service` offers what a server offers, over engines that we supervise."""
