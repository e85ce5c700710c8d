"""Images in a prompt that we render: a mark in the text for each, in the order of the images.

The mark stands where the text says `[img]`, else before the text, as Ollama does it; in a raw
prompt also where it says `[img-0]`, `[img-1]` and so on. The engine applies its own rule where it
renders the chat itself.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from rillet.words.errors import ServerError
from rillet.words.requests import ChatRequest, GenerateRequest, Message

#: The mark of the image with this number.
Mark = Callable[[int], str]
_PLACE = "[img]"


def numbered(number: int) -> str:
    """How Ollama shows an image in a prompt that it explains."""
    return f"[img-{number}]"


def images_of(request: GenerateRequest | ChatRequest) -> list[str]:
    """All images of a request, base64 texts, in their order."""
    if isinstance(request, GenerateRequest):
        return list(request.images or ())
    return [image for turn in request.messages for image in turn.images or ()]


def placed(text: str, marks: Iterable[str]) -> str:
    """The text with its images."""
    before = ""
    for mark in marks:
        if _PLACE in text:
            text = text.replace(_PLACE, mark, 1)
        else:
            before += mark
    return before + text


def before_words(text: str, images: int) -> str:
    """The text with places for all its images: those without one come first, and a blank.

    So Ollama's renderers have it, those in code of its own.
    """
    missing = max(0, images - text.count(_PLACE))
    gap = " " if missing and text and not text[0].isspace() else ""
    return _PLACE * missing + gap + text


def placed_raw(text: str, marks: Sequence[str]) -> str:
    """A raw prompt with its images: each where its number stands, the others as in `placed`."""
    rest: list[str] = []
    for at, mark in enumerate(marks):
        if numbered(at) in text:
            text = text.replace(numbered(at), mark, 1)
        else:
            rest.append(mark)
    return placed(text, rest)


def closed(prompt: str, mark: str, count: int) -> str:
    """A prompt with `count` images, with text at its end: the engine aborts where an image is last.

    Raises `ServerError`
    (400) for images that a template has left out.
    """
    if (shown := prompt.count(mark)) != count:
        raise ServerError(f"the prompt has places for {shown} of {count} images", status=400)
    return f"{prompt}\n" if prompt.endswith(mark) else prompt


def marked(turns: Sequence[Message], mark: Mark) -> list[Message]:
    """The messages with the marks of their images in them."""
    count = 0
    shown: list[Message] = []
    for turn in turns:
        if turn.images:
            marks = [mark(count + at) for at in range(len(turn.images))]
            turn = msgspec.structs.replace(turn, content=placed(turn.content, marks))
            count += len(marks)
        shown.append(turn)
    return shown
