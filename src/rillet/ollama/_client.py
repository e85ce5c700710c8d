"""Under the name by which some programs import them, though it is not meant for them."""

from rillet.ollama.aio import AsyncClient as AsyncClient
from rillet.ollama.sync import Client as Client
