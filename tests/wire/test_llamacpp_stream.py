"""llama.cpp's own streams, as the engine wrote them (build 11549)."""

import pytest

from rillet.wire.llamacpp import ChatDecoder, CompletionDecoder
from rillet.words.errors import MalformedStream, ServerError, StreamTruncated
from rillet.words.events import (
    Event,
    Failure,
    Finish,
    Progress,
    Text,
    Timings,
    TokenLogprob,
    Usage,
)
from tests.wire.conformance import Factory, check_cuts, check_decoder, decode
from tests.wire.dialects import joined, recorded, sse


def completion(name: str) -> list[Event]:
    return check_cuts(CompletionDecoder, recorded(f"llamacpp/completion_{name}.sse"))


def finish(events: list[Event]) -> Finish:
    assert isinstance(events[-1], Finish)
    return events[-1]


@pytest.mark.parametrize("name", ["eos", "stop_word", "stop_word_held", "limit", "schema"])
def test_recorded_streams_in_every_cut(name: str) -> None:
    check_decoder(CompletionDecoder, recorded(f"llamacpp/completion_{name}.sse"))


def test_text_tokens_and_measures() -> None:
    events = completion("eos")
    assert events[:2] == [Progress("prompt", 0, 3), Progress("prompt", 3, 3)]
    assert events[2] == Text("Hello", tokens=(261,))
    assert joined(events) == "Hello world!"
    assert events[-1] == Finish("stop", Usage(3, 5, 0), Timings(prompt=438_000, completion=767_000))


def test_reasons() -> None:
    assert finish(completion("limit")).reason == "length"
    word = finish(completion("stop_word"))
    assert (word.reason, word.stop_string) == ("stop", "ld")


def test_tokens_and_log_probabilities_of_held_text_go_with_it() -> None:
    text = completion("stop_word_held")[-2]
    assert isinstance(text, Text) and text.logprobs is not None
    assert (text.text, text.tokens) == ("ld!", (263, 264))
    assert [entry.token for entry in text.logprobs] == ["ld", "!"]


def test_only_the_asked_for_likely_tokens_are_told() -> None:
    def logprobs(most: int | None) -> TokenLogprob:
        body = recorded("llamacpp/completion_stop_word.sse")
        event = decode(lambda: CompletionDecoder(top_logprobs=most), [body])[2]
        assert isinstance(event, Text) and event.logprobs
        return event.logprobs[0]

    assert len(logprobs(None).top) == 2
    assert len(logprobs(1).top) == 1
    assert logprobs(0) == TokenLogprob("Hello", 0.0, tuple(b"Hello"))


def test_likely_tokens_of_a_chat() -> None:
    body = recorded("llamacpp/chat_thinking_logprobs.sse")
    for most, count in ((None, 1), (0, 0)):
        texts = [e for e in decode(lambda m=most: ChatDecoder(top_logprobs=m), [body])
                 if isinstance(e, Text)]  # fmt: skip
        assert texts and all(e.logprobs and len(e.logprobs[0].top) == count for e in texts)


def test_a_stream_that_ends_early() -> None:
    body = recorded("llamacpp/completion_eos.sse")
    events = decode(CompletionDecoder, [body[: body.rindex(b"data: ")]])
    assert joined(events) == "Hello world!"
    assert isinstance(events[-1], Failure) and isinstance(events[-1].error, StreamTruncated)


@pytest.mark.parametrize("factory", [CompletionDecoder, ChatDecoder])
def test_errors_have_their_status(factory: Factory) -> None:
    in_place = check_cuts(factory, recorded("llamacpp/context_exceeded.json"))[-1]
    error = {"code": 503, "message": "Loading model", "type": "unavailable_error"}
    in_stream = check_cuts(factory, sse({"error": error}))[-1]
    for event, status in ((in_place, 400), (in_stream, 503)):
        assert isinstance(event, Failure) and isinstance(event.error, ServerError)
        assert event.error.status == status


def test_a_whole_answer_in_place_of_a_stream() -> None:
    last = recorded("llamacpp/completion_eos.sse").rstrip().rpartition(b"data: ")[2]
    body = last.replace(b'"content":""', b'"content":"Hello"', 1)
    events = decode(CompletionDecoder, [body])
    assert joined(events) == "Hello" and finish(events).reason == "stop"


def test_texts_that_others_break() -> None:
    end = {"content": "", "stop": True, "stop_type": "eos"}
    body = b'data: {"content":"a\xf0\x9f\\ud83d"}\n\ndata: {"content":"\\ude00\xc2\x85"}\n\n'
    events = check_cuts(CompletionDecoder, body + sse(end))
    assert joined(events) == "a\ufffd\U0001f600\x85"


def test_content_that_is_no_text_is_not_lost_silently() -> None:
    event = decode(CompletionDecoder, [sse({"content": 5})])[-1]
    assert isinstance(event, Failure) and isinstance(event.error, MalformedStream)
