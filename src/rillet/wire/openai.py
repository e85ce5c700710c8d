"""OpenAI's API: chat completions, completions, models and embeddings. The door to its files."""

from rillet.wire.openai_bodies import chat_body, completion_body
from rillet.wire.openai_chunks import ChatChunkDecoder, CompletionChunkDecoder
from rillet.wire.openai_encoder import ChatChunkEncoder, CompletionChunkEncoder
from rillet.wire.openai_replies import (
    chat_completion,
    embedding_list,
    error_body,
    error_object,
    model_entry,
    model_list,
    text_completion,
    text_completions,
)
from rillet.wire.openai_requests import (
    chat_request_from_openai,
    completion_prompts,
    embed_request_from_openai,
    embedding_encoding,
    generate_request_from_openai,
    usage_wanted,
)

__all__ = [
    "ChatChunkDecoder",
    "ChatChunkEncoder",
    "CompletionChunkDecoder",
    "CompletionChunkEncoder",
    "chat_body",
    "chat_completion",
    "chat_request_from_openai",
    "completion_body",
    "completion_prompts",
    "embed_request_from_openai",
    "embedding_encoding",
    "embedding_list",
    "error_body",
    "error_object",
    "generate_request_from_openai",
    "model_entry",
    "model_list",
    "text_completion",
    "text_completions",
    "usage_wanted",
]
