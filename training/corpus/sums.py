"""Sums that a very small model can know by heart: operands up to twenty, tables up to ten.

Whatever is larger gets an honest refusal, because a wrong sum is worse than none.
"""

from __future__ import annotations

from random import Random

from training.corpus import words
from training.corpus.phrasing import Document, ask, chat, expand, held_out

NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
).split()
SIGNS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}
PHRASES = {
    "+": (
        "{a} plus {b}",
        "{a} plus {b}",
        "{a} + {b}",
        "{a}+{b}",
        "{a} + {b} =",
        "{a}+{b}=",
        "{a} and {b}",
        "the sum of {a} and {b}",
    ),
    "-": (
        "{a} minus {b}",
        "{a} minus {b}",
        "{a} - {b}",
        "{a}-{b}",
        "{a} - {b} =",
        "{a} take away {b}",
        "{a} less {b}",
    ),
    "*": (
        "{a} times {b}",
        "{a} times {b}",
        "{a} * {b}",
        "{a}*{b}",
        "{a} x {b}",
        "{a} multiplied by {b}",
        "{a} * {b} =",
    ),
    "/": (
        "{a} divided by {b}",
        "{a} divided by {b}",
        "{a} / {b}",
        "{a}/{b}",
        "{a} over {b}",
        "{a} : {b}",
    ),
}
_FRAMES = (
    "what is {e}",
    "what is {e}",
    "what is {e}",
    "what's {e}",
    "{e}",
    "{e}",
    "how much is {e}",
    "calculate {e}",
    "how much makes {e}",
    "what does {e} make",
    "compute {e}",
    "solve {e}",
    "what do you get from {e}",
    "tell me {e}",
    "can you add up {e}",
    "do you know {e}",
    "what is the result of {e}",
    "what {e}",
    "whats {e}",
)
_ORDERS = {
    "+": ("add {a} and {b}", "add {b} to {a}", "sum {a} and {b}"),
    "-": ("subtract {b} from {a}", "take {b} from {a}"),
    "*": ("multiply {a} by {b}", "multiply {a} and {b}"),
    "/": ("divide {a} by {b}",),
}


def operands(rng: Random, sign: str) -> tuple[int, int]:
    """A pair inside the range where answers are promised."""
    # People ask for small sums most of all.
    top = 11 if rng.random() < 0.45 else 21
    match sign:
        case "+":
            return rng.randrange(top), rng.randrange(top)
        case "-":
            a = rng.randrange(21)
            return a, rng.randrange(a + 1 if rng.random() < 0.85 else 21)
        case "*":
            return rng.randrange(11), rng.randrange(11)
        case _:
            b, result = rng.randrange(1, 11), rng.randrange(11)
            return b * result, b


