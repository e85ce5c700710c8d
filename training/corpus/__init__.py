"""The text the model learns from, made by a combinatorial generator.

One file per kind of talk. Each exports ``MAKERS``: functions that take a ``Random`` and
return a ``Document``. ``mix.py`` weighs the kinds against each other. All sentences are
our own, and a statement about the world stands here only if it is true.
"""
