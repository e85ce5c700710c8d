"""Methods of a client made of the functions of `calls`: the same signature, and what they ask is
asked of `self` (by its `_streamed` and `_asked`).
"""

import inspect
from collections.abc import Callable, Coroutine
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar, overload

from rillet.ollama.calls import Asked, Streamed

P = ParamSpec("P")
R = TypeVar("R")


@overload
def method(call: Callable[P, Asked[R]]) -> Callable[Concatenate[Any, P], R]: ...
@overload
def method(call: Callable[P, Streamed]) -> Callable[Concatenate[Any, P], Any]: ...
def method(call: Callable[P, Any]) -> Callable[Concatenate[Any, P], Any]:
    """For threads."""

    def made(self: Any, /, *args: P.args, **options: P.kwargs) -> Any:
        return self._answer(call(*args, **options))

    _sign(made, call)
    return made


Awaited = Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]


@overload
def async_method(call: Callable[P, Asked[R]]) -> Awaited[P, R]: ...
@overload
def async_method(call: Callable[P, Streamed]) -> Awaited[P, Any]: ...
def async_method(call: Callable[P, Any]) -> Awaited[P, Any]:
    """For asyncio."""

    async def made(self: Any, /, *args: P.args, **options: P.kwargs) -> Any:
        return await self._answer(call(*args, **options))

    _sign(made, call)
    return made


def _sign(made: Any, call: Callable[..., Any]) -> None:
    update_wrapper(made, call)
    signature = inspect.signature(call)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    made.__signature__ = signature.replace(
        parameters=[own, *signature.parameters.values()], return_annotation=Any
    )
