"""Jokes: a set-up and a punch line. Some are fixed, some take any subject.

A joke about X names X. Jokes with a topic are also told when nobody named a topic.
"""

from __future__ import annotations

from random import Random

from training.corpus import words
from training.corpus.phrasing import Document, article, ask, chat, expand, held_out

# topic -> (set-up, punch line)
TOPICAL: dict[str, tuple[tuple[str, str], ...]] = {
    "cat": (
        ("Why did the cat sit on the computer?", "To keep an eye on the mouse."),
        ("What is a cat's favourite colour?", "Purr-ple."),
        ("Why do cats never play cards in the jungle?", "Too many cheetahs."),
        ("What do you call a pile of kittens?", "A meow-ntain."),
        ("What does a cat eat for breakfast?", "Mice krispies."),
        ("Why was the cat so good at the exam?", "She gave purr-fect answers."),
    ),
    "dog": (
        ("Why did the dog sit in the shade?", "He did not want to be a hot dog."),
        ("What do you call a dog who does magic tricks?", "A labracadabrador."),
        ("Why are dogs such bad dancers?", "They have two left feet, and two more."),
        ("What is a dog's favourite tree?", "Any one with a good bark."),
        ("Where do dogs leave their cars?", "In the barking lot."),
    ),
    "cow": (
        ("What do you call a cow that has just had a baby?", "De-calf-inated."),
        ("Where do cows go on Friday night?", "To the moo-vies."),
        ("Why do cows wear bells?", "Because their horns do not work."),
        ("What do you get from a cow on a trampoline?", "A milk shake."),
    ),
    "chicken": (
        ("Why did the chicken cross the playground?", "To get to the other slide."),
        ("Why did the chicken join the band?", "It already had the drumsticks."),
        ("What do you call a hen who counts her eggs?", "A mathema-chicken."),
        ("Why did the chicken cross the road twice?", "It was a double-crosser."),
    ),
    "fish": (
        ("Why are fish so clever?", "They spend all day in schools."),
        ("What do you call a fish without an eye?", "A fsh."),
        ("Why do fish live in salt water?", "Because pepper makes them sneeze."),
        ("What did the fish say when it hit the wall?", "Dam."),
    ),
    "elephant": (
        ("What time is it when an elephant sits on your fence?", "Time to get a new fence."),
        ("Why do elephants never use computers?", "They are afraid of the mouse."),
        ("Why did the elephant bring a suitcase?", "His trunk was already full."),
    ),
    "bear": (
        ("What do you call a bear with no teeth?", "A gummy bear."),
        ("Why do bears have fur coats?", "They would look silly in raincoats."),
    ),
    "horse": (
        ("Why did the pony ask for a glass of water?", "Because it was a little hoarse."),
        ("What kind of house does a horse like best?", "One with nice neigh-bours."),
    ),
    "bee": (
        ("Why do bees hum?", "Because they have forgotten the words."),
        ("Why do bees have sticky hair?", "They use honeycombs."),
    ),
    "snake": (
        ("What is a snake's favourite school subject?", "Hiss-tory."),
        ("How do you measure a snake?", "In inches. It has no feet."),
    ),
    "duck": (
        ("What time does a duck wake up?", "At the quack of dawn."),
        ("Why did the duck pay nothing?", "She put it on her bill."),
    ),
    "owl": (("Why did the owl get invited to every party?", "Because he was a hoot."),),
    "frog": (
        ("What happens to a frog's car when it breaks down?", "It gets toad away."),
        ("What is a frog's favourite drink?", "Croak-a-cola."),
    ),
    "dinosaur": (
        ("What do you call a dinosaur that is asleep?", "A dino-snore."),
        ("Why can't you hear a pterodactyl in the bathroom?", "Because the P is silent."),
    ),
    "ghost": (
        ("Why are ghosts such bad liars?", "You can see right through them."),
        ("What is a ghost's favourite dessert?", "I scream."),
        ("What room does a ghost not need?", "A living room."),
    ),
    "vampire": (("Why did the vampire read the newspaper?", "It had good circulation."),),
    "witch": (("What is a witch's best subject at school?", "Spelling."),),
    "pirate": (("Why did the pirate fail the alphabet test?", "He always got lost at C."),),
    "robot": (
        ("Why did the robot go on holiday?", "It needed to recharge its batteries."),
        ("Why was the robot so tired?", "It had a hard drive."),
        ("What is a robot's favourite snack?", "Computer chips."),
    ),
    "computer": (
        ("Why did the computer go to the doctor?", "It had caught a virus."),
        ("Why was the computer cold?", "Somebody had left the windows open."),
        ("Why did the computer squeak?", "Somebody stepped on its mouse."),
        ("What do computers eat at the beach?", "Chips, with a byte of fish."),
        ("Why was the computer late for work?", "It had a hard drive."),
    ),
    "programmer": (
        ("Why do programmers like dark rooms?", "Because light attracts bugs."),
        (
            "Why did the programmer leave the restaurant?",
            "He could not find the table he had joined.",
        ),
        (
            "How many programmers does it take to change a light bulb?",
            "None. That is a hardware problem.",
        ),
        (
            "Why did the programmer always mix up Halloween and Christmas?",
            "Because Oct 31 equals Dec 25.",
        ),
        (
            "Why was the programmer's tea cold?",
            "It was stuck in a loop while he waited for it to cool.",
        ),
    ),
    "python": (
        ("Why did the python take up programming?", "It was already good at squeezing bugs."),
        ("Why do Python programmers have tidy rooms?", "They never forget their indentation."),
        ("Why did the python not need a keyboard?", "It only used wrap-around."),
    ),
    "math": (
        ("Why was the maths book sad?", "It had too many problems."),
        ("Why was six afraid of seven?", "Because seven eight nine."),
        ("Why did the two fours skip lunch?", "They already eight."),
        ("What did the zero say to the eight?", "Nice belt."),
        (
            "Why is it sad that parallel lines have so much in common?",
            "Because they will never meet.",
        ),
    ),
    "school": (
        ("Why did the teacher wear sunglasses?", "Because her pupils were so bright."),
        ("Why did the boy eat his homework?", "The teacher had said it was a piece of cake."),
        ("Why did the student bring a ladder?", "He wanted to go to high school."),
        ("Why was the broom late for school?", "It over-swept."),
    ),
    "food": (
        ("What do you call cheese that is not yours?", "Nacho cheese."),
        ("Why did the tomato turn red?", "It saw the salad dressing."),
        ("Why did the cookie see a doctor?", "It felt crumby."),
        ("Why did the banana go to hospital?", "It was not peeling well."),
        ("What do you call a fake noodle?", "An impasta."),
        ("Why did the orange stop in the middle of the road?", "It ran out of juice."),
        ("Why did the baker work so hard?", "He kneaded the dough."),
        ("What kind of room has no doors and no windows?", "A mushroom."),
    ),
    "egg": (("Why do eggs never tell jokes?", "They might crack up."),),
    "weather": (
        ("What does a cloud wear under its raincoat?", "Thunderwear."),
        ("What falls in winter but never gets hurt?", "Snow."),
        ("How do hurricanes see?", "With one eye."),
    ),
    "snowman": (
        ("What do snowmen eat for breakfast?", "Frosted flakes."),
        ("What do you call a snowman in summer?", "A puddle."),
    ),
    "space": (
        ("How do you organise a party in space?", "You planet."),
        ("Why did the sun not go to college?", "It already had a million degrees."),
        ("How does the moon cut its hair?", "Eclipse it."),
        ("Why did the astronaut leave the party?", "There was no atmosphere."),
    ),
    "doctor": (
        ("Doctor, doctor, I feel like a pair of curtains.", "Then pull yourself together."),
    ),
    "clock": (("Why was the clock sent out of the classroom?", "It kept tocking too much."),),
    "tree": (
        ("How do trees get onto the internet?", "They log in."),
        ("Why did the tree go to the dentist?", "It needed a root canal."),
    ),
    "bicycle": (("Why did the bicycle fall over?", "It was two-tired."),),
    "skeleton": (
        ("Why did the skeleton not go to the dance?", "It had no body to go with."),
        ("Why are skeletons so calm?", "Nothing gets under their skin."),
    ),
    "music": (
        ("Why did the pianist keep banging his head?", "He was playing by ear."),
        ("What makes music on your head?", "A head band."),
    ),
    "football": (
        ("Why did the football team visit the bank?", "To get their quarter back."),
        ("Why is a football stadium so cool?", "It is full of fans."),
    ),
    "scarecrow": (("Why did the scarecrow win a prize?", "It was outstanding in its field."),),
    "sheep": (("Where do sheep get their hair cut?", "At the baa-baa shop."),),
    "pig": (("What do you call a pig who knows karate?", "A pork chop."),),
    "monkey": (("Where do monkeys go for a drink?", "To the monkey bars."),),
    "lion": (("Why do lions eat raw meat?", "Because they never learned to cook."),),
    "mouse": (("What is a mouse's favourite game?", "Hide and squeak."),),
    "rabbit": (
        (
            "How do you know that carrots are good for your eyes?",
            "Have you ever seen a rabbit with glasses?",
        ),
    ),
    "spider": (("Why did the spider go to the computer?", "To check its web site."),),
    "penguin": (("Why don't penguins fly?", "They are not tall enough to be pilots."),),
    "sea": (
        ("Why did the crab never share?", "Because it was shellfish."),
        ("What did the sea say to the beach?", "Nothing, it just waved."),
    ),
    "wall": (("What did one wall say to the other?", "I will meet you at the corner."),),
    "shoe": (("What kind of shoes do spies wear?", "Sneakers."),),
}

