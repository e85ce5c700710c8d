"""ChatML, the plainest form of a talk: whether a Jinja template is that and no more.

Ollama knows such templates when a model is created and has its own in Go's language for them, which
takes what an engine's reader of Jinja refuses: several answers at the end, or a call of a tool.
Source: the format as OpenAI described it (chatml.md), and the templates of public models.
"""

from functools import lru_cache

from .template import Template

#: Character for character what Ollama keeps beside such a model, so that either is known here.
_GO = "{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}"
_BEGINNING = "<|im_start|>assistant\n"
#: The same, as Rillet kept it before: it stands in the stores of those who made models then.
_FORMER = _GO.replace("{{- range", "{{ range", 1) + _BEGINNING
#: Where an answer ends that goes on with the next turn.
STOPS = ("<|im_start|>", "<|im_end|>")

_TURN = "{{'<|im_start|>'+message['role']+'\\n'+message['content']+'<|im_end|>'+'\\n'}}"
_TALK = "{%formessageinmessages%}" + _TURN + "{%endfor%}"
_ANSWER = "{%ifadd_generation_prompt%}{{'<|im_start|>assistant\\n'}}{%endif%}"
_NO_ANSWER = (
    "{%ifnotadd_generation_promptisdefined%}{%setadd_generation_prompt=false%}{%endif%}",
    "",
)
_FORMS = frozenset(
    unset + mark + _TALK + _ANSWER for unset in _NO_ANSWER for mark in ("{{bos_token}}", "")
)


def is_known(go: Template, jinja: str) -> bool:
    """Whether the one in Go's language is here only because the Jinja template is ChatML."""
    known = chatml(jinja)
    return known is not None and go.source in (known.source, _FORMER)


@lru_cache(maxsize=64)
def chatml(jinja: str) -> Template | None:
    """ChatML in Go's language, for a template that writes nothing else."""
    if not 0 < len(jinja) < 1_000:
        return None
    form = jinja.replace("\n", "\\n")
    form = "".join(form.split()).replace("{%-", "{%").replace("-%}", "%}").replace('"', "'")
    return Template.parse(_GO + _BEGINNING) if form in _FORMS else None
