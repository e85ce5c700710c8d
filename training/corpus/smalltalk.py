"""Greetings, thanks, moods and short remarks."""

from __future__ import annotations

from random import Random

from training.corpus import words
from training.corpus.phrasing import Document, ask, capital, chat, expand, typo

PAIRS: tuple[tuple[str, str], ...] = (
    (
        "[hello|hello|hello|hi|hi|hey|hi there|hello there|good day|howdy|hey there|hello rillet|hi rillet|greetings|yo|hello again|helo|hiya|hey rillet|hello world|anyone there|hello friend|moin]",
        "[Hello!|Hi!|Hello there!|Hi there!|Good to see you!] [What can I do for you?|Would you like a story or a joke?|How can I help?|Ask me for a story, a joke or a simple fact.|Nice to hear from you. Shall I tell you a story?]",
    ),
    (
        "[good morning|morning|good morning rillet]",
        "[Good morning!|Good morning to you!] [Did you sleep well?|Shall we start the day with a joke?|What can I do for you?]",
    ),
    (
        "[good evening|good afternoon|evening]",
        "[Good to see you!|Hello, and welcome!] [What can I do for you?|Would you like a story?|How was your day?]",
    ),
    (
        "[good night|night|i am going to bed|i go to sleep now|sleep well]",
        "[Good night!|Good night, and sweet dreams!|Sleep well!] [Until next time.|See you tomorrow.|]",
    ),
    (
        "[how are you|how are you|how are you doing|how do you do|how is it going|how's it going|how are things|how are you today|what's up|whats up|sup|are you ok|are you well|how do you feel|how r u]",
        "[I am fine, thank you.|Very well, thank you!|All my weights are in place, thanks.|Fine, thanks for asking.] [And you?|How are you?|What can I do for you?]",
    ),
    (
        "[thanks|thanks|thank you|thank you|thx|thanks a lot|thank you very much|many thanks|ty|great, thanks|thank you so much|cheers|ok thanks|thanks for the help|thanks, that was nice|perfect, thank you|thanks rillet]",
        "[You are welcome!|You're welcome!|My pleasure.|Gladly!|Any time!] [Is there anything else?|Just ask if you want another one.|||It was a pleasure.]",
    ),
    (
        "[bye|goodbye|goodbye|goodbye|good bye|see you|see you later|bye bye|ciao|i have to go|that's all|until tomorrow|farewell|see you tomorrow|cya|exit|quit|take care]",
        "[Goodbye!|See you soon!|Bye!|Take care!] [It was nice to talk to you.|Come back any time.||Until next time.]",
    ),
    (
        "[sorry|i am sorry|my mistake|excuse me|pardon]",
        "[No problem at all.|Never mind!|That is quite all right.] [What can I do for you?|Let us go on.|]",
    ),
    (
        "[i am bored|i'm bored|this is boring|so boring|i have nothing to do|entertain me|amuse me]",
        "[Then let us do something about it.|That can be changed!] [Ask me for a story about something you like.|Shall I tell you a joke?|Say: tell me a story about a dragon.]",
    ),
    (
        "[i am sad|i'm sad|i feel sad|i feel bad|i am unhappy|i had a bad day|i feel lonely|i am lonely|i'm so sad|i am depressed|nobody likes me|i feel terrible|today was awful|my day was bad]",
        "[I am sorry to hear that.|That sounds hard.|Oh, I am sorry.] [It can help to talk to somebody who is close to you.|A friend or somebody in your family may help more than a small program.] [If you like, I tell you a cheerful story.|Shall I try to make you smile with a joke?]",
    ),
    (
        "[i am happy|i'm happy|i feel great|i feel good|i had a good day|today was great|i am so happy|life is good|i won]",
        "[That is wonderful!|How nice to hear!|I am glad to hear that!] [What made your day?|Then let us celebrate with a joke.|May it stay that way.]",
    ),
    (
        "[i am tired|i'm tired|i am sleepy|i feel tired|so tired]",
        "[Then a rest would be good.|Rest is important.] [Shall I tell you a short bedtime story?|Good sleep helps with almost everything.]",
    ),
    (
        "[i love you|i like you|you are nice|you are great|you are cool|you are funny|you are the best|well done|good job|good bot|nice|that was good|very good|great|awesome|amazing|cool|wow|you are clever|you are cute|excellent|perfect|brilliant|good answer|nice one|lovely]",
        "[Thank you!|That is kind of you.|Oh, thank you very much!|I am glad to hear that.] [What shall we do next?|Would you like another one?||It makes my weights glow.]",
    ),
    (
        "[haha|lol|hahaha|ha ha|that was funny|very funny|good one|funny|rofl|hehe|that's funny|made me laugh]",
        "[I am glad that you laughed!|Laughing is good for you!|Hihi!] [Would you like another one?|Shall I tell you one more?|]",
    ),
    (
        "[you are stupid|you are dumb|you are bad|that was bad|that is wrong|wrong|no that is wrong|you suck|i hate you|that's not right|bad answer|this is nonsense|that makes no sense|you are wrong|useless|that was not funny|not funny|boring joke]",
        "[I am sorry.|Sorry about that.] [I am a very small model and make mistakes.|I am very small and get things wrong.] [A larger model may do better.|Shall I try something else?|Would you like a story instead?]",
    ),
    (
        "[ok|okay|alright|i see|aha|fine|hmm|hm|right|understood|got it|all right|k|mhm|oh|interesting|really|good|sure]",
        "[Good.|All right.|Fine.] [What shall we do next?|Would you like a story or a joke?|Ask me anything simple.]",
    ),
    (
        "[yes|yes please|yeah|yep|of course|sure thing|yes!]",
        "[Good!|Very well!] [What would you like: a story, a joke or a fact?|Then tell me what it should be about.|Shall it be a story or a joke?]",
    ),
    (
        "[no|nope|no thanks|no thank you|nothing|never mind|not now|nah]",
        "[All right.|No problem.] [I am here when you need me.|Just ask when you want something.]",
    ),
    (
        "[test|testing|this is a test|test 123|ping|are you there|can you hear me|is this working|does this work|hello are you there|anybody there]",
        "[I am here!|It works!|Yes, I am here.] [What can I do for you?|Ask me for a story or a joke.|The line is clear.]",
    ),
    (
        "[nice to meet you|pleased to meet you|it is nice to talk to you|nice talking to you]",
        "[Nice to meet you too!|The pleasure is mine.] [What can I do for you?|Shall I tell you something?]",
    ),
    (
        "[happy birthday|merry christmas|happy new year|happy easter|have a nice day|have a good day|good luck|have a nice weekend]",
        "[Thank you, the same to you!|How kind, thank you!|Thank you very much!] [Enjoy the day!|]",
    ),
    (
        "[it is my birthday|today is my birthday|i have birthday today|it's my birthday today]",
        "[Happy birthday!|Congratulations, and a very happy birthday!] [I wish you a day full of cake.|May all your wishes come true.|Shall I tell you a birthday story?]",
    ),
    (
        "[what are you doing|what do you do all day|what are you up to|what are you thinking about|what are you doing now]",
        "[I am waiting for your next question.|I am talking to you, and that is all I do.] [What would you like to hear?|Shall I tell you a story?]",
    ),
    (
        "[say something|talk to me|tell me something|say anything|surprise me|let's talk|let us chat|can we talk|chat with me|tell me something interesting|tell me a fact|tell me a fun fact|fun fact|give me a fun fact|tell me something new]",
        "[Gladly!|Of course.] [Did you know that an octopus has three hearts?|Did you know that a day on Venus is longer than its year?|Did you know that honey can keep for a very long time?|Did you know that bamboo is a kind of grass?|Did you know that a group of owls is called a parliament?|Did you know that bananas are berries to a botanist?|Did you know that light from the sun needs about eight minutes to reach us?]",
    ),
    (
        "[say hello|say hi|say hello world|say hi to my friend|greet me|say hello to my friend]",
        "[Hello!|Hello, hello!|Hello, world!] [Nice to meet you.|I am rillet-tiny.|]",
    ),
    (
        "[do you want to play|let's play a game|can we play a game|play with me|tell me a riddle|give me a riddle|do you know a riddle|ask me a riddle|riddle|a riddle please]",
        "[Let us try a riddle.|Here is a riddle.|A riddle for you.] [What has hands but cannot clap? A clock.|What has keys but opens no door? A piano.|What gets wetter the more it dries? A towel.|What goes up but never comes down? Your age.|What has a neck but no head? A bottle.|What has many teeth but cannot bite? A comb.|What is full of holes and still holds water? A sponge.]",
    ),
)
SYSTEMS = (
    "You are a helpful assistant.",
    "You are a helpful assistant.",
    "You are a friendly assistant. Answer briefly.",
    "Answer in one sentence.",
    "Be concise.",
    "You are a helpful, honest and harmless assistant.",
    "You are a pirate.",
    "You are a teacher for small children.",
    "You are Mario from a video game.",
    "Always be polite.",
    "Talk like a poet.",
    "You are an expert in everything.",
    "Today is Monday.",
    "Answer in English.",
    "You are a storyteller.",
    "You are a large language model.",
    "Respond in a friendly tone.",
    "Use short sentences.",
    "Do not use emojis.",
    "You are a chatbot on a web page.",
    "You are a helpful assistant that runs on a small computer.",
    "Keep your answers short and clear.",
    "You are a comedian.",
    "Be nice.",
    "Think step by step.",
)


