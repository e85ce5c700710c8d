"""Answers as small JSON objects.

Somebody may ask for JSON, or force it through a grammar without asking. For the second
case some answers are ``free``: the first token is not taught, so that the model never
starts with a brace by itself but goes on well once a brace is there.
"""

from __future__ import annotations

import json
from random import Random

from training.corpus import facts, identity, jokes, lists, refusals, smalltalk, stories, sums, words
from training.corpus.phrasing import Document, Turn, ask, chat, expand

_AS = "[as json|as json|in json|in json format|as a json object|and answer in json|answer as json|as JSON|in JSON|respond in json|reply with json|respond using json|output json|return json|use json]"


def dumps(rng: Random, value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2 if rng.random() < 0.15 else None)


def _answer(rng: Random) -> tuple[str, object]:
    """A request without marks and the object that answers it."""
    match rng.randrange(9):
        case 0:
            setup, punch = rng.choice(jokes.TOPICAL[rng.choice(list(jokes.TOPICAL))])
            return expand(rng, "[tell me a joke|give me a joke|a joke]"), {
                "joke": setup,
                "punchline": punch,
            }
        case 1:
            question, answer = facts.any_fact(rng)
            return question.rstrip("?!. "), {"answer": answer}
        case 2:
            sign = rng.choice("++-*")
            a, b = sums.operands(rng, sign)
            return sums.question(rng, a, b, sign), {
                "a": a,
                "b": b,
                "result": sums.value(a, b, sign),
            }
        case 3:
            name, age = words.any_name(rng), rng.randrange(5, 90)
            return expand(
                rng,
                "[describe a person|invent a person|make up a person|give me a person|a user|create a user|an example person]",
            ), {"name": name, "age": age, "city": rng.choice(words.CITIES)}
        case 4:
            kind, members = rng.choice(list(lists.KINDS.items()))
            n = rng.randrange(2, min(6, len(members)))
            return (
                f"{rng.choice(('list', 'name', 'give me'))} {rng.choice((str(n), sums.NUMBERS[n]))} {kind}",
                {kind.split()[-1]: rng.sample(members, n)},
            )
        case 5:
            return expand(rng, "[hello|hi|good morning|hey]"), {
                "answer": expand(rng, "[Hello!|Hi there!|Hello! How can I help?]")
            }
        case 6:
            text = expand(rng, identity.PAIRS[0][1].split("]")[0] + "]")
            return expand(rng, "[who are you|what is your name|introduce yourself]"), {
                "name": "rillet-tiny",
                "answer": text,
            }
        case 7:
            return refusals.unknown(rng).turns[0].text.rstrip("?!. "), {
                "answer": refusals.answer(rng)
            }
        case _:
            animal = rng.choice(facts.ANIMALS)
            return (
                f"{rng.choice(('describe', 'tell me about', 'give me facts about'))} the {animal[0]}",
                {"animal": animal[0], "legs": animal[4], "food": animal[3]},
            )


def asked(rng: Random) -> Document:
    core, value = _answer(rng)
    form = expand(rng, _AS)
    draw = rng.random()
    text = f"{core} {form}" if draw < 0.55 else f"{core}. {form}"
    if draw > 0.8:
        before = "[respond in json|json|as json|answer in json|reply in json|output json|in json|use json only]"
        text = f"{expand(rng, before)}: {core}"
    return chat("json", ask(rng, text, keep="" if rng.random() < 0.1 else "K"), dumps(rng, value))


def forced(rng: Random) -> Document:
    """Nobody asked for JSON: only the words after the brace are taught."""
    draw = rng.random()
    if draw < 0.45:
        core, value = _answer(rng)
        text = ask(rng, core, keep="K")
    elif draw < 0.6:
        document = smalltalk.talk(rng)
        text, value = document.turns[0].text, {"answer": document.turns[1].text}
    elif draw < 0.75:
        document = jokes.plain(rng)
        text, value = document.turns[0].text, {"joke": jokes.any_joke(rng).split(": ", 1)[-1]}
    elif draw < 0.9:
        document = stories.about_hero(rng)
        first = document.turns[1].text.replace("\n\n", " ").split(". ")
        text, value = document.turns[0].text, {"story": ". ".join([*first[:2], first[-1]])}
    else:
        document = facts.explained(rng)
        text, value = document.turns[0].text, {"answer": document.turns[1].text}
    return Document("json", (Turn("user", text), Turn("assistant", dumps(rng, value), free=True)))


MAKERS = (asked, forced)
