"""Rillet: streams of language models, done right."""

__version__ = "0.1.0"
