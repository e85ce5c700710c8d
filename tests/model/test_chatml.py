"""ChatML is known by its template, and by nothing else."""

from datetime import date

import pytest

from rillet.model.chatml import chatml, is_known
from rillet.model.template import Template
from rillet.words.requests import Message

PLAIN = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content']"
    " + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
OLLAMAS = (  # the layer that Ollama 0.33 keeps, as /api/show has it
    "{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}"
    "<|im_start|>assistant\n"
)


@pytest.mark.parametrize(
    "jinja",
    [PLAIN, PLAIN.replace("\n", "\\n"), PLAIN.replace("'", '"'), "{{ bos_token }}" + PLAIN],
)
def test_it_is_known(jinja: str) -> None:
    template = chatml(jinja)
    assert template is not None and template.source == OLLAMAS
    assert is_known(Template.parse(OLLAMAS), jinja)
    assert is_known(Template.parse(OLLAMAS.replace("{{- ", "{{ ", 1)), jinja)  # of former versions
    assert not is_known(Template.parse(OLLAMAS + " "), jinja)
    turns = [Message("user", "a"), Message("assistant", "b"), Message("assistant", "c")]
    assert template.render(messages=turns, now=date.today()) == (
        "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb\n\nc<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


@pytest.mark.parametrize(
    "jinja", ["", "x" * 5000, "{% if tools %}{% endif %}" + PLAIN, PLAIN.replace("im_", "om_")]
)
def test_what_does_more_is_not_it(jinja: str) -> None:
    assert chatml(jinja) is None
