"""Counting, days, colours and other short lists."""

from __future__ import annotations

from random import Random

from training.corpus import words
from training.corpus.phrasing import Document, ask, capital, chat, expand
from training.corpus.sums import NUMBERS

FIXED: tuple[tuple[str, str], ...] = (
    (
        "[name the days of the week|what are the days of the week|list the days of the week|days of the week|tell me the days of the week|which days does a week have|say the days of the week]",
        "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday.",
    ),
    (
        "[name the months|what are the months of the year|list the months|months of the year|tell me the twelve months|list the months of the year|name the months of the year]",
        "January, February, March, April, May, June, July, August, September, October, November and December.",
    ),
    (
        "[name the seasons|what are the seasons|list the four seasons|what are the four seasons|which seasons are there|four seasons]",
        "The four seasons are spring, summer, autumn and winter.",
    ),
    (
        "[what are the colours of the rainbow|colours of the rainbow|name the colors of the rainbow|list the rainbow colours|which colours does a rainbow have|what colors are in a rainbow]",
        "Red, orange, yellow, green, blue, indigo and violet.",
    ),
    (
        "[name the planets|what are the planets|list the planets|list the planets of the solar system|which planets are there|tell me the planets|name all the planets]",
        "Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus and Neptune.",
    ),
    (
        "[say the alphabet|what is the alphabet|tell me the alphabet|recite the alphabet|the alphabet|list the alphabet|say the abc]",
        "A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T, U, V, W, X, Y, Z.",
    ),
    (
        "[what are the vowels|name the vowels|which letters are vowels|list the vowels]",
        "The vowels are a, e, i, o and u.",
    ),
    (
        "[name the continents|what are the continents|list the continents|which continents are there|list the seven continents]",
        "Africa, Antarctica, Asia, Australia, Europe, North America and South America.",
    ),
    (
        "[name the oceans|what are the oceans|list the oceans|which oceans are there]",
        "The Pacific, the Atlantic, the Indian, the Southern and the Arctic Ocean.",
    ),
    (
        "[what are the primary colours|name the primary colours|list the primary colors]",
        "The primary colours of paint are red, yellow and blue.",
    ),
    (
        "[what are the five senses|name the five senses|list the senses|which senses do we have]",
        "The five senses are sight, hearing, smell, taste and touch.",
    ),
    (
        "[what are the directions|name the four directions|list the points of the compass]",
        "The four directions are north, east, south and west.",
    ),
    ("[what day comes after monday|which day follows monday]", "After Monday comes Tuesday."),
    ("[what month comes after may|which month follows may]", "After May comes June."),
    (
        "[count down|do a countdown|start a countdown|countdown]",
        "10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0. Lift off!",
    ),
    (
        "[list the even numbers up to ten|even numbers to 10|name the even numbers from 1 to 10]",
        "2, 4, 6, 8, 10.",
    ),
    (
        "[list the odd numbers up to ten|odd numbers to 10|name the odd numbers from 1 to 10]",
        "1, 3, 5, 7, 9.",
    ),
)
KINDS: dict[str, list[str]] = {
    "fruits": "apple pear banana cherry plum orange lemon grape peach strawberry mango melon apricot pineapple kiwi".split(),
    "vegetables": "carrot potato onion tomato pea bean cucumber cabbage pepper leek spinach broccoli pumpkin".split(),
    "animals": "cat dog horse cow lion tiger bear wolf fox rabbit mouse elephant giraffe whale owl frog".split(),
    "birds": "sparrow robin eagle owl crow swan duck penguin parrot swallow heron stork".split(),
    "insects": "bee ant butterfly beetle fly mosquito ladybird grasshopper dragonfly moth".split(),
    "colours": "red blue green yellow orange purple pink brown black white".split(),
    "colors": "red blue green yellow orange purple pink brown black white".split(),
    "flowers": "rose tulip daisy lily sunflower violet poppy daffodil orchid iris".split(),
    "trees": "oak beech birch maple pine fir willow chestnut ash elm".split(),
    "instruments": "piano violin guitar flute drum trumpet harp cello clarinet organ".split(),
    "countries": "France Germany Italy Spain Japan China India Brazil Canada Egypt Kenya Norway Peru Greece".split(),
    "cities": words.CITIES[:20],
    "names": words.GIRLS[:20] + words.BOYS[:20],
    "girl names": words.GIRLS[:30],
    "boy names": words.BOYS[:30],
    "pets": "cat dog hamster rabbit goldfish parrot turtle mouse".split(),
    "vehicles": "car bus train bicycle boat ship airplane tractor truck tram".split(),
    "sports": "football tennis swimming running basketball skiing rowing cycling hockey judo".split(),
    "shapes": "circle square triangle rectangle oval star".split(),
    "sea animals": "whale dolphin shark octopus seal crab starfish jellyfish".split(),
    "programming languages": "Python Java C Rust Go JavaScript Ruby Kotlin Swift".split(),
    "names for a cat": "Misty Tiger Luna Felix Shadow Whiskers Socks Minka Simba".split(),
    "names for a dog": "Bruno Rex Bella Max Charlie Luna Rocky Daisy Sam".split(),
}
_COUNT = "[count|count|count|can you count|please count|count for me] [to|to|to|to|up to|from 1 to|from one to] {n}"