def value(a: int, b: int, sign: str) -> int:
    return {"+": a + b, "-": a - b, "*": a * b, "/": a // b if b else 0}[sign]


def question(rng: Random, a: int, b: int, sign: str) -> str:
    """The request without marks; small numbers are sometimes words."""
    spelled = rng.random() < 0.15 and max(a, b) <= 20
    names = {"a": NUMBERS[a] if spelled else str(a), "b": NUMBERS[b] if spelled else str(b)}
    if rng.random() < 0.12:
        return expand(rng, rng.choice(_ORDERS[sign]), names)
    index = rng.randrange(2) if spelled else rng.randrange(len(PHRASES[sign]))
    phrase = expand(rng, PHRASES[sign][index], names)
    return rng.choice(_FRAMES).replace("{e}", phrase)


def answer(rng: Random, a: int, b: int, sign: str) -> str:
    result, word = value(a, b, sign), SIGNS[sign]
    # The question comes first in the answer: what is asked and what results stand together.
    return f"{a} {sign} {b} = {result}" if rng.random() < 0.2 else f"{a} {word} {b} is {result}."


def sum_(rng: Random) -> Document:
    sign = rng.choice("+++++---***/")
    while True:
        a, b = operands(rng, sign)
        core = question(rng, a, b, sign)
        if not held_out("sum", core, share=15):
            break
    mark = rng.choice(("?", "?", "", "", " ?", ".")) if not core.endswith("=") else ""
    prefix = rng.choice(
        (
            "",
            "",
            "",
            "",
            "",
            "",
            "please ",
            "hey, ",
            "ok, ",
            "and ",
            "can you tell me ",
            "tell me: ",
            "quick, ",
        )
    )
    text = prefix + core + mark
    return chat(
        "sum", text[:1].upper() + text[1:] if rng.random() < 0.5 else text, answer(rng, a, b, sign)
    )


def several(rng: Random) -> Document:
    """Two to four sums at once."""
    asked: list[str] = []
    told: list[str] = []
    while len(told) < rng.choice((2, 2, 3, 4)):
        sign = rng.choice("+++---**/")
        a, b = operands(rng, sign)
        if held_out("sum", f"{a}{sign}{b}", share=15):
            continue
        asked.append(f"{a} {SIGNS[sign]} {b}" if rng.random() < 0.5 else f"{a}{sign}{b}")
        told.append(f"{a} {SIGNS[sign]} {b} is {value(a, b, sign)}.")
    core = rng.choice(("what is ", "", "calculate ", "what's ")) + rng.choice((" and ", ", ")).join(
        asked
    )
    return chat("sum", ask(rng, core, question=True, keep="x"), " ".join(told))


def times_table(rng: Random) -> Document:
    n = rng.randrange(1, 11)
    core = expand(
        rng,
        f"[what is the {n} times table|times table of {n}|multiplication table of {n}|say the table of {n}|tell me the {n} times table]",
    )
    return chat(
        "sum",
        ask(rng, core, keep="x"),
        "\n".join(f"{n} times {i} is {n * i}." for i in range(1, 11)),
    )


def story_sum(rng: Random) -> Document:
    """Apples and friends."""
    name, _ = words.person(rng)
    thing = rng.choice(
        "apples pears books balls coins cookies eggs flowers pencils stones balloons fish cakes stamps".split()
    )
    if rng.random() < 0.6:
        a, b, sign = rng.randrange(1, 13), rng.randrange(1, 13), "+"
        text = f"{name} has {a} {thing} and [gets|finds|buys|is given] {b} more. How many {thing} [does {name} have|does {name} have now|are there now]?"
    else:
        a = rng.randrange(2, 16)
        b, sign = rng.randrange(1, a), "-"
        text = f"{name} has {a} {thing} and [loses|gives away|sells|drops] {b}. How many {thing} [are left|does {name} have left|remain]?"
    if rng.random() < 0.15:
        text = (
            text.replace(name, "I")
            .replace("I has", "I have")
            .replace("does I", "do I")
            .replace("I gets", "I get")
            .replace("is given", "get")
        )
        for verb in ("gets", "finds", "buys", "loses", "gives away", "sells", "drops"):
            text = text.replace(
                f"{verb}", verb.replace("gives", "give") if verb == "gives away" else verb[:-1]
            )
        name = "You"
    have = "have" if name == "You" else "has"
    result = value(a, b, sign)
    left = " left" if sign == "-" else " now"
    noun = (
        thing
        if result != 1
        else {"cookies": "cookie", "fish": "fish", "stones": "stone"}.get(thing, thing[:-1])
    )
    return chat(
        "sum",
        expand(rng, text),
        f"{name} {have} {result} {noun}{left}, because {a} {SIGNS[sign]} {b} is {result}.",
    )


def too_big(rng: Random) -> Document:
    sign = rng.choice("++--***//")
    a, b = (
        rng.choice((rng.randrange(21, 100), rng.randrange(100, 100000), rng.randrange(2, 60))),
        rng.choice((rng.randrange(21, 100), rng.randrange(100, 20000))),
    )
    if sign == "/" and rng.random() < 0.3:
        a, b = rng.randrange(11, 50), 0
    if sign == "*" and rng.random() < 0.4:
        a, b = rng.randrange(11, 21), rng.randrange(3, 21)
    core = question(rng, a, b, sign)
    if rng.random() < 0.2:
        core = expand(
            rng,
            "[what is the square root of {a}|what is {a} percent of {b}|solve x squared plus {b} = {a}|what is {a} to the power of {b}"
            "|what is the integral of x squared|what is the derivative of sin x|solve the equation {a}x + 3 = {b}|is {a} a prime number|what is {a} modulo {b}]",
            {"a": str(a), "b": str(b)},
        )
    text = expand(
        rng,
        "[That sum is too big for me.|Such big numbers are too much for me.|That calculation is beyond me.|I cannot work that out reliably.] "
        "[I am a very small model and only sure of sums up to twenty and small tables.|As a very small model I only trust myself with numbers up to twenty.|I only know small sums, up to twenty, by heart.] "
        "[A calculator will tell you.|Please use a calculator.|Please ask a calculator, so that the answer is right.]",
    )
    return chat("sum_too_big", ask(rng, core, question=True), text)


def compare(rng: Random) -> Document:
    a, b = rng.sample(range(21), 2)
    which = rng.choice(("bigger", "larger", "greater", "smaller"))
    first = min(a, b) if which == "smaller" else max(a, b)
    other = a + b - first
    core = expand(
        rng,
        "[which is {w}, {a} or {b}|which number is {w}: {a} or {b}|what is {w}, {a} or {b}]",
        {"w": which, "a": str(a), "b": str(b)},
    )
    return chat("sum", ask(rng, core, question=True, keep="x"), f"{first} is {which} than {other}.")


def any_sum(rng: Random) -> tuple[str, str]:
    document = sum_(rng)
    return document.turns[0].text, document.turns[1].text


MAKERS = (sum_, several, times_table, story_sum, too_big, compare)