# {x} is any noun that can be counted.
GENERIC: tuple[tuple[str, str], ...] = (
    ("Why did the {x} sit on the clock?", "To be on time."),
    (
        "Why did the {x} bring a ladder to the party?",
        "Somebody had said the drinks were on the house.",
    ),
    ("Why did the {x} take a pencil to bed?", "To draw the curtains."),
    ("Why did the {x} cross the road?", "Because the chicken was on holiday."),
    ("Why did the {x} go to school?", "To become a little brighter."),
    ("Why did the {x} wear two coats to paint the fence?", "The tin said: put on two coats."),
    ("Why did the {x} stare at the juice carton?", "It said concentrate."),
    ("Why did the {x} put sugar under the pillow?", "To have sweet dreams."),
    ("Why did the {x} run around the bed?", "To catch up on sleep."),
    ("Why did the {x} throw the clock out of the window?", "To see time fly."),
    ("Why did the {x} bring string to the contest?", "To tie the score."),
    ("Why did the {x} eat a lamp?", "It only wanted a light snack."),
    ("Why did the {x} buy a broom?", "To sweep everybody off their feet."),
    ("Why was the {x} so good at jokes?", "It had a lot of practice and no shame."),
    ("Why did the {x} stand on one leg at the bus stop?", "The other one had a ticket for later."),
    ("Why did the {x} tiptoe past the medicine cabinet?", "So as not to wake the sleeping pills."),
    ("Why did the {x} take a ruler to bed?", "To see how long it slept."),
    ("Why did the {x} open a bakery?", "To make some dough."),
    ("What do you call {a:x} with a map?", "Never lost."),
    ("What do you call {a:x} with a hundred friends?", "Very busy on birthdays."),
    ("What do you call {a:x} in the rain?", "Wet."),
    ("What did the {x} say to the elevator?", "I think you are letting me down."),
    ("What did the {x} say after a long day?", "I need a holiday, and a snack."),
    ("How do you make {a:x} laugh?", "Tell it a joke, and wait until it gets it."),
    (
        "How does {a:x} answer the telephone?",
        "Hello, who is it? Please speak up, the joke is about to start.",
    ),
    ("What is the difference between {a:x} and a biscuit?", "You cannot dip {a:x} in your tea."),
    ("What is the best time to meet {a:x}?", "Whenever it is in a good mood."),
    (
        "Knock, knock. Who is there? {A:x}. {A:x} who?",
        "{A:x} who forgot the key, please open the door.",
    ),
    (
        "{A:x} walks into a library and asks for fish and chips. The librarian says: this is a library.",
        "So the {x} whispers: sorry, fish and chips, please.",
    ),
    (
        "{A:x} walks into a shop and asks: do you have any umbrellas? The shopkeeper says: no, only on rainy days.",
        "The {x} says: then I will wait for rain.",
    ),
    (
        "Doctor, doctor, I think I am {a:x}. How long has this been going on?",
        "Ever since I was very small.",
    ),
    ("I asked my {x} what two minus two is.", "It said nothing."),
)

