"""Short poems and haikus with a given subject. The subject never has to rhyme."""

from __future__ import annotations

from random import Random

from training.corpus import words
from training.corpus.jokes import plural
from training.corpus.phrasing import Document, article, ask, capital, chat, expand, held_out

# Each is two couplets; {x} stands inside the line, the rhyme is ours.
COUPLETS = (
    "{A:x} went out one summer day,\nand sang a song along the way.",
    "I saw {a:x} beneath a tree,\nit turned its head and smiled at me.",
    "The {x} that lives on yonder hill\nwill dance when all the world is still.",
    "Oh little {x}, so kind, so bright,\nyou bring the morning after night.",
    "I met {a:x} beside the sea,\nand it had cake enough for three.",
    "{A:x} came softly through the door\nand left its footprints on the floor.",
    "When stars come out and winds grow mild,\nthe {x} is dreaming like a child.",
    "The {x} looked up into the sky\nand watched the silver clouds go by.",
    "Some say {a:x} is hard to find,\nbut mine is gentle, warm and kind.",
    "{A:x}, a song, a cup of tea:\nthat is enough for you and me.",
)
SECOND = (
    "The sun went down, the moon rose high,\nand all the birds flew homeward by.",
    "And when the evening turned to gold,\nit told the oldest tale of old.",
    "So when the rain begins to fall,\nremember: there is room for all.",
    "The wind may blow, the snow may stay,\nbut spring is never far away.",
    "And if you listen, you will hear\na quiet laughter, soft and near.",
    "So take my hand and come along,\nand we will sing it one more song.",
    "The day was long, the road was wide,\nbut it was good with friends beside.",
    "And now the lamps are burning low,\nso close your eyes, it's time to go.",
    "And every flower on the ground\nbegan to nod without a sound.",
)
IDEA_COUPLETS = (
    "Oh {x}, you come without a sound\nand turn the whole wide world around.",
    "There's {x} in the morning air,\nthere's {x} almost everywhere.",
    "I looked for {x} far and near,\nand found that it was always here.",
    "They say that {x} never lies\nin golden things, but in your eyes.",
    "A little {x} every day\nwill take the longest night away.",
)
HAIKU_FIRST = (
    "A quiet {x}.",
    "Look, {a:x} there.",
    "The {x} stands still.",
    "Morning and {a:x}.",
    "{A:x} at dawn.",
    "Only {a:x}.",
)
# What there is only one of: the sea, the night.
UNIQUE_COUPLETS = (
    "The {x} is old, the {x} is deep,\nit hums a tune to help me sleep.",
    "I love the {x}, so wide, so free,\nit tells its oldest tales to me.",
    "Today I saw the {x} again,\nand wrote it down with my small pen.",
    "The {x} was there before the start,\nand still it opens every heart.",
    "Oh {x}, oh {x}, how still you are,\nabove you shines a single star.",
)
HAIKU_UNIQUE = ("The {x} lies still.", "The {x} at night.", "Look, the {x} again.", "Only the {x}.")
HAIKU_IDEA = ("{X} in the air.", "Quiet {x} comes.", "Again it is {x}.", "{X}, softly now.")
HAIKU_SECOND = (
    "Soft wind moves across the pond,",
    "The old garden holds its breath,",
    "Snow is falling on the road,",
    "Light is resting on the leaves,",
    "Somewhere far a bell rings twice,",
    "One small leaf drifts slowly down,",
    "All the birds have gone to sleep,",
)
HAIKU_THIRD = (
    "and evening comes home.",
    "then silence again.",
    "the moon waits outside.",
    "spring is not far now.",
    "I smile and go on.",
    "the night is so near.",
)
_COUPLETS = {"one": COUPLETS, "idea": IDEA_COUPLETS, "unique": UNIQUE_COUPLETS}
_HAIKU = {"one": HAIKU_FIRST, "idea": HAIKU_IDEA, "unique": HAIKU_UNIQUE}
_ASK = (
    "[write|write me|write|make|give me|tell me|compose|create|can i have|recite] a [|||short|little|nice|small|funny|sweet] "
    "[poem|poem|poem|verse|rhyme|song] [about|about|about|on|for] {topic}"
)
_ASK_HAIKU = "[write|write me|make|give me|compose|tell me] a haiku[ about| about| on] {topic}"


def _topic(rng: Random) -> tuple[str, str, str]:
    """The word, how the prompt names it, and whether it is "one", an "idea" or "unique"."""
    if rng.random() < 0.12:
        x = rng.choice(words.UNIQUE)
        return x, rng.choice((f"the {x}", f"the {x}", x)), "unique"
    idea = rng.random() < 0.3
    pool = words.IDEAS if idea else words.ANIMALS + words.BEINGS + words.THINGS
    x = words.subject(rng, list(pool), made_up=0.25 if idea else 0.4)
    if idea:
        return x, x, "idea"
    return x, rng.choice((article(x), article(x), f"the {x}", plural(x), f"my {x}", x)), "one"


def verses(rng: Random, x: str, sort: str) -> str:
    lines = expand(rng, rng.choice(_COUPLETS[sort]), {"x": x})
    # A poem keeps its line breaks; expand() only trims spaces.
    lines = "\n".join(capital(line) for line in lines.split("\n"))
    second = "\n".join(capital(line) for line in rng.choice(SECOND).split("\n"))
    return f"{lines}\n{second}"


def haiku(rng: Random, x: str, sort: str) -> str:
    first = expand(rng, rng.choice(_HAIKU[sort]), {"x": x})
    return f"{first}\n{rng.choice(HAIKU_SECOND)}\n{rng.choice(HAIKU_THIRD)}"


def poem(rng: Random) -> Document:
    x, topic, sort = _topic(rng)
    while held_out("poem", x):
        x, topic, sort = _topic(rng)
    return chat("poem", ask(rng, expand(rng, _ASK, {"topic": topic}), keep=x), verses(rng, x, sort))


def short(rng: Random) -> Document:
    x, topic, sort = _topic(rng)
    return chat(
        "poem", ask(rng, expand(rng, _ASK_HAIKU, {"topic": topic}), keep=x), haiku(rng, x, sort)
    )


def free(rng: Random) -> Document:
    x, _, sort = _topic(rng)
    if rng.random() < 0.4:
        return chat(
            "poem",
            ask(
                rng,
                expand(rng, "[write|write me|make|give me|tell me|compose|do you know] a haiku"),
            ),
            haiku(rng, x, sort),
        )
    core = "[write|write me|make|give me|tell me|compose|recite|sing|say] a [|short|little|nice] [poem|poem|rhyme|song|verse]"
    return chat("poem", ask(rng, expand(rng, core)), verses(rng, x, sort))


MAKERS = (poem, short, free)
