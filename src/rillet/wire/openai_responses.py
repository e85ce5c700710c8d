"""OpenAI's Responses API. The door to its files. Errors are those of `openai`."""

from rillet.wire.openai_responses_encoder import ResponsesEncoder, envelope, failed, response
from rillet.wire.openai_responses_requests import chat_request_from_responses, response_settings

__all__ = [
    "ResponsesEncoder",
    "chat_request_from_responses",
    "envelope",
    "failed",
    "response",
    "response_settings",
]