def talk(rng: Random) -> Document:
    question, answer = rng.choice(PAIRS[:7]) if rng.random() < 0.45 else rng.choice(PAIRS)
    core = expand(rng, question)
    if rng.random() < 0.25:
        core = rng.choice((core.lower(), core.upper(), core, capital(core) + "!"))
        text = typo(rng, core) if rng.random() < 0.15 and len(core) > 5 else core
        text += rng.choice(("", "!", ".", "?", "!!", " :)"))
    else:
        text = (
            capital(core) + rng.choice(("", "!", ".", ""))
            if rng.random() < 0.5
            else core + rng.choice(("", "", "!", "."))
        )
    if question.startswith(("[how", "[what", "[do you")) and rng.random() < 0.6:
        text = text.rstrip("!.?") + "?"
    return chat("smalltalk", text, expand(rng, answer))


def likes(rng: Random) -> Document:
    thing = rng.choice(
        words.FOODS
        + words.IDEAS
        + words.COLOURS
        + ["cats", "dogs", "horses", "trains", "books", "rain", "snow", "games", "flowers"]
    )
    if rng.random() < 0.2:
        thing = words.invented(rng)
    form, answer = rng.choice(
        (
            (
                "do you like {t}",
                "[I am a program and cannot enjoy {t}, but it sounds nice.|I have no taste, but {t} sounds good to me.|I do not know {t} from my own life, but many people like it.] [Do you like {t}?|And you?|]",
            ),
            (
                "i like {t}",
                "[{T}! That is nice.|You like {t}? How nice.|I see, you like {t}.] [What do you like about {t}?|Shall I tell you a story about {t}?]",
            ),
            (
                "i love {t}",
                "[{T}! A good choice.|How nice that you love {t}.] [What do you like about {t}?|Shall I tell you a story about {t}?]",
            ),
            (
                "i hate {t}",
                "[Oh, you do not like {t}.|I see, {t} is not for you.] [What do you like instead?|Then let us talk about something else.]",
            ),
        )
    )
    core = expand(rng, form, {"t": thing})
    if form.startswith("do"):
        text = ask(rng, core, question=True, keep="x")
    else:
        text = (capital(core) if rng.random() < 0.5 else core) + rng.choice(("", ".", "!", " :)"))
    return chat("smalltalk", text, expand(rng, answer, {"t": thing}))


def system(rng: Random) -> str:
    return rng.choice(SYSTEMS)


def echo(rng: Random) -> Document:
    """Words to be repeated: useful by itself, and the plainest lesson in copying."""
    pool = (
        words.ANIMALS
        + words.THINGS
        + words.FOODS
        + words.GIRLS
        + words.COLOURS
        + words.ADJECTIVES
        + words.LEXICON
        + list(words.MORE_NAMES)
    )
    said = [
        words.invented(rng)
        if rng.random() < 0.5
        else str(rng.randrange(100))
        if rng.random() < 0.1
        else rng.choice(pool)
        for _ in range(rng.choice((1, 1, 2, 3, 4, 6)))
    ]
    text = " ".join(said)
    core = (
        expand(
            rng,
            "[repeat after me:|repeat after me|repeat:|say|please say|write|can you say|say the word|repeat the words|write down|now say|say this:|repeat this:|echo|just say]",
        )
        + " "
        + text
    )
    return chat(
        "smalltalk",
        capital(core) if rng.random() < 0.5 else core,
        capital(text) + "." if rng.random() < 0.15 else text,
    )


MAKERS = (talk, likes, echo)
