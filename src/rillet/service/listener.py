"""Short questions to an engine's listener: tokens, templates, embeddings.

Source of the routes: the README of llama.cpp's server.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from rillet.net.flow import Policy
from rillet.net.http1 import Request
from rillet.net.run_aio import ask
from rillet.service.resident import Resident, died
from rillet.wire import llamacpp
from rillet.words.errors import EngineDied, RilletError, Stalled, StreamTruncated, Unreachable
from rillet.words.requests import JsonObject
from rillet.words.timeouts import Timeouts

#: The engine has all the time it needs: its end is an event, and a caller that leaves cancels.
PATIENT = Policy(timeouts=Timeouts(connect=5, first_token=None, between_tokens=None), retries=0)
#: A short question is not short for an engine that will never answer: a template without an end.
SHORT = Policy(timeouts=Timeouts(connect=5, first_token=60, between_tokens=None), retries=0)
JSON = (("content-type", "application/json"),)
_LIMIT = 1 << 28
_PIECE = 1 << 20  # characters whose tokens are counted together
_MARKER = "<__media__>"  # of engines that do not tell theirs


async def question(
    resident: Resident, path: str, body: JsonObject, policy: Policy = SHORT
) -> bytes:
    """The answer of one route. Raises `ServerError` as the engine says, or `EngineDied`."""
    return await _asked(resident, Request("POST", path, JSON, msgspec.json.encode(body)), policy)


async def _asked(resident: Resident, request: Request, policy: Policy) -> bytes:
    try:
        return await ask(resident.transport, request, policy, model=None, limit=_LIMIT)
    except (Unreachable, StreamTruncated) as error:
        raise await verdict(resident, error) from error
    except Stalled as error:
        resident.process.kill()  # it would be busy with this for ever
        name = resident.model.name.display()
        raise EngineDied(f"the engine of {name} did not answer and was ended") from error


async def verdict(resident: Resident, error: RilletError) -> RilletError:
    """Whether a cut connection means a dead engine. Its end is seen some moments after the cut."""
    try:
        async with asyncio.timeout(1.0):
            await resident.process.wait()
    except TimeoutError:
        return error
    return died(resident)


async def tokenize(resident: Resident, text: str, *, special: bool = True) -> list[int]:
    """Token ids of a text; `special` adds what the model wants at the beginning (BOS)."""
    body = {"content": text, "add_special": special, "parse_special": True}
    return llamacpp.tokens(await question(resident, "/tokenize", body))


async def count(resident: Resident, text: str) -> int:
    """The number of tokens of a text, of a very long one within a token for each `_PIECE`.

    Each token takes some fifty bytes in the engine while it answers, and as many here.
    """
    pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)] or [""]
    first = len(await tokenize(resident, pieces[0]))
    return first + sum(
        [len(await tokenize(resident, piece, special=False)) for piece in pieces[1:]]
    )


async def detokenize(resident: Resident, tokens: Sequence[int]) -> str:
    body = llamacpp.detokenize_body(tokens)
    return llamacpp.text(await question(resident, "/detokenize", body))


async def apply_template(resident: Resident, body: JsonObject) -> str:
    """The prompt that the model's own Jinja template makes of a chat."""
    return llamacpp.prompt(await question(resident, "/apply-template", body))


async def media_marker(resident: Resident) -> str:
    """The text that stands in a prompt for an image; it may be another one in each engine."""
    found = llamacpp.props(await _asked(resident, Request("GET", "/props"), SHORT))
    return found.media_marker or _MARKER


async def embeddings(resident: Resident, tokens: Sequence[Sequence[int]]) -> list[list[float]]:
    """One vector a row of tokens, as the model makes them: not normalised."""
    body = llamacpp.embedding_body(tokens, normalize=False)
    return llamacpp.embeddings(await question(resident, "/v1/embeddings", body, PATIENT)).vectors
