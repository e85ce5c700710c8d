"""The fixture by its import, so that the tests need no installed entry point."""

from rillet.pytest_plugin import model_server

__all__ = ["model_server"]
