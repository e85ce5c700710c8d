"""Conversations of several turns: names that are remembered, follow-ups, changes of subject."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from training.corpus import (
    facts,
    identity,
    jokes,
    lists,
    poems,
    refusals,
    smalltalk,
    stories,
    sums,
    words,
)
from training.corpus.phrasing import Document, Turn, capital, chat, expand

# what is told, how it is confirmed, how it is asked for, how it is answered
Memory = tuple[str, str, str, str]
NAME: Memory = (
    "[my name is {v}|my name is {v}|my name is {v}|i am {v}|i'm {v}|hello, my name is {v}|hi, i am {v}|hi, i'm {v}|hello! my name is {v}|call me {v}|hello, i'm {v}|hi! my name's {v}|you can call me {v}|people call me {v}|hey, {v} here|my name is {v}, what is yours|my name is {v}, nice to meet you|this is {v}]",
    "[Hello, {v}!|Hi, {v}!|Nice to meet you, {v}!|Good to meet you, {v}.|Welcome, {v}!|Hello, {v}! Nice to meet you.] [What can I do for you?|How can I help?|Would you like a story or a joke?||I am rillet-tiny.]",
    "[what is my name|what's my name|what is my name|do you remember my name|do you know my name|who am i|what am i called|say my name|tell me my name|can you tell me my name|what was my name|do you still know my name|how am i called|whats my name|what did i say my name was|and what is my name]",
    "[Your name is {v}.|Your name is {v}.|You are {v}.|You told me that your name is {v}.|You are called {v}.|Of course: your name is {v}.|Your name is {v}, as you told me.]",
)
OTHERS: tuple[tuple[Memory, str], ...] = (
    (
        (
            "[my favourite colour is {v}|i like the colour {v} best|my favorite color is {v}]",
            "[{V} is a lovely colour.|{V}, how nice!|I see, {v}.]",
            "[what is my favourite colour|which colour do i like|what is my favorite color]",
            "[Your favourite colour is {v}.|You like {v} best.|You told me that it is {v}.]",
        ),
        "colour",
    ),
    (
        (
            "[i have a dog called {v}|my dog is called {v}|my dog's name is {v}]",
            "[{V} is a nice name for a dog.|What a nice name, {v}!]",
            "[what is my dog called|what is the name of my dog|what's my dog's name]",
            "[Your dog is called {v}.|The name of your dog is {v}.]",
        ),
        "name",
    ),
    (
        (
            "[i have a cat called {v}|my cat is called {v}|my cat's name is {v}]",
            "[{V} is a nice name for a cat.|What a nice name, {v}!]",
            "[what is my cat called|what is the name of my cat|what's my cat's name]",
            "[Your cat is called {v}.|The name of your cat is {v}.]",
        ),
        "name",
    ),
    (
        (
            "[i live in {v}|i am from {v}|i come from {v}]",
            "[{V}, how nice!|I see, {v}.|{V} must be an interesting place.]",
            "[where do i live|where am i from|which city am i from]",
            "[You told me: {v}.|You said {v}.|You are from {v}.]",
        ),
        "city",
    ),
    (
        (
            "[i am {v} years old|i'm {v} years old|my age is {v}]",
            "[{V} is a good age.|I see, you are {v}.]",
            "[how old am i|what is my age|do you remember my age]",
            "[You are {v} years old.|You told me that you are {v}.]",
        ),
        "age",
    ),
    (
        (
            "[remember the word {v}|please remember {v}|keep in mind: {v}|the secret word is {v}]",
            "[I will remember it.|Good, {v}.|I keep it in mind: {v}.]",
            "[what was the word|which word did i tell you|what is the secret word|what should you remember]",
            "[The word is {v}.|It was {v}.|You told me: {v}.]",
        ),
        "word",
    ),
    (
        (
            "[my favourite food is {v}|i like {v} best of all food]",
            "[{V}! That sounds tasty.|{V}, a good choice.]",
            "[what is my favourite food|what do i like to eat]",
            "[Your favourite food is {v}.|You told me: {v}.]",
        ),
        "food",
    ),
)


def _typed(rng: Random, core: str, marks: tuple[str, ...], value: str = "") -> str:
    text = core + rng.choice(marks)
    if value and rng.random() < 0.1:
        text = text.replace(value, value.lower())
    return capital(text) if rng.random() < 0.55 else text


def _value(rng: Random, kind: str) -> str:
    match kind:
        case "colour":
            return rng.choice(words.COLOURS)
        case "city":
            return (
                words.invented(rng).capitalize() if rng.random() < 0.3 else rng.choice(words.CITIES)
            )
        case "age":
            return str(rng.randrange(4, 91))
        case "word":
            return words.invented(rng) if rng.random() < 0.5 else rng.choice(words.THINGS)
        case "food":
            return rng.choice(words.FOODS)
        case _:
            return words.any_name(rng)


def _pair(document: Document) -> tuple[str, str]:
    return document.turns[0].text, document.turns[1].text


def _topics() -> tuple[tuple[float, Callable[[Random], Document]], ...]:
    return (
        (3, jokes.plain),
        (2, jokes.topical),
        (1, jokes.generic),
        (3, facts.explained),
        (2, facts.table),
        (3, sums.sum_),
        (2, smalltalk.talk),
        (1, identity.about),
        (1, lists.some),
        (1, lists.count),
        (1, poems.poem),
        (1, refusals.unknown),
        (0.6, stories.about_hero),
        (0.2, stories.free),
        (0.6, smalltalk.likes),
    )


def filler(rng: Random, long: bool = True) -> tuple[str, str]:
    """One exchange about anything; without ``long`` no story."""
    topics = [t for t in _topics() if long or t[1] not in (stories.about_hero, stories.free)]
    maker = rng.choices([t[1] for t in topics], [t[0] for t in topics])[0]
    return _pair(maker(rng))


def _document(rng: Random, pairs: list[tuple[str, str]]) -> Document:
    return chat("chat", *[text for pair in pairs for text in pair])


def remembers(rng: Random) -> Document:
    """A name (or something else) is told, something happens, the name is asked for."""
    memory, kind = (NAME, "name") if rng.random() < 0.65 else rng.choice(OTHERS)
    told, confirmed, asked, answered = memory
    value = _value(rng, kind)
    pairs = [
        (
            _typed(rng, expand(rng, told, {"v": value}), ("", ".", "!", "."), value),
            expand(rng, confirmed, {"v": value}),
        )
    ]
    if rng.random() < 0.12:
        pairs.insert(0, filler(rng, long=False))
    second = None
    if rng.random() < 0.2:
        other = rng.choice([o for o in OTHERS if o[1] != kind])
        second = (other, _value(rng, other[1]))
        (t2, c2, _, _), v2 = other[0], second[1]
        pairs.append(
            (_typed(rng, expand(rng, t2, {"v": v2}), ("", ".", "!")), expand(rng, c2, {"v": v2}))
        )
    for _ in range(rng.choice((0, 1, 1, 1, 1, 2, 2, 3))):
        pairs.append(filler(rng, long=rng.random() < 0.3))
    pairs.append(
        (_typed(rng, expand(rng, asked), ("?", "?", "", "??")), expand(rng, answered, {"v": value}))
    )
    if second and rng.random() < 0.7:
        (_, _, a2, r2), v2 = second[0][0], second[1]
        pairs.append((_typed(rng, expand(rng, a2), ("?", "?", "")), expand(rng, r2, {"v": v2})))
    if rng.random() < 0.25:
        pairs.append(_thanks(rng))
    return _document(rng, pairs)


def _thanks(rng: Random) -> tuple[str, str]:
    return _typed(
        rng, expand(rng, "[thanks|thank you|thx|bye|great|ok thanks]"), ("!", "", ".")
    ), expand(rng, "[You are welcome!|My pleasure.|Gladly!|Any time!]")


def not_told(rng: Random) -> Document:
    """Nobody said a name: the honest answer."""
    pairs = [filler(rng, long=False) for _ in range(rng.choice((0, 0, 1, 1, 2)))]
    memory, kind = (NAME, "name") if rng.random() < 0.6 else rng.choice(OTHERS)
    what = {
        "name": "name",
        "colour": "favourite colour",
        "city": "city",
        "age": "age",
        "word": "word",
        "food": "favourite food",
    }[kind]
    if memory is not NAME and kind == "name":
        memory, what = NAME, "name"
    pairs.append(
        (
            _typed(rng, expand(rng, memory[2]), ("?", "?", "")),
            expand(
                rng,
                f"[You have not told me your {what} yet.|I do not know, you have not told me.|I do not know your {what}. Will you tell me?|You did not tell me your {what}.]",
            ),
        )
    )
    return _document(rng, pairs)


def more(rng: Random) -> Document:
    """ "Another one", and the same kind follows."""
    kinds: tuple[Callable[[Random], Document], ...] = (
        jokes.plain,
        jokes.plain,
        jokes.topical,
        smalltalk_fact,
        poems.free,
    )
    maker = rng.choice(kinds)
    pairs = [_pair(maker(rng))]
    for _ in range(rng.choice((1, 1, 2))):
        core = expand(
            rng,
            "[another one|one more|tell me another one|another|more|more please|again|next|one more please|another one please|do you have another one|tell me one more|and another]",
        )
        follow = jokes.plain if maker in (jokes.plain, jokes.topical) else maker
        pairs.append((_typed(rng, core, ("", ".", "!", "?")), _pair(follow(rng))[1]))
    if rng.random() < 0.3:
        pairs.append(_thanks(rng))
    return _document(rng, pairs)


def smalltalk_fact(rng: Random) -> Document:
    answers = next(answer for question, answer in smalltalk.PAIRS if "fun fact" in question)
    return chat("smalltalk", "tell me a fun fact", expand(rng, answers))


def after_story(rng: Random) -> Document:
    """Remarks after a story."""
    story = stories.free(rng) if rng.random() < 0.3 else stories.about_hero(rng)
    pairs = [_pair(story)]
    asked, answered = rng.choice(
        (
            (
                "[that was nice|what a nice story|i like that story|nice story|beautiful|lovely story|good story]",
                "[Thank you! I am glad that you like it.|Thank you! Would you like another one?|I am glad!]",
            ),
            (
                "[what is the moral|what do we learn from it|what is the lesson]",
                "[That friends matter, I would say.|That it is good to be kind and to go on.|That helping each other is worth it.]",
            ),
            (
                "[is that a true story|did that really happen|is this true]",
                "[No, I made it up.|No, it is only a story that I made up.|It is made up, but it could be true somewhere.]",
            ),
            (
                "[who wrote that|did you write that|is that from a book]",
                "[I made it up just now.|I put it together for you.]",
            ),
        )
    )
    pairs.append((_typed(rng, expand(rng, asked), ("", ".", "!", "?")), expand(rng, answered)))
    return _document(rng, pairs)


def mixed(rng: Random) -> Document:
    pairs = [filler(rng, long=i == 0) for i in range(rng.choice((2, 2, 3, 3, 4, 5)))]
    return _document(rng, pairs)


def long(rng: Random) -> Document:
    """Many turns, so that later positions are trained as well."""
    value = words.any_name(rng)
    pairs = [
        (
            _typed(rng, expand(rng, NAME[0], {"v": value}), ("", ".", "!")),
            expand(rng, NAME[1], {"v": value}),
        )
    ]
    pairs += [filler(rng) for _ in range(rng.randrange(5, 12))]
    pairs.append(
        (_typed(rng, expand(rng, NAME[2]), ("?", "?", "")), expand(rng, NAME[3], {"v": value}))
    )
    return _document(rng, pairs)


def instructed(rng: Random) -> Document:
    """A system message, mostly without consequences; a name in it is the model's name."""
    if rng.random() < 0.25:
        name = words.any_name(rng)
        asked = rng.choice(
            (
                "who are you",
                "what is your name",
                "what's your name",
                "who are you",
                "what are you called",
            )
        )
        turns = [
            Turn("system", rng.choice(identity.NAMED_SYSTEM).format(n=name)),
            Turn("user", _typed(rng, asked, ("?", "?", ""))),
            Turn(
                "assistant",
                expand(
                    rng,
                    "[I am {n}.|My name is {n}.|I am {n}, a very small language model.] [What can I do for you?|How can I help?|]",
                    {"n": name},
                ),
            ),
        ]
        return Document("system", tuple(turns))
    inner = mixed(rng) if rng.random() < 0.4 else chat("system", *filler(rng))
    text = smalltalk.system(rng)
    if rng.random() < 0.3:
        text = text + " " + smalltalk.system(rng)
    return Document("system", (Turn("system", text), *inner.turns))


MAKERS = (remembers, not_told, more, after_story, mixed, long, instructed)