# {t} is anything that cannot be counted, such as love or rain.
IDEA_JOKES: tuple[tuple[str, str], ...] = (
    (
        "I wanted to tell a joke about {t}, but I forgot the punch line.",
        "Let us just say that everybody laughed.",
    ),
    ("Why did nobody laugh about {t}?", "They were all waiting for the punch line."),
    ("I asked my teacher about {t}.", "She said: sit down, this will be on the test."),
    ("My doctor says that I need more {t}.", "But that is what he says about vegetables, too."),
    ("What do {t} and a good joke have in common?", "Both are gone before you notice."),
    ("What is the best thing about {t}?", "You never have to iron it."),
    ("How do you spell {t} backwards?", "Stand behind it and spell it as usual."),
    ("I once wrote a book about {t}.", "It is still looking for its other reader."),
)
_LEADS = (
    "",
    "",
    "",
    "",
    "",
    "Sure! ",
    "Here is one: ",
    "Of course. ",
    "Okay, here goes. ",
    "With pleasure. ",
    "Gladly! ",
)
_PLAIN = (
    "[tell me a|tell a|tell me a|tell me one|tell us a|say a|give me a|got a|know a|do you know a|have you got a|i want a|i need a"
    "|i want to hear a|let me hear a|make a|write a|share a|write me a|crack a|how about a|do you have a] "
    "[|||||||good|funny|short|silly|nice|clean|new|little|dad|quick] joke"
)
_OTHER = (
    "[joke|a joke|jokes|make me laugh|say something funny|cheer me up|tell me something funny|i am bored, tell me a joke"
    "|do you know any jokes|know any good jokes|tell me jokes|a funny joke please|joke please|let's hear a joke"
    "|can you make me laugh|i want to laugh|one joke please|tell me your best joke|what is your favourite joke"
    "|do you know a good one|tell joke|tell me the funniest joke you know|tell me a knock knock joke]"
)
_ABOUT = (
    "[tell me a|tell a|tell me a|give me a|do you know a|i want a|make a|write a|write me a|say a|have you got a|know a|got a] "
    "[||||good|funny|short|silly] joke [about|about|about|about|with|on] {topic}"
)
_ABOUT_SHORT = "[{topic} joke|a {topic} joke|a joke about {topic}|joke about {topic}|tell me a {topic} joke|{topic} jokes]"

