"""OpenAI's Responses API. The door to its files. Errors are those of `openai`."""

from rillet.wire.openai_responses_encoder import ResponsesEncoder, envelope, failed, response
from rillet.wire.openai_responses_requests import (
    chat_request_from_responses,
    earlier_response,
    input_items,
    is_kept,
    response_settings,
    with_input,
)

__all__ = [
    "ResponsesEncoder",
    "chat_request_from_responses",
    "earlier_response",
    "envelope",
    "failed",
    "input_items",
    "is_kept",
    "response",
    "response_settings",
    "with_input",
]
