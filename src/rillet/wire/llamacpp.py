"""llama.cpp's server (llama-server, xllamacpp): its own routes. The door to its files."""

from rillet.wire.llamacpp_bodies import (
    chat_body,
    completion_body,
    detokenize_body,
    embedding_body,
    format_schema,
    sampling,
    template_body,
    token_limit,
    tokenize_body,
)
from rillet.wire.llamacpp_guidance import has_free_numbers
from rillet.wire.llamacpp_replies import (
    Embeddings,
    Props,
    embeddings,
    prompt,
    props,
    text,
    tokens,
)
from rillet.wire.llamacpp_schema import check_schema, engine_schema
from rillet.wire.llamacpp_stream import ChatDecoder, CompletionDecoder, engine_error

__all__ = [
    "ChatDecoder",
    "CompletionDecoder",
    "Embeddings",
    "Props",
    "chat_body",
    "check_schema",
    "completion_body",
    "detokenize_body",
    "embedding_body",
    "embeddings",
    "engine_error",
    "engine_schema",
    "format_schema",
    "has_free_numbers",
    "prompt",
    "props",
    "sampling",
    "template_body",
    "text",
    "token_limit",
    "tokenize_body",
    "tokens",
]