_PLURALS = {
    "mouse": "mice",
    "fish": "fish",
    "sheep": "sheep",
    "witch": "witches",
    "wolf": "wolves",
    "goose": "geese",
    "fox": "foxes",
    "ostrich": "ostriches",
    "octopus": "octopuses",
    "man": "men",
    "woman": "women",
    "child": "children",
    "leaf": "leaves",
    "thief": "thieves",
    "elf": "elves",
    "dwarf": "dwarfs",
    "deer": "deer",
    "moose": "moose",
    "salmon": "salmon",
    "snowman": "snowmen",
    "postman": "postmen",
    "fisherman": "fishermen",
    "firefly": "fireflies",
}
_BARE = {"math", "school", "food", "weather", "space", "music", "football"}
_PROMPT_WORD = {
    "math": ("math", "maths", "numbers", "mathematics"),
    "sea": ("the sea", "the beach", "the ocean"),
    "programmer": (
        "a programmer",
        "programmers",
        "programming",
        "coding",
        "developers",
        "software",
    ),
    "computer": ("a computer", "computers", "my laptop"),
    "school": ("school", "teachers", "homework"),
    "space": ("space", "the moon", "astronauts", "the sun"),
    "weather": ("the weather", "weather", "clouds"),
    "food": ("food", "cooking", "fruit"),
    "python": ("python", "Python", "a python"),
}


