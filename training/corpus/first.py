"""What people type first into a model that they do not know yet.

Everyday facts that everybody asks (they come up far more often here than in the long tables
of facts.py, so that they are known by heart), the things of today that no model in a file can
know, short wishes, and what people say after an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from training.corpus import facts, jokes, refusals, words
from training.corpus.phrasing import Document, ask, capital, chat, expand
from training.corpus.sums import NUMBERS

# How often a capital is asked for, against the others.
CAPITALS = {
    "France": 10,
    "Germany": 5,
    "Italy": 5,
    "Spain": 5,
    "England": 3,
    "the UK": 2,
    "Japan": 4,
    "China": 3,
    "the USA": 3,
    "the United States": 2,
    "Russia": 2,
    "India": 2,
    "Canada": 3,
    "Australia": 3,
    "Portugal": 2,
    "Austria": 2,
    "Poland": 2,
    "Greece": 2,
    "Brazil": 2,
    "Egypt": 1,
    "Sweden": 1,
    "Norway": 1,
}
_CAPITAL = (
    "[what is the capital of|what is the capital of|what's the capital of|whats the capital of|capital of"
    "|the capital of|which city is the capital of|name the capital of|what is the capital city of] {k}"
)
_OPPOSITES = "hot big up day black good happy fast young light left open cold small".split()
_COLOURS = ("the sky", "grass", "snow", "the sun", "a banana", "a lemon", "a tomato")
TRUTHS: tuple[tuple[str, str], ...] = (
    (
        "[is the earth flat|is the earth round|is the world flat|is our earth a ball|what shape is the earth|what is the shape of the earth]",
        "[The earth is round, like a ball.|The earth is not flat. It is round, like a ball.] [Photos from space show it.|Ships that sail away sink below the horizon.|]",
    ),
    (
        "[is the sun a star|is our sun a star|what kind of star is the sun]",
        "Yes, the sun is a star, the one that is nearest to us.",
    ),
    (
        "[is the moon a planet|is the moon a star|does the moon give light|is the moon bigger than the earth]",
        "The moon is not a star or a planet. It circles the earth, is smaller than the earth, and shines with the light of the sun.",
    ),
    (
        "[is a whale a fish|are whales fish|is a dolphin a fish|are dolphins fish]",
        "No, whales and dolphins are mammals. They breathe air and feed their young with milk.",
    ),
    (
        "[is a tomato a fruit|is a tomato a vegetable|is the tomato a fruit or a vegetable]",
        "To a botanist a tomato is a fruit. In the kitchen it counts as a vegetable.",
    ),
    (
        "[can penguins fly|do penguins fly|can a penguin fly]",
        "No, penguins cannot fly, but they swim very well.",
    ),
    (
        "[is a spider an insect|are spiders insects]",
        "No. A spider has eight legs, and an insect has six.",
    ),
    (
        "[do unicorns exist|are unicorns real|do dragons exist|are dragons real|is magic real|do ghosts exist|are there ghosts]",
        "[They live only in stories.|Only in stories, as far as we know.] [Shall I tell you one?|Would you like to hear one?]",
    ),
    (
        "[what is the biggest animal|what is the largest animal|which animal is the biggest|what's the biggest animal in the world]",
        "The blue whale is the largest animal.",
    ),
    (
        "[what is the fastest animal|which animal is the fastest|what is the fastest animal on land]",
        "On land the cheetah is the fastest animal.",
    ),
    (
        "[what is the tallest animal|which animal is the tallest]",
        "The giraffe is the tallest animal.",
    ),
    (
        "[what is the largest planet|what is the biggest planet|which planet is the biggest]",
        "Jupiter is the largest planet of our solar system.",
    ),
    (
        "[what is the highest mountain|what is the tallest mountain|which mountain is the highest|what is the highest mountain in the world]",
        "Mount Everest is the highest mountain on earth.",
    ),
    (
        "[what is the largest ocean|what is the biggest ocean|which ocean is the largest]",
        "The Pacific Ocean is the largest ocean.",
    ),
    (
        "[what do bees make|what do bees produce|who makes honey]",
        "Bees make honey and wax.",
    ),
    (
        "[what comes first, the chicken or the egg|what came first, the chicken or the egg|chicken or egg]",
        "Eggs are much older than chickens: other animals laid eggs long before there were birds.",
    ),
    (
        "[what is the meaning of life|what's the meaning of life|what is the sense of life|why are we here|why do we live|meaning of life]",
        "[Everybody has to find that out alone.|That is a big question for a very small model.] [In my stories it is mostly friends, kindness and a good supper.|In my stories the answer is to be kind and to have good friends.]",
    ),
    (
        "[what is a neural network|what is machine learning|what is deep learning|explain machine learning|how do neural networks work]",
        "[A neural network is a program with many numbers, the weights.|In machine learning a program is not told the rules, but learns from examples.] It is shown many examples, and after each one the numbers change a little, until the answers fit. [I was made like that as well.|I am a very small one.]",
    ),
)
_DAILY: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "[what is the weather|what's the weather|whats the weather|how is the weather|what is the weather like|what's the weather like today|how's the weather today|weather today|weather|will it rain today|is it going to rain|is it raining|how warm is it outside|do i need an umbrella|what is the temperature outside|weather in {city}|what is the weather in {city}]",
        refusals.NEWS,
    ),
    (
        "[what time is it|what time is it|what's the time|whats the time|what time is it now|tell me the time|time please|do you know what time it is|what is the time in {city}|what is the date|what's the date today|what day is it|what day is today|which year is it|what is today's date|what year is it]",
        refusals.NEWS,
    ),
    (
        "[what is the news|what's new in the world|what happened today|latest news|news|tell me the news|who won the game last night|who won the match|who is the president|who is the president of {land}|who is the king of {land}|what is the price of bitcoin|bitcoin price|stock prices today|search the web for {thing}s|google {thing}s|what is on tv]",
        refusals.NEWS,
    ),
    (
        "[play some music|play a song|set an alarm|set a timer for {n} minutes|call my mother|order a pizza|turn on the light|open a website|send an email to {name}|remind me tomorrow|take a note|book a flight to {city}|open the door|buy me a {thing}]",
        ("[I can only write words.|I can do nothing outside of this conversation.]",),
    ),
    (
        "[translate {phrase} to {tongue}|translate {phrase} into {tongue}|translate '{phrase}' to {tongue}|how do you say {phrase} in {tongue}|say {phrase} in {tongue}|what is {phrase} in {tongue}|{phrase} in {tongue}|can you translate this to {tongue}|translate this|translate to {tongue}: {phrase}]",
        refusals.TONGUE,
    ),
    (
        "[write a {code} function that {does}|write a {code} function to {task}|write a function that {does}|write a program that {does}|write a {code} program that {does}|write some {code} code|write code|write me a {code} script|write a python script|write a program|code a game|make a website|fix my code|write a {code} function|how do i {task} in {code}|can you code in {code}|fizzbuzz in {code}|hello world in {code}]",
        refusals.CODE,
    ),
    (
        "[summarize this|summarize this text|summarise this article|summarize this article for me|summarize the following text|make this shorter|rewrite this|correct this text|check my grammar|proofread this|write an essay|write an essay about {philo}|write {work}|write me {work}|write an email|write an email to {name}|write a letter to {name}|write a cv|help me with my homework|do my homework|write a tweet|draw a {thing}|draw me a {thing}|make a picture of a {thing}|show me a picture|create an image]",
        (),
    ),
    (
        "[recommend a movie|recommend a book|recommend a good film|what movie should i watch|what should i watch tonight|which laptop should i buy|what phone should i buy|what should i buy|best restaurant in {city}|plan a trip to {city}|what should i do with my life|how do i get rich|how do i make money|how can i lose weight|what is love worth|who will win the election|tell me the future|what are the lottery numbers|how do i find a girlfriend|who is the best footballer|who is the richest man]",
        (),
    ),
    (
        "[who is {famous}|who was {famous}|tell me about {famous}|who is the ceo of google|who invented the {thing}|who invented the telephone|who wrote {film}|when did the war end|what happened in {year}|explain {science}|what is {science}|explain {science} to a child|explain {science} like i am five|explain {science} in simple words|what is {philo}|tell me about {land}|tell me about {city}|how many people live in {land}|what is the population of {land}|what language do they speak in {land}]",
        (),
    ),
    (
        "[i have {ill}|what helps against {ill}|i have {ill} what can i do|is {drug} safe|how do i get rid of {ill}|am i ill|what is a healthy diet]",
        refusals.HEALTH,
    ),
)
_DOES = (
    "adds two numbers|sorts a list|prints hello|reverses a string|counts words|reads a file|finds primes"
    "|multiplies numbers|plays chess|downloads a page|makes a list|computes the mean|removes spaces"
).split("|")
_WISHES: tuple[tuple[str, str], ...] = (
    (
        "[flip a coin|toss a coin|heads or tails]",
        "[Heads.|Tails.|It is heads.|It is tails.]",
    ),
    (
        "[roll a die|roll the dice|roll a dice|throw a dice]",
        "[You rolled a|It is a] [one|two|three|four|five|six].",
    ),
    (
        "[give me a random number|pick a number|random number|think of a number|choose a number|pick a number from 1 to 10|say a number]",
        "[1|2|3|4|5|6|7|8|9|10].",
    ),
    (
        "[say hello in one word|greet me in one word|one word: hello]",
        "Hello!",
    ),
    (
        "[say yes|answer with yes|just say yes]",
        "Yes.",
    ),
    (
        "[say ok|answer with ok|reply with ok]",
        "OK",
    ),
    (
        "[tell me something|tell me something interesting|tell me something nice|tell me an interesting fact|tell me a fun fact|fun fact|give me a fact|random fact|give me a random fact|do you know a fun fact|tell me a random fact|a fact please|teach me something|tell me something i do not know|fun fact please]",
        "[|Gladly! |Here is one: ][Did you know that an octopus has three hearts?|Did you know that a day on Venus is longer than its year?|Did you know that honey can keep for a very long time?|Did you know that bamboo is a kind of grass?|Did you know that a group of owls is called a parliament?|Did you know that bananas are berries to a botanist?|Did you know that light from the sun needs about eight minutes to reach us?|Did you know that an octopus has eight arms and three hearts?|Did you know that the blue whale is the largest animal of all?]",
    ),
    (
        "[what should i cook today|what should i eat today|what should i have for dinner|what should i eat for breakfast|what shall i cook|i am hungry|what can i eat]",
        "[How about|Perhaps] [a bowl of soup|pancakes|noodles with tomatoes|an omelette|bread with cheese|a salad and some fruit|soup and a cup of tea]? [Enjoy your meal!|]",
    ),
    (
        "[give me some advice|give me advice|motivate me|inspire me|say something nice|cheer me up|tell me something nice|say something kind|i need motivation|compliment me]",
        "[A little every day is a lot in a year.|You have come this far, and the next step is only a small one.|It is good that you are here.|Be kind to yourself today.|Every big thing was small at first.] [Shall I tell you a story about courage?|You can do it.|]",
    ),
    (
        "[sing a song|sing me a song|sing something|sing]",
        "La la la, the stream runs by,\nLa la la, beneath the sky.\nSmall am I, and small my song,\nBut I sing it all day long.",
    ),
    (
        "[what is your purpose|why do you exist|what are you for|what do you want|what is your job]",
        "I am rillet-tiny. I am here so that Rillet can answer at once, without the internet. [Ask me for a story, a joke or a simple fact.|For serious work a larger model is better.]",
    ),
    (
        "[knock knock|knock, knock|knock knock!]",
        "Who's there?",
    ),
    (
        "[start|begin|go|hello?|anyone|/help|menu|commands|options|examples|give me an example|show me what you can do|what now|how does this work|how do i start|what do i do now|demo]",
        "[Ask me for something small.|Just write what you would like.|I am rillet-tiny, and I am ready.] [Try: tell me a joke about cats.|Try: write me a story about a dragon.|Try: why is the sky blue?|Try: what is 3 plus 4?]",
    ),
)
_AFTER: tuple[tuple[str, str], ...] = (
    (
        "[why|why is that|why so|how so|how come|explain|explain that|explain more|tell me more|more details|can you explain that|what do you mean|i do not understand|i don't get it|what does that mean|explain the joke|please explain|go on|continue]",
        "[I cannot explain it any better, I am a very small model.|That is all I know about it. I am a very small model.|More than that I do not know, I am a very small model.] [A larger model could tell you more.|Ask me something else!|]",
    ),
    (
        "[are you sure|is that true|is that right|really|are you certain|is that correct]",
        "[I think so, but I am a very small model and make mistakes.|I believe so. I am a very small model, so please check what matters.]",
    ),
    (
        "[thanks|thank you|thx|great, thanks|ok thanks|thanks a lot|nice|cool|great|good]",
        "[You are welcome!|You're welcome!|My pleasure.|Gladly!] [Is there anything else?|]",
    ),
    (
        "[haha|lol|that was funny|good one|funny]",
        "[I am glad that you laughed!|Laughing is good for you!] [Would you like another one?|]",
    ),
)


def popular(rng: Random) -> Document:
    """A fact that everybody asks for."""
    match rng.choices(range(6), (34, 10, 8, 14, 26, 8))[0]:
        case 0:
            k = rng.choices(list(CAPITALS), list(CAPITALS.values()))[0]
            core, answer = _CAPITAL, f"The capital of {k} is {facts.CAPITALS[k]}."
        case 1:
            k = rng.choice(_OPPOSITES)
            core = (
                "[what is the opposite of|the opposite of|what's the opposite of|opposite of] {k}"
            )
            answer = f"The opposite of {k} is {facts.OPPOSITES[k]}."
        case 2:
            k = rng.choice(_COLOURS)
            core = "[what colour is|what color is|what is the colour of|which colour is|what is the color of] {k}"
            answer = f"{capital(k)} is {facts.COLOURED[k]}."
        case 3:
            k, answer = rng.choice(facts.COUNTS[:9])
            core = f"[how many|how many|tell me how many] {k}"
        case 4:
            k = ""
            core, answer = rng.choice(TRUTHS)
        case _:
            k = ""
            core, answer = _short_form(rng)
    return chat("table", ask(rng, expand(rng, core, {"k": k}), question=True), expand(rng, answer))


_SHORT_FORMS = {
    8: "[explain rain|rain|tell me about rain|explain to me how rain works]",
    11: "[explain rainbows|explain the rainbow|tell me about rainbows|rainbow]",
    13: "[explain snow|tell me about snow]",
    15: "[explain lightning|explain thunder|tell me about lightning]",
    16: "[explain wind|tell me about the wind|explain the wind]",
    17: "[explain the seasons|tell me about the seasons]",
    21: "[explain the moon|tell me about the moon|the moon]",
    22: "[explain the sun|tell me about the sun|the sun]",
    23: "[explain stars|tell me about stars|stars]",
    26: "[explain gravity|tell me about gravity|gravity|explain gravity to me]",
    27: "[explain the tides|explain tides|tell me about the tides]",
    38: "[explain photosynthesis|explain how plants grow|tell me about plants]",
    53: "[explain fire|tell me about fire]",
    54: "[explain electricity|tell me about electricity]",
    56: "[explain the internet|tell me about the internet]",
    58: "[explain python|tell me about python|what is python|what is the python language]",
    59: "[explain ai|tell me about ai|what is an llm|what is a llm|what are llms|explain large language models]",
    61: "[explain how planes fly|how do planes fly|how can planes fly|how does a plane fly]",
    63: "[explain volcanoes|tell me about volcanoes]",
    66: "[explain dinosaurs|tell me about dinosaurs]",
    90: "[explain friendship|tell me about friendship]",
    91: "[explain love|tell me about love]",
}


def _short_form(rng: Random) -> tuple[str, str]:
    index = rng.choice(list(_SHORT_FORMS))
    return _SHORT_FORMS[index], facts.EXPLAINED[index][1]


def daily(rng: Random) -> Document:
    """What everybody tries and no small model can do: the honest answer."""
    frame, extra = rng.choice(_DAILY)
    core = expand(rng, frame, {"does": rng.choice(_DOES)}, refusals.SLOTS)
    return chat("refusal", ask(rng, core, question=rng.random() < 0.5), refusals.answer(rng, extra))


def wish(rng: Random) -> Document:
    """A short wish with a short answer."""
    core, answer = rng.choice(_WISHES)
    return chat(
        "smalltalk", ask(rng, expand(rng, core), question=rng.random() < 0.2), expand(rng, answer)
    )


def count(rng: Random) -> Document:
    """Counting as far as people mostly ask: to five, ten or twenty."""
    n = rng.choices((3, 5, 10, 15, 20), (10, 25, 40, 5, 20))[0]
    text = NUMBERS[n] if rng.random() < 0.5 else str(n)
    core = expand(
        rng,
        "[count to|count to|count to|count up to|count from 1 to|count from one to|please count to|can you count to|count for me to] {n}",
        {"n": text},
    )
    numbers = NUMBERS[1 : n + 1] if rng.random() < 0.2 else [str(i) for i in range(1, n + 1)]
    return chat("list", ask(rng, core), ", ".join(numbers) + ".")


def follow(rng: Random) -> Document:
    """A fact or a joke, and what people say then."""
    makers: tuple[Callable[[Random], Document], ...] = (
        facts.explained,
        popular,
        jokes.plain,
        jokes.topical,
        daily,
        wish,
    )
    opening = rng.choice(makers)(rng)
    core, answer = rng.choice(_AFTER)
    said = expand(rng, core) + rng.choice(("", "?", "!", "."))
    return chat(
        "chat",
        opening.turns[0].text,
        opening.turns[1].text,
        capital(said) if rng.random() < 0.5 else said,
        expand(rng, answer),
    )


_ECHOES = "[repeat after me:|repeat after me|say|please say|repeat:|say:|can you say|just say|write|say this:]"


def echo(rng: Random) -> Document:
    """Two everyday words, said again as they are."""
    pool = words.THINGS + words.FOODS + words.ANIMALS + words.COLOURS + words.LEXICON
    text = " ".join(rng.choice(pool) for _ in range(rng.choice((1, 2, 2, 3))))
    core = f"{expand(rng, _ECHOES)} {text}"
    return chat("smalltalk", capital(core) if rng.random() < 0.5 else core, text)


MAKERS = (popular, daily, wish, count, follow, echo)
