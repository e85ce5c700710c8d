"""Anthropic's Messages API. The door to its files."""

from rillet.wire.anthropic_decoder import MessagesDecoder
from rillet.wire.anthropic_encoder import (
    MessagesEncoder,
    error_body,
    error_object,
    message,
    model_info,
    model_page,
)
from rillet.wire.anthropic_requests import chat_request_from_anthropic

__all__ = [
    "MessagesDecoder",
    "MessagesEncoder",
    "chat_request_from_anthropic",
    "error_body",
    "error_object",
    "message",
    "model_info",
    "model_page",
]
