"""Ask the real engine and judge automatically: ``python -m training.evaluate --model FILE``.

Temperature 0.8, top_k 40, top_p 0.9; every prompt with many seeds. A check can fail for
any of these reasons: the subject is not named, the answer repeats itself in a loop, it
does not end by itself, a story is short or lacks a beginning or an end, a sum is wrong.
Prompts are in prompts.py and unseen.py, checks in checks.py; subjects in ``words.HELD_OUT``
were never trained in stories, poems and jokes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from training.checks import Check, honest, joke, judge, naming, number, story
from training.corpus import words
from training.corpus.phrasing import article, held_out
from training.engine import Engine, running
from training.prompts import CASES, FIRST, STRANGER
from training.unseen import FRESH, OTHER_FIELDS


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
        for name, cases in (
            ("first prompts of a newcomer", FIRST),
            ("first prompts, written last", STRANGER),
        ):
            first = [job for p, check in cases for job in single(p, check, seeds // 4 or 1)]
            rows.append(run(engine, Row(f"{len(cases)} {name}"), first, slots))
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