def count(rng: Random) -> Document:
    n = 10 if rng.random() < 0.3 else rng.randrange(2, 21)
    text = NUMBERS[n] if rng.random() < 0.5 else str(n)
    draw = rng.random()
    if draw < 0.15:
        back = rng.choice(
            (
                f"count backwards from {text}",
                f"count down from {text}",
                f"count from {text} to one",
                f"countdown from {text}",
            )
        )
        return chat("list", ask(rng, back), ", ".join(str(i) for i in range(n, 0, -1)) + ".")
    numbers = [str(i) for i in range(1, n + 1)] if draw < 0.8 else NUMBERS[1 : n + 1]
    return chat(
        "list",
        ask(rng, expand(rng, _COUNT, {"n": text})),
        ", ".join(numbers) + ".",
    )


def fixed(rng: Random) -> Document:
    question, answer = rng.choice(FIXED)
    return chat(
        "list",
        ask(rng, expand(rng, question), question=rng.random() < 0.5),
        rng.choice(("", "", "Here they are: " if "," in answer[:12] else "")) + answer,
    )


def joined(items: list[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def some(rng: Random) -> Document:
    kind, members = rng.choice(list(KINDS.items()))
    n = rng.randrange(2, min(6, len(members)))
    chosen = rng.sample(members, n)
    number = NUMBERS[n] if rng.random() < 0.6 else str(n)
    core = expand(
        rng,
        "[name|list|tell me|give me|write|i need|say|suggest|write down|can you name] {n} {k}",
        {"n": number, "k": kind},
    )
    answer = (
        capital(joined(chosen)) + "."
        if rng.random() < 0.5
        else "\n".join(f"{i}. {item}" for i, item in enumerate(chosen, 1))
    )
    return chat("list", ask(rng, core), answer)


def after(rng: Random) -> Document:
    """What comes next: numbers, days, months, letters."""
    match rng.randrange(4):
        case 0:
            i = rng.randrange(20)
            return chat(
                "list",
                ask(
                    rng,
                    rng.choice(
                        (
                            f"what comes after {i}",
                            f"which number comes after {i}",
                            f"what number is after {i}",
                        )
                    ),
                    True,
                ),
                f"After {i} comes {i + 1}.",
            )
        case 1:
            days = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
            i = rng.randrange(7)
            return chat(
                "list",
                ask(
                    rng,
                    rng.choice(
                        (f"which day comes after {days[i]}", f"what day is after {days[i]}")
                    ),
                    True,
                ),
                f"After {days[i]} comes {days[(i + 1) % 7]}.",
            )
        case 2:
            months = "January February March April May June July August September October November December".split()
            i = rng.randrange(12)
            return chat(
                "list",
                ask(
                    rng,
                    rng.choice(
                        (f"which month comes after {months[i]}", f"what month is after {months[i]}")
                    ),
                    True,
                ),
                f"After {months[i]} comes {months[(i + 1) % 12]}.",
            )
        case _:
            i = rng.randrange(25)
            a, b = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i + 1]
            return chat(
                "list",
                ask(rng, f"which letter comes after {a}", True, keep="X"),
                f"After {a} comes {b}.",
            )


MAKERS = (count, fixed, some, after)
