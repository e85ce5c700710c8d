"""Short questions to an engine's listener: tokens, templates, embeddings.

Source of the routes: the README of llama.cpp's server.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from rillet.net.flow import Policy
from rillet.net.http1 import Request
from rillet.net.run_aio import ask
from rillet.service.residents import Resident, died
from rillet.words.errors import EngineDied, EngineError, RilletError, StreamTruncated, Unreachable
from rillet.words.timeouts import Timeouts

#: The engine has all the time it needs: its end is an event, and a caller that leaves cancels.
PATIENT = Policy(timeouts=Timeouts(connect=5, first_token=None, between_tokens=None), retries=0)
JSON = (("content-type", "application/json"),)
_LIMIT = 1 << 28


async def question(resident: Resident, path: str, body: Any) -> Any:
    """The JSON answer of one route. Raises `ServerError` as the engine says, or `EngineDied`."""
    request = Request("POST", path, JSON, msgspec.json.encode(body))
    try:
        answer = await ask(resident.transport, request, PATIENT, model=None, limit=_LIMIT)
        return msgspec.json.decode(answer)
    except (Unreachable, StreamTruncated) as error:
        raise await verdict(resident, error) from error
    except msgspec.DecodeError as error:
        raise EngineError(f"the engine's answer to {path} is no JSON: {error}") from error


async def verdict(resident: Resident, error: RilletError) -> RilletError:
    """Whether a cut connection means a dead engine. Its end is seen some moments after the cut."""
    import asyncio

    try:
        async with asyncio.timeout(1.0):
            await resident.process.wait()
    except TimeoutError:
        return error
    return died(resident)


async def tokenize(resident: Resident, text: str, *, special: bool = False) -> list[int]:
    """Token ids of a text; `special` adds what the model wants at the beginning (BOS)."""
    body = {"content": text, "add_special": special, "parse_special": True}
    tokens: list[int] = (await question(resident, "/tokenize", body))["tokens"]
    return tokens


async def detokenize(resident: Resident, tokens: Sequence[int]) -> str:
    text: str = (await question(resident, "/detokenize", {"tokens": list(tokens)}))["content"]
    return text


async def apply_template(resident: Resident, body: dict[str, Any]) -> str:
    """The prompt that the model's own Jinja template makes of a chat."""
    prompt: str = (await question(resident, "/apply-template", body))["prompt"]
    return prompt


async def embeddings(resident: Resident, texts: Sequence[str | list[int]]) -> list[list[float]]:
    """One vector a text, as the model makes them: not normalised."""
    body = {"content": list(texts), "embd_normalize": -1}
    answer = await question(resident, "/embedding", body)
    rows = sorted(answer, key=lambda row: row["index"])
    return [row["embedding"][0] if _nested(row["embedding"]) else row["embedding"] for row in rows]


def _nested(vector: list[Any]) -> bool:
    return bool(vector) and isinstance(vector[0], list)


__all__ = ["PATIENT", "EngineDied", "apply_template", "detokenize", "embeddings", "question", "tokenize", "verdict"]
