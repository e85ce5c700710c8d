"""The template language: what Go's text/template does, case by case, and its limits."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rillet.model.gotemplate import FUNCTIONS, Budget, TemplateError, execute, parse

NAMES = frozenset({*FUNCTIONS, "and", "or"})
DATA = {
    "S": "text", "E": "", "N": 3, "Z": 0, "T": True, "F": 0.5, "L": ["a", "b", "c"], "None": None,
    "M": {"b": 2, "a": 1, "in": {"x": "deep"}}, "Empty": [], "Us": [{"n": "u1"}, {"n": "u2"}],
}  # fmt: skip


def run(source: str, data: Any = None, budget: Budget | None = None) -> str:
    program = parse(source, NAMES)
    return execute(program, DATA if data is None else data, FUNCTIONS, budget or Budget())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ""),
        ("a } b { c", "a } b { c"),
        ("{{ .S }}", "text"),
        ("{{.S}}{{ .N }}{{.T}}{{.F}}", "text3true0.5"),
        ("{{ .Nope }}", "<no value>"),
        ("{{ .M.in.x }}{{ (.M).in.x }}{{ $.M.in.x }}", "deepdeepdeep"),
        ("{{ .L }}{{ .M.in }}", "[a b c]map[x:deep]"),
        # white space
        ("a \n {{- .S -}} \n b", "atextb"),
        ("a {{ .S -}} b", "a textb"),
        ("a {{- .S }} b", "atext b"),
        ("a {{- /* c */ -}} b", "ab"),
        ("a {{/* c }} c */}} b", "a  b"),
        ("a {{-3}} b", "a -3 b"),
        ("x{{\n.S\n}}y", "xtexty"),
        # literals
        (r'{{ "q\"\n\t\\" }}{{ `raw\n` }}', 'q"\n\t\\raw\\n'),
        ("{{ 'a' }} {{ 0x1F }} {{ 1_000 }} {{ 1.5 }} {{ -2 }} {{ 1e3 }}", "97 31 1000 1.5 -2 1000"),
        ("{{ true }}{{ false }}", "truefalse"),
        (r'{{ "\u00e9\x41\101" }}', "éAA"),
        ('{{ "a }} b" }}', "a }} b"),
        # variables
        ("{{ $x := .S }}{{ $x }}", "text"),
        ("{{ $x := 1 }}{{ if .T }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        ("{{ $x := 1 }}{{ if .T }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}", "21"),
        ("{{ $m := .M }}{{ $m.in.x }}", "deep"),
        ("{{ $x := .L }}{{ range $x }}{{ $.S }}{{ end }}", "texttexttext"),
        # if
        ("{{ if .E }}1{{ else }}2{{ end }}", "2"),
        ("{{ if .Z }}1{{ else if .S }}2{{ else }}3{{ end }}", "2"),
        ("{{ if .Z }}1{{ else if .E }}2{{ else }}3{{ end }}4", "34"),
        ("{{ if $x := .S }}{{ $x }}{{ end }}", "text"),
        ("{{ if .Empty }}1{{ end }}{{ if .M }}2{{ end }}{{ if .None }}3{{ end }}", "2"),
        # range
        ("{{ range .L }}<{{ . }}>{{ end }}", "<a><b><c>"),
        ("{{ range $i, $v := .L }}{{ $i }}{{ $v }}{{ end }}", "0a1b2c"),
        ("{{ range $v := .L }}{{ $v }}{{ end }}", "abc"),
        ("{{ range $k, $v := .M }}{{ $k }},{{ end }}", "a,b,in,"),
        ("{{ range .Empty }}x{{ else }}none{{ end }}", "none"),
        ("{{ range .Nope }}x{{ end }}", ""),
        ("{{ range 3 }}{{ . }}{{ end }}", "012"),
        ("{{ range .L }}{{ if eq . \"b\" }}{{ break }}{{ end }}{{ . }}{{ end }}!", "a!"),
        ("{{ range .L }}{{ if eq . \"b\" }}{{ continue }}{{ end }}{{ . }}{{ end }}!", "ac!"),
        ("{{ range .Us }}{{ .n }}{{ range $.L }}{{ . }}{{ end }}{{ end }}", "u1abcu2abc"),
        ("{{ $last := 0 }}{{ range $i, $u := .Us }}{{ $last = $i }}{{ end }}{{ $last }}", "1"),
        ("{{ $i := 0 }}{{ range $i, $u = .L }}{{ end }}{{ $i }}", None),
        # with
        ("{{ with .M.in }}{{ .x }}{{ end }}", "deep"),
        ("{{ with .E }}x{{ else }}{{ .S }}{{ end }}", "text"),
        ("{{ with $x := .S }}{{ $x }}{{ . }}{{ end }}", "texttext"),
        ("{{ with .E }}a{{ else with .S }}{{ . }}{{ end }}", "text"),
        # templates
        ('{{ define "t" }}[{{.}}]{{ end }}{{ template "t" .S }}{{ template "t" .N }}', "[text][3]"),
        ('{{ block "b" .S }}({{ . }}){{ end }}', "(text)"),
        ('{{ define "t" }}{{ $ }}{{ end }}{{ template "t" .S }}', "text"),
        ('{{ define "t" }}x{{ end }}{{ template "t" }}', "x"),
        # pipelines and functions
        ("{{ .S | len }}{{ .N | printf \"%s-%d\" \"a\" | len }}", "43"),
        ('{{ .N | printf "%s-%d" "a" }}', "a-3"),
        ("{{ len (index .L 0) }}", "1"),
        ("{{ (index .Us 1).n }}", "u2"),
        ("{{ index .M \"in\" \"x\" }}{{ index .L 2 }}", "deepc"),
        ("{{ slice .S 1 3 }}{{ slice .L 1 }}{{ slice .S 2 }}", "ex[b c]xt"),
        ("{{ and .S .N }}{{ and .E .Nope.x }}{{ or .E .S }}{{ or .Z .E }}", "3text"),
        ("{{ not .E }}{{ not .S }}", "truefalse"),
        ('{{ eq .S "text" }} {{ eq .N 1 2 3 }}', "true true"),
        ("{{ ne .N 3 }} {{ eq .N 4 5 }}", "false false"),
        ('{{ lt 1 2 }} {{ le 2 2 }} {{ gt 1 2 }} {{ lt "a" "b" }}', "true true false true"),
        ("{{ ge 2 2 }} {{ ge 1 2 }}", "true false"),
        ('{{ print "a" 1 2 "b" }}|{{ println 1 "a" }}', "a1 2b|1 a\n"),
        ('{{ printf "%5d|%-5s|%05d|%q|%v|%t|%.2f|%x|%%" 7 "a" 42 "q\\"" .L .T .F 255 }}',
         '    7|a    |00042|"q\\""|[a b c]|true|0.50|ff|%'),
        ('{{ printf "%d %s" 1 }}{{ printf "x" 1 }}{{ printf "%d" "a" }}{{ printf "%s" 2 }}',
         "1 %!s(MISSING)x%!(EXTRA int=1)%!d(string=a)%!s(int=2)"),
        ("{{ html \"<a b='&'>\" .N }}|{{ html .L }}", "&lt;a b=&#39;&amp;&#39;&gt;3|[a b c]"),
        ("{{ js \"a'b<=\\\\\\n日\\u2028\" }}", "a\\'b\\u003C\\u003D\\\\\\u000A日\\u2028"),
        ("{{ urlquery \"a b&c/é~\" }}|{{ .S | urlquery }}", "a+b%26c%2F%C3%A9~|text"),
        ("{{ .S | }}", "text"),
        ("{{ len .S }}{{ len .L }}{{ len \"é\" }}", "432"),
        ("{{ if and (eq .N 3) (or (eq .S \"x\") (ne .E \"y\")) }}yes{{ end }}", "yes"),
        ("{{ if not (eq .S \"text\") }}a{{ else }}b{{ end }}", "b"),
        ("{{ range $i, $u := .L }}{{ if eq (len (slice $.L $i)) 1 }}{{.}}{{ end }}{{ end }}", "c"),
    ],
)  # fmt: skip
def test_what_a_template_makes(source: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(TemplateError):
            run(source)
    else:
        assert run(source) == expected


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{ .Prompt", ":1: unclosed action"),
        ("a\nb\n{{ .Prompt", ":3: unclosed action"),
        ("{{", ":1: unclosed action"),
        ("{{ if .A }}", ":1: unexpected EOF"),
        ("{{ range .A }}x", ":1: unexpected EOF"),
        ("{{ end }}", ":1: unexpected {{end}}"),
        ("x\n{{ else }}", ":2: unexpected {{else}}"),
        ("{{ if }}x{{ end }}", ":1: missing value for if"),
        ("{{ }}", ":1: missing value for command"),
        ("{{ nope .A }}", ':1: function "nope" not defined'),
        ("{{ $x }}", ':1: undefined variable "$x"'),
        ("{{ if .A }}{{ $x := 1 }}{{ end }}{{ $x }}", ':1: undefined variable "$x"'),
        ("{{ (.A }}", ":1: unclosed left paren"),
        ("{{ .A ) }}", ":1: unexpected right paren"),
        ('{{ "abc }}', ":1: unterminated quoted string"),
        ("{{ `abc }}", ":1: unterminated raw quoted string"),
        ("{{/* abc }}", ":1: unclosed comment"),
        ("{{/* abc */ x}}", ":1: comment ends before closing delimiter"),
        ("{{ break }}", ":1: {{break}} outside {{range}}"),
        ("{{ .A ! }}", ':1: unexpected "!" in operand'),
        ("{{ ! .A }}", ':1: unexpected "!" in command'),
        ("{{ .A }", ':1: unexpected "}" in operand'),
        ("{{{ .A }}}", ':1: unexpected "{" in command'),
        ("{{ .A && .B }}", ':1: unexpected "&" in operand'),
        ("{{ .A; }}", ":1: bad character U+003B ';'"),
        ("{{ .a-b }}", ":1: bad character U+002D '-'"),
        ("{{ template }}", ':1: unexpected "}}" in template clause'),
        ("{{ .A | 3 }}", ":1: non executable command in pipeline stage 2"),
        ('{{ "\\z" }}', ":1: invalid syntax"),
        ("{{ | .A }}", ':1: unexpected "|" in command'),
        ("{{ .A. }}", ":1: unexpected <.> in operand"),
        ("{{ ..A }}", ':1: unexpected . after term "."'),
        ('{{ "a".B }}', ':1: unexpected . after term "\\"a\\""'),
        ("{{ .A.$x }}", ":1: bad character U+0024 '$'"),
        ("{{ .A : .B }}", ":1: expected :="),
        ("{{ - .A }}", ':1: illegal number syntax: "-"'),
        ("{{ 1a }}", ':1: bad number syntax: "1a"'),
        ("{{ 1-2 }}", ':1: bad number syntax: "1-2"'),
        ("{{ 0b12 }}", ':1: bad number syntax: "0b12"'),
        ("{{ 1e400 }}", ':1: illegal number syntax: "1e400"'),
        ("{{ 08 }}", ':1: integer overflow: "08"'),
        ("{{ 'ab' }}", ":1: malformed character constant: 'ab'"),
        ("{{ '' }}", ":1: invalid syntax"),
        ("{{ end if }}", ":1: unexpected <if> in end"),
        ("{{ if .A }}{{ else with .B }}{{ end }}", ":1: unexpected <with> in input"),
        ("{{ if .A }}{{ else }}{{ else }}{{ end }}", ":1: expected end; found {{else}}"),
        ("{{ range .A }}{{ else range .B }}{{ end }}", ":1: unexpected <range> in else"),
        ("{{ range $i, $e, $f := .A }}{{ end }}", ":1: too many declarations in range"),
        ("{{ range $i, 1 }}{{ end }}", ":1: range can only initialize variables"),
        ("{{ $x, $y := 1 }}", ":1: too many declarations in command"),
        ('{{ define "a" }}{{ else }}{{ end }}', ":1: unexpected {{else}} in define clause"),
        ('{{ if .A }}{{ define "a" }}{{ end }}', ":1: unexpected <define> in command"),
        ('{{ .A "bbbbbbbbbbbbb" , }}', ':1: unexpected "," in operand'),
        ('{{ template "a" . "b" aaaaaaaaaaaaaa }}', ':1: function "aaaaaaaaaaaaaa" not defined'),
        ("{{ if .A\n.B", ":2: unclosed action started at :1"),
        ("{{ if .A\n}", ':2: unexpected "}" in operand'),
    ],
)
def test_what_does_not_parse(source: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(source, NAMES)
    assert str(caught.value) == f"template: {message}"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ .S.x }}", "can't evaluate field x in type string"),
        ("{{ $x = 1 }}", r"undefined variable: \$x"),
        ("{{ call .S }}", "non-function of type string"),
        ("{{ .Nope.x }}", "nil pointer evaluating"),
        ("{{ index .L 9 }}", "index out of range: 9"),
        ("{{ index .L -1 }}", "index out of range"),
        ("{{ slice .S 3 1 }}", "invalid slice index"),
        ("{{ len .N }}", "len of type int"),
        ("{{ lt .S .N }}", "incompatible types"),
        ("{{ range .S }}{{ end }}", "can't iterate"),
        ('{{ template "none" }}', '"none" not defined'),
        ("{{ .S .N }}", "can't give argument to non-function"),
        ("{{ not }}", "wrong number of args for not"),
        ("{{ and }}", "wrong number of args for and"),
    ],
)
def test_what_goes_wrong_while_running(source: str, says: str) -> None:
    with pytest.raises(TemplateError, match=says):
        run(source)


HOSTILE = {
    "a loop of loops": "{{ range 99999 }}{{ range 99999 }}{{ end }}{{ end }}",
    "a long loop": "{{ range 999999999999 }}{{ end }}",
    "doubling": '{{ $x := "aaaaaaaa" }}{{ range 99999 }}{{ $x = print $x $x }}{{ end }}',
    "recursion": '{{ define "t" }}{{ template "t" . }}{{ end }}{{ template "t" . }}',
    "fan-out": '{{define "t"}}{{ range 9 }}{{template "t"}}{{ end }}{{ end }}{{ template "t" }}',
    "output": "{{ range 999999 }}" + "x" * 9999 + "{{ end }}",
    "nesting": "{{ if 1 }}" * 500 + "{{ end }}" * 500,
    "parentheses": "{{ " + "(" * 50_000 + " }}",
    "else ifs": "{{ if 0 }}" + "{{ else if 0 }}" * 5000 + "{{ end }}",
    "width": '{{ range 99999 }}{{ printf "%999999999d" 1 }}{{ end }}',
    "too long": "x" * (2 << 20),
}  # fmt: skip


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_template_ends(source: str) -> None:
    started = time.process_time()
    with pytest.raises(TemplateError):
        run(source, budget=Budget(steps=200_000, output=10_000_000))
    assert time.process_time() - started < 10


def test_data_nested_without_end() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(TemplateError, match="nested too deeply"):
        run("{{ .deep }}", {"deep": deep})


_pieces = st.sampled_from(
    ["{{", "}}", "{{-", "-}}", ".S", ".L", "$x", ":=", "=", "if", "else", "end", "range", "with",
     "(", ")", "|", "1", "eq", "len", "print", "index", ",", "$", ".", "and", "x", " ", "\n", '"a"',
     "`", "/*", "*/", "template", "define", "break", "{{ end }}"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_pieces, max_size=40).map("".join) | st.text(max_size=40))
def test_no_text_raises_anything_else(source: str) -> None:
    try:
        run(source, budget=Budget(steps=10_000, output=100_000))
    except TemplateError as error:
        assert str(error).startswith("template: :")


@given(st.text(alphabet="{}-ab \n", max_size=50).filter(lambda text: "{{" not in text))
def test_text_without_actions_is_itself(text: str) -> None:
    assert run(text) == text


def test_a_template_that_takes_long_to_read_is_refused() -> None:
    """Whoever reads one in an event loop holds up everybody else."""
    parse("{{ .Prompt }}" * 5_000, frozenset())
    with pytest.raises(TemplateError, match="longer than 65536 characters"):
        parse("{{ .Prompt }}" * 5_100, frozenset())
