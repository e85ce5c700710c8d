"""The template language of Go's text/template, as far as chat templates use it.

    program = parse(source, frozenset(FUNCTIONS))
    text = execute(program, data, FUNCTIONS, Budget())

Both raise `TemplateError`, worded as Go words it.

Pure Python over plain values (dict, list, str, bool, int, float, None) and `Record`. A template
comes from a stranger: the source, the nesting, the steps and the output are all bounded.
Left out: complex numbers, method calls, and the functions call, html, js and urlquery.
Source: the documentation of Go's text/template and fmt packages.
"""

from .execute import Budget, execute
from .functions import FUNCTIONS
from .nodes import Program, TemplateError
from .parse import parse
from .values import Record, as_json, as_text

__all__ = [
    "FUNCTIONS",
    "Budget",
    "Program",
    "Record",
    "TemplateError",
    "as_json",
    "as_text",
    "execute",
    "parse",
]
