import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet.engine import exits

LOAD_ERROR = """\
0.00.005.098 E llama_model_load: error loading model: tensor 'a' data is not within the file bounds
0.00.005.118 E llama_model_load_from_file_impl: failed to load model
0.00.005.464 E srv          init: exiting due to model loading error
"""
NOT_FOUND = """\
0.00.003.445 E gguf_init_from_file: failed to open GGUF file 'x.gguf' (No such file or directory)
0.00 E llama_model_load: error loading model: llama_model_loader: failed to load model from
"""
TEMPLATE = """\
2.00 W render: unexpected
0.02.046.353 E srv          init: init: chat template parsing error: it failed:
------------
While executing
Error: std::bad_alloc
"""


@pytest.mark.parametrize(
    ("stderr", "cause"),
    [
        ("", ""),
        (LOAD_ERROR, "tensor 'a' data is not within the file bounds"),
        (NOT_FOUND, "failed to open GGUF file 'x.gguf' (No such file or directory)"),
        (TEMPLATE, "chat template parsing error: it failed: std::bad_alloc"),
        ("a.cpp:7: GGML_ASSERT(n > 0) failed\n", "GGML_ASSERT(n > 0) failed"),
        ("terminate called\n  what():  too long\n", "too long"),
        ("ggml.c:12: fatal error\n", "fatal error"),
        ("some word\n", "some word"),
    ],
)
def test_the_line_that_says_most_is_found(stderr: str, cause: str) -> None:
    assert exits.cause(stderr) == cause


@pytest.mark.parametrize(
    ("returncode", "stderr", "killed_by_kernel", "reason"),
    [
        (-9, "", False, "killed by SIGKILL"),
        (-9, "W whatever it said before", False, "killed by SIGKILL"),
        (-9, "", True, "the system ran out of memory and ended it"),
        (-11, "", False, "killed by SIGSEGV"),
        (-11, "", True, "killed by SIGSEGV"),
        (
            -7,
            "E load",
            False,
            "killed by SIGBUS: a file that it reads became shorter, or its disk cannot be read",
        ),
        (-99, "", False, "killed by signal 99"),
        (-6, "x.c:1: GGML_ASSERT(a) failed", False, "killed by SIGABRT: GGML_ASSERT(a) failed"),
        (3, "", False, "exit status 3"),
        (-6, "what(): std::bad_alloc", False, "out of memory, of which it may use 64 MiB"),
    ],
)
def test_the_end_of_a_process_in_words(
    returncode: int, stderr: str, killed_by_kernel: bool, reason: str
) -> None:
    said = exits.explain(returncode, stderr, killed_by_kernel=killed_by_kernel, limit=64 << 20)
    assert said.removesuffix(" (std::bad_alloc)") == reason


def test_a_library_that_is_missing_is_named_with_its_package() -> None:
    why = "libgomp.so.1: cannot open shared object file: No such file or directory"
    assert exits.remedy(why) == "On Debian or Ubuntu: apt-get install libgomp1"
    assert exits.remedy(why.replace("gomp", "stdc++")) not in (None, exits.remedy(why))
    assert exits.remedy("out of memory") is None


@pytest.mark.parametrize(
    "why",
    [
        "unknown model architecture: 'mllama'",
        "unknown pre-tokenizer type: 'x'",
        "unknown tokenizer: 'x'",
    ],
)
def test_what_the_engine_is_too_old_for(why: str) -> None:
    assert "pip install --upgrade xllamacpp" in str(exits.remedy(why))


@given(st.binary(max_size=300))
def test_what_a_stranger_printed_is_harmless(raw: bytes) -> None:
    text = exits.clean(raw)
    assert all(c.isprintable() or c == "\n" for c in text)
    assert len(exits.cause(text)) <= 400 and "\n" not in exits.cause(text)


def test_an_escape_sequence_does_not_reach_the_terminal() -> None:
    assert exits.clean(b"a\x1b[2Jb\x9bc\r\nd") == "a [2Jb\ufffdc\n\nd"