def plural(noun: str) -> str:
    if " " in noun:
        first, last = noun.rsplit(" ", 1)
        return f"{first} {plural(last)}"
    if noun in _PLURALS:
        return _PLURALS[noun]
    if noun.endswith(("s", "x", "ch", "sh", "z")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def tell(rng: Random, setup: str, punch: str, x: str = "") -> str:
    joke = f"{setup}{rng.choice((' ', ' ', chr(10)))}{punch}"
    return rng.choice(_LEADS) + expand(rng, joke, {"x": x})


def countable(rng: Random) -> str:
    """A noun for a generic joke, never a held-out one."""
    return words.subject(rng, words.ANIMALS + words.BEINGS + words.THINGS, made_up=0.4)


def any_joke(rng: Random) -> str:
    if rng.random() < 0.75:
        topic = rng.choice(list(TOPICAL))
        return tell(rng, *rng.choice(TOPICAL[topic]))
    return tell(rng, *rng.choice(GENERIC), countable(rng))


def plain_prompt(rng: Random) -> str:
    core = expand(rng, _PLAIN if rng.random() < 0.72 else _OTHER)
    return ask(rng, core)


def plain(rng: Random) -> Document:
    return chat("joke", plain_prompt(rng), any_joke(rng))


def topical(rng: Random) -> Document:
    topic = rng.choice(list(TOPICAL))
    named = _PROMPT_WORD.get(topic) or (
        (topic,)
        if topic in _BARE
        else (article(topic), plural(topic), plural(topic), f"the {topic}", topic)
    )
    form = _ABOUT if rng.random() < 0.7 else _ABOUT_SHORT
    core = expand(rng, form, {"topic": rng.choice(named)})
    return chat("joke_about", ask(rng, core), tell(rng, *rng.choice(TOPICAL[topic])))


def generic(rng: Random) -> Document:
    while True:
        x, index = countable(rng), rng.randrange(len(GENERIC))
        if not held_out("joke", x, index):
            break
    named = rng.choice((article(x), plural(x), plural(x), f"the {x}", f"my {x}", x))
    form = _ABOUT
    if rng.random() < 0.3:
        form, named = _ABOUT_SHORT, rng.choice((x, x, plural(x)))
    core = expand(rng, form, {"topic": named})
    return chat("joke_about", ask(rng, core, keep=x), tell(rng, *GENERIC[index], x))


def idea(rng: Random) -> Document:
    """A joke about something that cannot be counted."""
    t = (
        words.invented(rng)
        if rng.random() < 0.15
        else rng.choice(
            words.IDEAS + words.LANGUAGES + words.FOODS + ["the " + u for u in words.UNIQUE]
        )
    )
    if t in words.HELD_OUT or t in _BARE or t == "python":
        t = "rain"
    setup, punch = rng.choice(IDEA_JOKES)
    core = expand(rng, _ABOUT, {"topic": t})
    return chat(
        "joke_about", ask(rng, core, keep=t), tell(rng, expand(rng, setup, {"t": t}), punch)
    )


def named(rng: Random) -> Document:
    """A joke about a person: the generic ones without the article."""
    name = words.any_name(rng)
    setup, punch = rng.choice([joke for joke in GENERIC if joke[0].startswith("Why did the {x}")])
    topic = rng.choice((name, name, f"my [brother|sister|friend|boss|teacher|dad|mum] {name}"))
    core = expand(rng, expand(rng, _ABOUT, {"topic": topic}))
    return chat(
        "joke_about", ask(rng, core, keep=name), tell(rng, setup.replace("the {x}", name), punch)
    )


MAKERS = (plain, topical, generic, idea, named)
