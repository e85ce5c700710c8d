"""The forms in which models write thoughts and calls, by the names that configurations give them.

`reader` is for models that name their parser and whose prompt is rendered here: what they say comes
as plain text. Source: Ollama's parsers of these names (model/parsers in github.com/ollama/ollama,
what they make of a text) and the models' own descriptions of their formats.

What cannot be read as a call is text, as it stands: nothing that a model says is lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from rillet.text.forms.cohere import CohereReader
from rillet.text.forms.gemma import read_function_gemma, read_gemma4
from rillet.text.forms.glimmer import GlimmerReader
from rillet.text.forms.json_calls import read_cogito, read_deepseek, read_named
from rillet.text.forms.python_calls import read_lfm2, read_olmo3
from rillet.text.forms.tagged import Form, Piece, TaggedReader
from rillet.text.forms.tool import Tools
from rillet.text.forms.xml_calls import read_glm, read_laguna, read_qwen_coder

_THINK = ("<think>", "</think>")
_CALL = ("<tool_call>", "</tool_call>")
_DEEPSEEK = ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>")

_QWEN_JSON = Form(_CALL, read_named, call_ends_thought=True)
_QWEN_XML = Form(_CALL, read_qwen_coder, call_ends_thought=True)
_GLM = Form(_CALL, read_glm, reads_unclosed=True)
_LAGUNA = Form(
    _CALL,
    read_laguna,
    also_call=("<user>", "</user>"),
    call_ends_thought=True,
    opens_anywhere=True,
    trims_start=True,
    reads_unclosed=True,
)
_LFM2 = Form(("<|tool_call_start|>", "<|tool_call_end|>"), read_lfm2, keeps_end=True)
_GEMMA4 = Form(
    ("<|tool_call>", "<tool_call|>"),
    read_gemma4,
    thought=("<|channel>", "<channel|>"),
    thought_name="thought\n",
    opens_anywhere=True,
    keeps_end=True,
    reads_unclosed=True,
    noise=("<tool_call|>", "<|tool_response>"),
)
_FUNCTION_GEMMA = Form(
    ("<start_function_call>", "<end_function_call>"),
    read_function_gemma,
    thought=None,
    keeps_space=True,
    keeps_end=True,
)
_OLMO3 = Form(
    ("<function_calls>", "</function_calls>"),
    read_olmo3,
    thought=None,
    keeps_space=True,
    keeps_end=True,
)
_SEPARATORS = (
    "<｜tool▁call▁begin｜>",
    "<｜tool▁call▁end｜>",
    "<｜tool▁sep｜>",
)


@dataclass(frozen=True)
class _Named:
    form: Form | None  # None: it has a reader of its own
    thinks: bool = True  # unless it is told not to
    always: bool = False  # even then
    looks: bool = False  # whether a thought comes is told by its opening tag alone
    with_tools: bool = True  # whether it thinks where it is offered tools
    others: tuple[str, ...] = ()  # further control tokens that its form needs


_FORMS = {
    "cogito": _Named(
        Form(_DEEPSEEK, read_cogito, keeps_end=True, reads_unclosed=True),
        with_tools=False,
        others=_SEPARATORS,
    ),
    "cohere": _Named(None, others=CohereReader.MARKS),
    "deepseek3": _Named(
        Form(_DEEPSEEK, read_deepseek, keeps_end=True, reads_unclosed=True), others=_SEPARATORS
    ),
    "functiongemma": _Named(_FUNCTION_GEMMA, thinks=False),
    "gemma4": _Named(_GEMMA4, looks=True, others=('<|"|>',)),
    "gemma4-no-thinking": _Named(_GEMMA4, thinks=False, others=('<|"|>',)),
    "glimmer": _Named(None, others=GlimmerReader.MARKS),
    "glm-4.7": _Named(_GLM, others=("<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>")),
    "glm-ocr": _Named(
        _GLM, thinks=False, others=("<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>")
    ),
    "laguna": _Named(_LAGUNA, others=("<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>")),
    "lfm2": _Named(replace(_LFM2, thought=None), thinks=False),
    "lfm2-thinking": _Named(_LFM2, looks=True),
    "nemotron-3-nano": _Named(_QWEN_XML),
    "nemotron-3.5-nano": _Named(_QWEN_XML),
    "olmo3": _Named(_OLMO3, thinks=False),
    "olmo3-think": _Named(Form(None, read_named, keeps_space=True, keeps_end=True), always=True),
    "ornith": _Named(_QWEN_XML),
    "poolside-v1": _Named(
        _LAGUNA, others=("<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>")
    ),
    "qwen3": _Named(_QWEN_JSON, thinks=False),
    "qwen3-coder": _Named(_QWEN_XML, thinks=False),
    "qwen3-thinking": _Named(_QWEN_JSON),
    "qwen3-vl-instruct": _Named(_QWEN_JSON, thinks=False),
    "qwen3-vl-thinking": _Named(_QWEN_JSON, always=True),
    "qwen3.5": _Named(_QWEN_XML),
}


class Reader(Protocol):
    """Tells thoughts, calls and text apart as they come; calls have no ids."""

    def feed(self, text: str) -> list[Piece]: ...

    def finish(self) -> list[Piece]: ...


def is_form(name: str) -> bool:
    """Whether there is a reader of this name."""
    return name in _FORMS


def reader(
    name: str,
    tools: Sequence[dict[str, Any]] = (),
    *,
    think: bool,
    begun: bool = False,
    resulted: bool = False,
) -> Reader:
    """The reader of this name, at the beginning of an answer.

    `think`: the prompt asks for a thought. `begun`: it ends with the answer's first words.
    `resulted`: its last turn is the result of a tool.
    """
    named, offered = _FORMS[name], Tools(tools)
    if name == "cohere":
        return CohereReader(inside=think and not begun, begun=begun)
    if name == "glimmer":
        return GlimmerReader(offered, shown=think)
    assert named.form is not None
    thinking = named.always or (think and named.thinks and (named.with_tools or not tools))
    within = thinking and not begun and (not named.looks or (name == "gemma4" and resulted))
    looks = (named.looks and thinking) or name in ("glm-4.7", "glm-ocr")
    return TaggedReader(
        named.form, offered, within=within, looks=looks and not within, shown=thinking or looks
    )


def marks(name: str) -> list[str]:
    """The control tokens that a text has to show for its reader."""
    named = _FORMS[name]
    form = named.form
    pairs = [form.thought, form.call, form.also_call] if form else []
    tags = [tag for pair in pairs if pair for tag in pair]
    return list(dict.fromkeys([*tags, *named.others]))


def thought_tags(name: str) -> tuple[str, str] | None:
    """What stands around a thought; None where it is no tag alone, or nothing thinks."""
    if name == "cohere":
        return CohereReader.THOUGHT
    named = _FORMS[name]
    return named.form.thought if named.form and named.thinks else None
