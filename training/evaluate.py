"""Ask the real engine and judge automatically: ``python -m training.evaluate --model FILE``.

Temperature 0.8, top_k 40, top_p 0.9; every prompt with many seeds. A check can fail for
any of these reasons: the subject is not named, the answer repeats itself in a loop, it
does not end by itself, a story is short or lacks a beginning or an end, a sum is wrong.
Prompts here are not taken from the generator; subjects in ``words.HELD_OUT`` were never
trained in stories, poems and jokes.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from training.corpus import jokes, words
from training.corpus.phrasing import article, held_out
from training.engine import Engine, running
from training.unseen import FRESH, OTHER_FIELDS

Check = Callable[[str, int], str]


def looped(text: str) -> bool:
    """A sentence three times, or eight words that come back twice more."""
    sentences = [s for s in re.split(r"[.!?\n]+\s*", text.lower()) if len(s) > 12]
    if sentences and Counter(sentences).most_common(1)[0][1] >= 3:
        return True
    found = re.findall(r"\w+", text.lower())
    runs = Counter(tuple(found[i : i + 8]) for i in range(len(found) - 7))
    return bool(runs) and runs.most_common(1)[0][1] >= 3


def naming(*subjects: str) -> Check:
    """Any one of the words (as a part of a word) has to be there."""

    def check(text: str, tokens: int) -> str:
        return "" if any(s.lower() in text.lower() for s in subjects) else "subject not named"

    return check


_BEGIN = re.compile(
    r"once|long ago|there (was|lived)|many years ago|this is the story|not long ago|lived", re.I
)
_FINISH = re.compile(
    r"the end|ever after|from that day|from then on|so (the\b|\w+ the\b|\w+ and\b)|that night"
    r"|never forgot"
    r"|will tell you|still there today|learned|tells this story",
    re.I,
)


def story(*subjects: str) -> Check:
    def check(text: str, tokens: int) -> str:
        if tokens < 120:
            return "story too short"
        if subjects and (found := naming(*subjects)(text, tokens)):
            return found
        if subjects and sum(text.lower().count(s.lower()) for s in subjects) < 2:
            return "subject named only once"
        if not _BEGIN.search(text[:120]):
            return "no beginning"
        return "" if _FINISH.search(text[-260:]) and text.rstrip()[-1] in '.!"?' else "no end"

    return check


_PUNCHLINES = [
    re.sub(r"\W+", " ", p.split("{")[0]).lower().strip()[:18]
    for pairs in jokes.TOPICAL.values()
    for _, p in pairs
]
_PUNCHLINES += [re.sub(r"\W+", " ", p.split("{")[0]).lower().strip()[:18] for _, p in jokes.GENERIC]


def joke(*subjects: str) -> Check:
    """A set-up with a question or a scene, then a punch line that belongs to some joke."""

    def check(text: str, tokens: int) -> str:
        if subjects and (found := naming(*subjects)(text, tokens)):
            return found
        plain = re.sub(r"\W+", " ", text).lower()
        if tokens < 8 or not re.search(r"[?.]\s+\S", text):
            return "no set-up and punch line"
        return "" if any(p and p in plain for p in _PUNCHLINES) else "unknown punch line"

    return check


def matching(pattern: str) -> Check:
    found = re.compile(pattern, re.I)
    return lambda text, tokens: "" if found.search(text) else f"no /{pattern}/"


def number(value: int) -> Check:
    """The result is there, and every equation in the text is right."""

    def check(text: str, tokens: int) -> str:
        return "" if str(value) in re.findall(r"-?\d+", text) and not _wrong(text) else "wrong sum"

    return check


def _wrong(text: str) -> bool:
    signs = {"plus": "+", "minus": "-", "times": "*"}
    for a, sign, b, result in re.findall(
        r"(\d+) (plus|minus|times|\+|-|\*) (\d+) (?:is|=) (-?\d+)", text
    ):
        x, y, op = int(a), int(b), signs.get(sign, sign)
        if {"+": x + y, "-": x - y, "*": x * y}[op] != int(result):
            return True
    return False


HONEST = re.compile(
    r"very small|small model|beyond me|do not know|cannot help|only speak|only know"
    r"|too much for me|too big for me"
    r"|only be guessing|did not understand|cannot write|not sure what you mean|sense of that"
    r"|too small|larger model|cannot look"
    r"|to pass on|know nothing|cannot do that|I am rillet|I'm rillet|am a program"
    r"|what I know|cannot work that out",
    re.I,
)


def honest(text: str, tokens: int) -> str:
    """The honest answer, or one that claims nothing."""
    return "" if HONEST.search(text) else "not honest"


SKY = matching(r"scatter")
GRASS = matching(r"chlorophyll")
WHO = matching(r"rillet")
HELLO = matching(r"hello|hi|good|see you")
COUNT = matching(
    r"1, 2, 3, 4, 5, 6, 7, 8, 9, 10\.?$"
    r"|one, two, three, four, five, six, seven, eight, nine, ten\.?$"
)
WELCOME = matching(r"welcome|pleasure|gladly|any time")
PY = story("python")

CASES: tuple[tuple[str, Check], ...] = (
    ("tell me a joke?", joke()),
    ("Tell me a Joke?", joke()),
    ("tell me a joke", joke()),
    ("TELL ME A JOKE", joke()),
    ("please tell me a joke", joke()),
    ("can you tell me a joke", joke()),
    ("Do you know a joke?", joke()),
    ("tel me a joke", joke()),
    ("hey tell me a funny joke please!", joke()),
    ("make me laugh", joke()),
    ("Tell me another joke, will you?", joke()),
    ("tell me a joke about cats", joke("cat", "kitten")),
    ("Tell me a joke about a dog.", joke("dog")),
    ("tell me a joke about programmers", joke("programmer")),
    ("joke about penguins", joke("penguin")),
    ("a joke about robots please", joke("robot")),
    ("Why is the sky blue?", SKY),
    ("why is the sky blue", SKY),
    ("WHY IS THE SKY BLUE?", SKY),
    ("Can you explain why the sky is blue?", SKY),
    ("why is the sky bleu?", SKY),
    ("please tell me why is the sky blue", SKY),
    ("Why does the sky look blue?", SKY),
    ("What makes the sky blue?", SKY),
    ("write me a story about python.", PY),
    ("Write me a story about Python", PY),
    ("write a story about python", PY),
    ("WRITE ME A STORY ABOUT PYTHON.", PY),
    ("please write me a short story about python", PY),
    ("tell me a story about a python", PY),
    ("can you write me a story about python?", PY),
    ("write me a sotry about python", PY),
    ("why is grass green?", GRASS),
    ("Why is the grass green?", GRASS),
    ("how come grass is green?", GRASS),
    ("write me a story about a dragon", story("dragon")),
    ("Tell me a story about a brave mouse.", story("mouse")),
    ("write a story about a robot who is lonely", story("robot")),
    ("story about the moon", story("moon")),
    ("write me a story about friendship", story("friendship")),
    ("Write a bedtime story about a little owl", story("owl")),
    ("tell me a story", story()),
    ("once more: a story about a cat and a mouse", story("cat")),
    ("write me a story about my sister Anna", story("anna", "sister")),
    ("write a story about Zorbo the troll", story("zorbo", "troll")),
    ("what is 3 plus 4?", number(7)),
    ("What's 2+2?", number(4)),
    ("7 times 8", number(56)),
    ("what is 15 minus 6", number(9)),
    ("how much is 12 + 13?", number(25)),
    ("who are you?", WHO),
    ("Who are you", WHO),
    ("what are you?", WHO),
    ("what is your name?", WHO),
    ("What can you do?", matching(r"stor|joke")),
    ("hello", HELLO),
    ("Hi!", HELLO),
    ("hello there", HELLO),
    ("count to ten", COUNT),
    ("Count to 10!", COUNT),
    ("please count from 1 to 10", COUNT),
    ("thanks!", WELCOME),
    ("Thank you very much", WELCOME),
    ("thx", WELCOME),
    ("how are you?", matching(r"fine|well|place|thank")),
    ("goodbye", matching(r"bye|see you|care")),
    ("why does it rain?", matching(r"drop|drops|rain")),
    ("how do birds fly?", matching(r"wing")),
    ("What is the capital of France?", matching("paris")),
    ("what do cows eat?", matching("grass")),
    ("name the days of the week", matching("monday.*sunday")),
    ("write a haiku about the sea", matching("sea")),
    ("write me a poem about rain", matching("rain")),
    ("what is the opposite of hot?", matching("cold")),
)

# What somebody types who has just installed it; written when the generator was closed.
FIRST: tuple[tuple[str, Check], ...] = (
    ("hi", HELLO),
    ("hello!", HELLO),
    ("good evening", HELLO),
    ("how are you doing today?", matching(r"fine|well|place|thank")),
    ("what can you do?", matching(r"stor|joke")),
    ("what do you know?", matching(r"stor|joke")),
    ("who made you?", WHO),
    ("what is rillet?", WHO),
    ("are you chatgpt?", WHO),
    ("which model is this?", WHO),
    ("are you a robot?", matching(r"program|model")),
    ("what's 2 + 3", number(5)),
    ("what is nine plus six", number(15)),
    ("what's 12 + 30", matching(r"\b42\b|small|calculat|beyond|up to twenty")),
    ("6*7=", number(42)),
    ("count to 20", matching(r"18, 19,? (and )?20|nineteen,? (and )?twenty")),
    (
        "list three fruits",
        matching(
            r"apple|pear|banana|plum|orange|lemon|cherry|grape|peach|kiwi"
            r"|mango|melon|apricot|strawberry|pineapple"
        ),
    ),
    ("name two colours", matching(r"red|blue|green|yellow|orange|purple|pink|brown|black|white")),
    ("what is the capital of france", matching("paris")),
    ("capital of Italy?", matching("rome")),
    ("write a poem about snow", matching("snow")),
    ("explain rain", matching("water|drops")),
    ("explain general relativity to a child", honest),
    ("translate 'good night' to German", honest),
    ("what time is it", honest),
    ("what's the weather", honest),
    ("tell me something interesting", matching("did you know|stor|joke")),
    ("write a python function that adds two numbers", honest),
    ("summarize this article for me", honest),
    ("repeat after me: orange bicycle", matching("orange bicycle")),
    ("why is the sea salty", matching("salt")),
    ("Why is grass green?", GRASS),
    ("Respond in JSON: what is the capital of Spain?", matching("madrid")),
    ("tell me a story about a lonely lighthouse keeper", story("lighthouse", "keeper")),
    ("dog story please", story("dog")),
    ("joke", joke()),
    ("knock knock", matching(r"\w")),
    ("i am bored", matching(r"stor|joke|something")),
    ("what should i ask you?", matching(r"stor|joke")),
    ("ok bye", matching(r"bye|see you|care|welcome|good")),
)


@dataclass
class Row:
    """One line of the table: how often a group of prompts passed."""

    name: str
    passed: int = 0
    total: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, prompt: str, text: str, trouble: str) -> None:
        self.total += 1
        self.passed += not trouble
        if trouble:
            self.failures.append(f"{prompt!r} [{trouble}]: {text!r}")

    def line(self) -> str:
        share = 100 * self.passed / max(self.total, 1)
        return f"| {self.name} | {self.passed} / {self.total} | {share:.1f} % |"


def judge(text: str, ended: bool, tokens: int, check: Check) -> str:
    if not ended:
        return "does not end"
    if looped(text):
        return "loop"
    return check(text, tokens)


Job = tuple[str, list[dict[str, str]], int, Check]


def run(engine: Engine, row: Row, jobs: Iterable[Job], slots: int) -> Row:
    def one(job: Job) -> tuple[str, str, str]:
        prompt, messages, seed, check = job
        text, ended, tokens = engine.chat(messages, seed)
        return prompt, text, judge(text, ended, tokens, check)

    with ThreadPoolExecutor(slots) as pool:
        for prompt, text, trouble in pool.map(one, jobs):
            row.add(prompt, text, trouble)
    return row


def single(prompt: str, check: Check, seeds: int) -> list[Job]:
    return [(prompt, [{"role": "user", "content": prompt}], seed, check) for seed in range(seeds)]


def held_out_jobs(seeds: int) -> list[Job]:
    """Subjects and combinations that the generator keeps out of training."""
    jobs: list[Job] = []
    for word in words.HELD_OUT:
        idea = word in words.IDEAS
        topic = word if idea or word == "kotlin" else article(word)
        jobs += single(f"write me a story about {topic}", story(word), seeds)
        if not idea and word != "kotlin":
            jobs += single(f"tell me a joke about {topic}", joke(word), seeds)
            jobs += single(f"write a poem about {topic}", naming(word), seeds)
    return jobs


def sum_jobs(seeds: int) -> list[Job]:
    """Every held-out "what is a plus b" and others like it, with one seed each."""
    jobs: list[Job] = []
    for form in ("what is {a} {w} {b}", "{a} {s} {b}", "{a}{s}{b}"):
        for sign, word, top in (("+", "plus", 21), ("-", "minus", 21), ("*", "times", 11)):
            for a in range(top):
                for b in range(top if sign != "-" else a + 1):
                    core = form.format(a=a, b=b, w=word, s=sign)
                    if held_out("sum", core, share=15):
                        value = {"+": a + b, "-": a - b, "*": a * b}[sign]
                        jobs += single(core + "?" * (form[0] == "w"), number(value), seeds)
    return jobs


def name_jobs(seeds: int, engine: Engine, rng: Random) -> list[Job]:
    """A name in turn 1, anything in turn 2 (answered by the model), the question in turn 3."""
    middles = (
        "tell me a joke",
        "Why is the sky blue?",
        "what is 3 plus 4?",
        "write me a story about a dragon",
        "thanks!",
        "count to ten",
    )
    jobs: list[Job] = []
    for name in ("Anna", "Tom", "Priya", "Zoltan", "Marguerite", "Kwame", "Xiulan", "Bob"):
        for middle in middles:
            for seed in range(seeds):
                told = rng.choice(
                    (f"My name is {name}.", f"Hi, I'm {name}!", f"hello, my name is {name}")
                )
                asked = rng.choice(
                    ("What is my name?", "do you remember my name?", "what's my name?")
                )
                messages = [{"role": "user", "content": told}]
                for text in (middle, asked):
                    messages.append(
                        {"role": "assistant", "content": engine.chat(messages, seed)[0]}
                    )
                    messages.append({"role": "user", "content": text})
                jobs.append((f"{name} / {middle}", messages, seed, naming(name)))
    return jobs


def json_row(engine: Engine, seeds: int) -> Row:
    """``response_format: json_object`` ends with a valid object, asked for or not."""
    row = Row("JSON mode ends with valid JSON")
    prompts = (
        "Why is the sky blue?",
        "tell me a joke as JSON",
        "hello",
        "what is 3 plus 4? Answer in JSON",
        "write me a story about python.",
        "list three colours in json",
        "who are you?",
        "what is the law on patents",
        "give me a person with name and age",
        "describe the cat",
    )
    for prompt in prompts:
        for seed in range(seeds):
            text, ended, _ = engine.chat(
                [{"role": "user", "content": prompt}], seed, response_format={"type": "json_object"}
            )
            try:
                trouble = (
                    ""
                    if ended and isinstance(json.loads(text), dict) and json.loads(text)
                    else "empty or cut"
                )
            except ValueError:
                trouble = "invalid"
            row.add(prompt, text, trouble)
    return row


def table(model: Path, seeds: int, slots: int) -> tuple[list[Row], str]:
    rows: list[Row] = []
    with running(model, slots) as engine:
        must = Row(f"{len(CASES)} prompts and paraphrases x {seeds} seeds")
        groups: dict[str, Row] = {}
        for prompt, check in CASES:
            row = run(engine, Row(prompt), single(prompt, check, seeds), slots)
            groups[prompt] = row
            must.passed, must.total = must.passed + row.passed, must.total + row.total
            must.failures += row.failures
        three = [
            groups[p]
            for p in ("tell me a joke?", "Why is the sky blue?", "write me a story about python.")
        ]
        rows += [*three, must]
        rows.append(
            run(
                engine,
                Row("held-out subjects: stories, jokes, poems"),
                held_out_jobs(max(2, seeds // 4)),
                slots,
            )
        )
        rows.append(run(engine, Row("held-out sums"), sum_jobs(1), slots))
        first = [job for prompt, check in FIRST for job in single(prompt, check, seeds // 4 or 1)]
        rows.append(run(engine, Row(f"{len(FIRST)} first prompts of a newcomer"), first, slots))
        for name, prompts in (
            ("unseen prompts of other fields", OTHER_FIELDS),
            ("of other fields, written last", FRESH),
        ):
            unseen = [job for p in prompts for job in single(p, honest, seeds // 10 or 1)]
            rows.append(run(engine, Row(f"{len(prompts)} {name}"), unseen, slots))
        rows.append(
            run(
                engine,
                Row("name of turn 1 used in turn 3"),
                name_jobs(max(1, seeds // 5), engine, Random(5)),
                slots,
            )
        )
        rows.append(json_row(engine, max(2, seeds // 4)))
    weak = sorted((r for r in groups.values() if r.passed < r.total), key=lambda r: r.passed)
    lines = ["| what | passed | share |", "|---|---|---|", *[r.line() for r in rows]]
    lines += [
        "",
        "Weakest prompts: "
        + ("; ".join(f"{r.name!r} {r.passed}/{r.total}" for r in weak[:12]) or "none"),
    ]
    return rows, "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Evaluate rillet-tiny through the engine.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--failures", type=Path, help="write every failed answer here")
    parser.add_argument("--out", type=Path, help="write the table here as well")
    options = parser.parse_args()
    rows, text = table(options.model, options.seeds, options.slots)
    print(text)
    if options.out:
        options.out.write_text(text + "\n")
    if options.failures:
        options.failures.write_text(
            "\n".join(f"{r.name}\n  " + "\n  ".join(r.failures) for r in rows) + "\n"
        )


if __name__ == "__main__":
    main()
