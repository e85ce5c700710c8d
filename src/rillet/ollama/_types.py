"""Under the name by which many programs import them, though it is not meant for them."""

from rillet.ollama.errors import RequestError as RequestError
from rillet.ollama.errors import ResponseError as ResponseError
from rillet.ollama.part import Part as SubscriptableBaseModel  # noqa: F401
from rillet.ollama.system_one import *  # noqa: F403
from rillet.ollama.types import *  # noqa: F403
