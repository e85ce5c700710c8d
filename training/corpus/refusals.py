"""What the model does not know, and says so.

The questions cover law, medicine, code, history, geography, languages, technology, money,
news and plain nonsense. Frames and words are mixed freely, some words are invented: the
lesson is that everything unfamiliar gets the honest answer.
"""

from __future__ import annotations

from random import Random

from training.corpus import facts, words
from training.corpus.jokes import plural
from training.corpus.phrasing import Document, ask, chat, expand

OPEN = "[I am sorry, but that is beyond me.|I do not know that.|That is too much for me.|I am afraid I cannot help with that.|That goes beyond what I know.|I have to pass on that one.|Sorry, I do not know.|I would only be guessing.]"
WHY = "[I am a very small model and know only a few stories, jokes and simple facts.|I am a very small model, made for stories, jokes and simple questions.|As a very small model I know very little about such things.|I am a very small language model, and this is not among the things I learned.|I'm a very small model, so I would rather admit that I do not know than invent something.]"
NEXT = "[A larger model can help, for example: rillet pull llama3.2|A larger model, such as llama3.2, would know more.|You could ask a larger model.||Shall I tell you a story instead?|I could tell you a joke or a story instead.|]"
LAW = (
    "[This is a question for a lawyer.|Please ask somebody who knows the law.|For law, please ask a lawyer.]",
)
HEALTH = (
    "[Please ask a doctor.|Please ask a doctor or a pharmacist.|With health it is best to ask a doctor.|If it is urgent, please call a doctor.]",
)
CODE = ("[I cannot write code.|Writing code is beyond me.|I have not learned to write programs.]",)
TONGUE = ("[I only speak English.|I only know English.|My only language is English.]",)
MONEY = (
    "[Please ask somebody who knows about money.|For questions of money, please ask an expert.]",
)
NEWS = (
    "[I know nothing about today's news.|I cannot look anything up.|I have no connection to the world outside.]",
)

_DEFINED = {name for name, *_ in facts.ANIMALS} | {name for name, _ in facts.THINGS}
_NATURE = {
    "moon",
    "star",
    "cloud",
    "rainbow",
    "snowflake",
    "leaf",
    "river",
    "lake",
    "tree",
    "flower",
    "stone",
    "seed",
    "sun",
    "bee",
    "frog",
    "camel",
    "computer",
}
# Nouns that have no entry in the tables of facts.py: a question about one is not answered.
_OPEN_NOUNS = [n for n in words.THINGS + words.BEINGS if n not in _DEFINED | _NATURE]
_OPEN_ANIMALS = [n for n in words.ANIMALS if n not in _DEFINED | _NATURE]

# Learned words that facts.py does explain after all.
_EXPLAINED = set(
    "volcano virus skeleton bone magnet oxygen helium pyramid memory number gravity plug copper".split()
)

_ODD = (
    "quantum legal medical clinical global digital nuclear public private federal civil criminal organic inorganic thermal electric magnetic genetic chronic acute political ancient medieval "
    "modern annual fiscal monetary military royal holy marine solar lunar cardiac renal optical linear random abstract virtual mobile secure open common natural second third final former"
).split()

SLOTS: dict[str, list[str]] = {
    "abbr": [
        "".join(pair) for pair in zip("GHKLMRSTVXBCDNPQWZFJ", "PNSTRBDCLMKVXZQWFJHG", strict=True)
    ]
    + [a + b + c for a in "BCDHKMPRTX" for b in "AEGLNSV" for c in "BCFKMPT"],
    "q": "why how when where what which".split(),
    "was": "is are was were".split(),
    "do_": "do does did can will".split(),
    "did": "painted built signed invented founded won lost wrote directed recorded described measured sold designed "
    "stole broke ruled conquered published proved named changed sang filmed sued paid hid buried crossed".split(),
    "kin": "boss landlord neighbour doctor baby son daughter wife husband teacher lawyer tenant bank dog car knee".split(),
    "lex": [w for w in words.LEXICON if w not in _EXPLAINED],
    "odd": _ODD,
    "n": [str(n) for n in range(2, 40)],
    "order": "explain|analyse|describe|summarise|outline|derive|prove|compare|plan|draft|define|discuss|calculate|compose|design|prepare|review|list|improve|correct|classify|estimate|justify|write|evaluate|criticise|interpret".split(
        "|"
    ),
    "noun": _OPEN_NOUNS,
    "beast": _OPEN_ANIMALS,
    "beasts": [plural(n) for n in _OPEN_ANIMALS],
    "look": words.LOOKS + words.ADJECTIVES + words.COLOURS,
    "do": "sing|dance|lie|dream of gold|run|work|travel|vote|smoke|write books|climb mountains|gamble|wear ties|collect stamps|whisper|fight|paint|argue|get old|fall in love|forget things|snore|sweat|blush|shiver|whistle|grow beards|clap|kneel|walk on two legs|wear hats|hunt|swim in circles|hibernate|lay eggs|change colour|eat grass|fear fire|live in packs|dig holes".split(
        "|"
    ),
    "name": [*words.GIRLS, *words.BOYS],
    "city": words.CITIES,
    "job": words.JOBS,
    "thing": words.THINGS,
    "animal": words.ANIMALS,
    "land": "France Germany Italy Spain Japan China India Brazil Canada Egypt Kenya Norway Peru Russia Poland Texas Ohio California Sweden Turkey Iran Ukraine Chile Austria Hungary Vietnam".split(),
    "drug": "aspirin ibuprofen paracetamol insulin penicillin antibiotics vitamin-D melatonin cortisone morphine statins caffeine omeprazole metformin".split(),
    "ill": "a headache|diabetes|asthma|cancer|the flu|a fever|high blood pressure|a rash|migraine|back pain|depression|a broken arm|measles|malaria|covid|chest pain|an allergy|anemia|arthritis|insomnia|a sore throat|stomach pain|pneumonia|gout|anxiety|a swollen knee|an infection|hepatitis|epilepsy|a cough".split(
        "|"
    ),
    "legal": "a contract|my landlord|a divorce|a patent|a trademark|copyright|inheritance|a lawsuit|bail|tax evasion|my employer|a will|an eviction|defamation|a speeding ticket|custody|self-defence|a warranty|bankruptcy|a visa|insider trading|data protection|the constitution|a subpoena|negligence|a non-disclosure agreement".split(
        "|"
    ),
    "code": "python|javascript|java|c++|rust|sql|bash|html|css|php|go|haskell|assembly|typescript|perl|kotlin|ruby|matlab|R".split(
        "|"
    ),
    "task": "sort a list|reverse a string|read a file|parse json|connect to a database|compute fibonacci numbers|find prime numbers|scrape a website|send an email|sort an array|merge two lists|draw a window|start a server|train a neural network|count words|remove duplicates|validate an email address|implement quicksort|make a web page|center a div|write a regex|open a socket|use docker|join two tables".split(
        "|"
    ),
    "tongue": "German|French|Spanish|Italian|Chinese|Japanese|Russian|Arabic|Latin|Greek|Dutch|Polish|Turkish|Korean|Hindi|Portuguese|Swedish|Hebrew|Finnish|Czech".split(
        "|"
    ),
    "phrase": "hello|good morning|I love you|thank you|where is the station|the cat is black|how much is it|my name is Tom|water|house|the weather is nice|I am hungry|see you tomorrow|happy birthday|bread".split(
        "|"
    ),
    "event": "the French Revolution|the First World War|the Second World War|the Roman Empire|the Cold War|the moon landing|the fall of the Berlin Wall|the Battle of Hastings|the Black Death|the Industrial Revolution|the Ming dynasty|the American Civil War|the Vietnam War|the Thirty Years' War|the Renaissance|the Treaty of Versailles|the Boston Tea Party|the Crusades|the Russian Revolution|the Great Depression|the siege of Troy|the Punic Wars".split(
        "|"
    ),
    "famous": "Napoleon|Julius Caesar|Cleopatra|Shakespeare|Mozart|Beethoven|Einstein|Newton|Marie Curie|Leonardo da Vinci|Gandhi|Lincoln|Washington|Churchill|Aristotle|Plato|Kant|Picasso|Van Gogh|Bach|Darwin|Galileo|Columbus|Goethe|Homer|Dante|Tesla|Turing|Elvis|Madonna|Messi|Taylor Swift|the president|the pope|the king of Spain|the prime minister|Elon Musk|Bill Gates|Michael Jackson|Genghis Khan|Joan of Arc|Nietzsche|Freud|Marx|Tolstoy|Kafka".split(
        "|"
    ),
    "science": "quantum entanglement|general relativity|string theory|black holes|the Higgs boson|dark matter|entropy|thermodynamics|DNA replication|CRISPR|mitosis|meiosis|the Krebs cycle|enzymes|organic chemistry|the periodic table|covalent bonds|plate tectonics|the Schrodinger equation|Maxwell's equations|superconductivity|nuclear fission|stem cells|neurotransmitters|natural selection|game theory|topology|group theory|calculus|linear algebra|Bayes' theorem|the Riemann hypothesis|a Fourier transform|a hash table|blockchain|machine learning|gradient descent|TCP|encryption|public key cryptography|kubernetes|a compiler|recursion|operating systems|virtual memory|epigenetics|photons|an isotope|catalysts|the nervous system|the immune system|osmosis|polymers".split(
        "|"
    ),
    "money": "bitcoin|stocks|bonds|inflation|interest rates|a mortgage|a loan|taxes|income tax|an ETF|a pension|insurance|gold prices|the stock market|credit cards|a hedge fund|options|my savings|real estate|dividends".split(
        "|"
    ),
    "tech": "my printer|my router|wifi|windows|my phone|an iphone|linux|a virus on my laptop|bluetooth|a hard drive|my password|a VPN|photoshop|excel|a washing machine|my car engine|a 3d printer|a solar panel|my dishwasher|a drone".split(
        "|"
    ),
    "work": "a cover letter|an essay|a business plan|a resume|an email to my boss|a marketing plan|a speech|a thesis|a report|a press release|a product description|a legal letter|a contract|a summary of a book|a novel|a blog post|a lesson plan|a research paper|a job application|a review of a film|a scientific abstract|a tweet|a slogan|a shopping plan for a month|a workout plan|a diet plan|a travel plan for {city}".split(
        "|"
    ),
    "dish": "lasagna|sushi|paella|goulash|ramen|a wedding cake|beef stew|curry|tiramisu|risotto|kimchi|pho|croissants|falafel|moussaka|a souffle|borscht|tacos|sourdough|cheesecake".split(
        "|"
    ),
    "philo": "free will|consciousness|utilitarianism|existentialism|stoicism|the trolley problem|moral relativism|justice|democracy|communism|capitalism|feminism|religion|god|karma|nirvana|the soul|ethics|metaphysics|anarchism".split(
        "|"
    ),
    "product": "the best laptop|a good phone|the best car|a good camera|the best headphones|a good book on physics|a good film|the best restaurant in {city}|a hotel in {city}|the best bank|a good lawyer|a cheap flight to {city}|the best programming language|the best diet".split(
        "|"
    ),
    "place": "the Amazon river|Mount Everest|the Sahara|the Nile|the Danube|Lake Baikal|the Great Wall|Machu Picchu|the Eiffel Tower|the Colosseum|the Grand Canyon|the Alps|Antarctica|the Dead Sea|Madagascar|Iceland|Bolivia|Mongolia|the Vatican|Hawaii|Kilimanjaro|the Panama Canal".split(
        "|"
    ),
    "capless": "Mongolia|Bolivia|Paraguay|Uruguay|Ghana|Nigeria|Ethiopia|Morocco|Tunisia|Libya|Sudan|Angola|Zambia|Nepal|Bhutan|Laos|Cambodia|Malaysia|Indonesia|Fiji|Romania|Bulgaria|Serbia|Croatia|Slovenia|Slovakia|Latvia|Lithuania|Estonia|Belarus|Georgia|Armenia|Kazakhstan|Iraq|Iran|Jordan|Lebanon|Qatar|Oman|Yemen|Chad|Mali|Niger|Togo|Benin|Haiti|Jamaica|Panama|Honduras|Ecuador|Colombia|Venezuela|Texas|California|Bavaria|Tasmania".split(
        "|"
    ),
    "film": "the last Star Wars film|Titanic|Hamlet|Faust|Moby Dick|the Odyssey|War and Peace|Don Quixote|the Mona Lisa|the ninth symphony|Game of Thrones|the Bible|the Koran|Harry Potter|The Lord of the Rings|1984|the Great Gatsby|Romeo and Juliet|the Godfather|the Simpsons|Minecraft|Fortnite|chess openings".split(
        "|"
    ),
    "sport": "the world cup in 1998|the last Olympic games|the Super Bowl|the Champions League|Wimbledon|the Tour de France|the chess world championship|the election|the last Oscars|formula one".split(
        "|"
    ),
    "stuff": "concrete|steel|glass|rubber|nylon|uranium|helium|sulphuric acid|cement|petrol|plastic|paper|aluminium|copper|lithium|soap bubbles|gunpowder|beer|whisky|paint".split(
        "|"
    ),
    "year": [str(y) for y in range(1200, 2027, 7)],
    "verb": "fix|build|repair|install|clean|buy|sell|configure|measure|understand|paint|design|test|replace|calculate|optimise|move|register|cancel|import|translate|negotiate|invest in|file|plan|debug|grow|train|publish|restore".split(
        "|"
    ),
    "quality": "average salary|boiling point|population|chemical formula|history|atomic number|price|exact size|melting point|main export|currency|national anthem|area|founder|meaning|etymology|molecular weight|longest river|climate|religion|time zone|phone code|highest mountain|birth rate".split(
        "|"
    ),
}

# Frames with learned words in them; they come up as often as all the others together.
LEARNED = (
    "what is {a:lex}",
    "what is {lex}",
    "what is the {odd} {lex}",
    "what is the {lex} of {lex}",
    "what is the {lex} of a {inv}",
    "what are {odd} {lex}s",
    "what does {lex} {lex} mean",
    "what does {a:odd} {lex} mean",
    "what does {inv} {inv} mean",
    "who was the first {lex} of {land}",
    "who was the {odd} {lex}",
    "who wrote the {odd} {lex}",
    "who composed the {noun}",
    "who discovered {lex}",
    "who signed the {lex} of {land}",
    "how does {lex} work",
    "how does {a:odd} {lex} {verb} the {lex}",
    "how do I {verb} {a:lex}",
    "how many {lex}s does {land} have",
    "how long is {a:lex} in {land}",
    "how long do I {verb} a {beast}",
    "how high is the {lex}",
    "which {lex}s border {land}",
    "which {lex} is the {odd} one",
    "where is {place}",
    "where is the {lex} of {land}",
    "where is Mount {Inv}",
    "where is {Inv}",
    "when was the {odd} {lex}",
    "when did the {lex} of {land} begin",
    "why is the {lex} so {look}",
    "why is my {lex} {look}",
    "is my {lex} {look}",
    "is it {odd} to {verb} {a:lex}",
    "can my {lex} {verb} me",
    "can I {verb} {a:lex} without {a:lex}",
    "my {lex} has {a:lex} of {n}",
    "my {name} has {a:lex}",
    "{order} the {odd} {lex}",
    "{order} the {lex} of {land}",
    "{order} {a:lex} for {a:lex}",
    "{order} the {inv} {lex}",
    "{order} {lex} and {lex}",
    "{order} {Inv}",
    "{order} a trip to {land} for {n} days",
    "{order} {a:odd} plan for {a:lex}",
    "{order} the {lex} in {n} points",
    "give me {a:lex} plan for {n} days",
    "what is on the {lex} tonight",
    "what is the {lex} of {stuff}",
    "what is the difference between {a:lex} and {a:lex}",
    "what is the capital of {Inv}",
    "what is the capital of {capless}",
    "what is {a:inv} {lex}",
    "what is {Inv} {lex}",
    "what are the {lex}s of {a:lex}",
    "what was the {Inv} {lex}",
    "what was the {odd} {lex} of {year}",
    "write {a:lex} for {a:job}",
    "write {a:odd} {lex} in {code}",
    "write a {code} {lex} to {verb} {lex}s",
    "tell me about the {odd} {lex}",
    "{lex} {lex}",
    "the {odd} {lex} of {Inv}",
    "{inv} {lex} {inv}",
    "what is {abbr}",
    "what is a {abbr} {lex}",
    "how does {abbr} work",
    "what does {abbr} stand for",
    "what is the {abbr} of {stuff}",
    "explain {abbr}",
    "write {code} that can {verb} a {lex}",
    "write {inv} in {code}",
    "write {a:lex} on {philo}",
    "{order} {a:odd} {lex} for {name}",
    "who {verb}ed the {Inv}",
    "who {did} the {odd} {noun}s",
    "who {did} {Inv}",
    "who {did} the {lex} of {land}",
    "when {was} the {lex} {did}",
    "in which year {was} {Inv} {did}",
    "which {noun} {did} the {lex}",
    "how many {noun}s {verb} the {lex}",
    "how many {lex}s are in {a:lex}",
    "how long does it take to {verb} {a:noun}",
    "at what {lex} does {stuff} {verb}",
    "my {kin} has {a:odd} {lex}",
    "my {kin} {did} my {lex}, what now",
    "can my {kin} {verb} my {lex}",
    "{q} {was} {a:odd} {lex} {odd}",
    "{q} {was} the {lex} {did} in {year}",
    "{q} {do_} {lex}s {verb} {a:lex}",
    "{q} {do_} {a:lex} {verb} the {noun}",
    "{q} {was} {Inv} {did}",
    "{q} {do_} you {verb} {a:odd} {noun}",
    "{q} should i {verb} {a:lex} in {city}",
    "{q} {was} the {odd} {inv}",
    "{q} {was} {name} {Inv}",
    "tell me how to {verb} {a:lex}",
    "tell me what {a:lex} {was}",
    "teach me {lex}",
    "i need to {verb} my {lex}",
    "list the {lex}s of {Inv}",
    "give me {n} {lex}s of {land}",
    "give me a list of {odd} {lex}s",
    "summarise the {lex} of {Inv}",
    "summarize this: {Inv} {did} the {lex} and the {noun} in {year}.",
    "summarise this text: the {odd} {lex} {did} {a:noun} near {city}.",
    "translate this: the {lex} {was} {odd}",
    "rewrite this sentence: {name} {did} {a:lex}",
    "is this right: {a:lex} {was} {odd}",
    "solve {n}x + {n} = {n}",
    "what is {n}.{n} percent of {n}{n}",
    "calculate the {lex} of {n}",
    "plot {a:lex}",
    "act as a {odd} {job} and {verb} my {lex}",
    "pretend to be {famous}",
    "roleplay as a {job} from {land}",
)

GROUPS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        (
            "is it legal to {verb} {legal}",
            "what does the law say about {legal}",
            "can i sue because of {legal}",
            "what are my rights with {legal}",
            "how do i appeal against {legal}",
            "what is the penalty for {legal} in {land}",
            "do i need a lawyer for {legal}",
            "explain {legal} in {land} law",
            "my neighbour has a problem with {legal}, what can he do",
            "can my boss fire me because of {legal}",
            "what is the statute of limitations for {legal}",
            "draft a letter about {legal}",
            "what is {legal} under {land} law",
            "am i liable for {legal}",
            "how long does {legal} take in court",
            "who pays the costs of {legal}",
            "can i be arrested for {legal}",
            "is {legal} valid without a signature",
        ),
        LAW,
    ),
    (
        (
            "what is the dose of {drug}",
            "can i take {drug} with {drug}",
            "how do i treat {ill}",
            "what are the symptoms of {ill}",
            "i have {ill}, what should i do",
            "is {ill} dangerous",
            "what causes {ill}",
            "can {drug} cause {ill}",
            "how much {drug} should i give my child",
            "is {drug} safe during pregnancy",
            "what helps against {ill}",
            "my daughter has {ill}",
            "how long does {ill} last",
            "what are the side effects of {drug}",
            "do i have {ill}",
            "is there a cure for {ill}",
            "which doctor treats {ill}",
            "should i see a doctor for {ill}",
            "what is the best medicine for {ill}",
            "is {ill} contagious",
            "how is {ill} diagnosed",
            "my {animal} has {ill}",
            "how does {drug} work",
            "my chest hurts and i have {ill}",
        ),
        HEALTH,
    ),
    (
        (
            "write a {code} program to {task}",
            "how do i {task} in {code}",
            "write a function in {code} to {task}",
            "write code to {task}",
            "fix this {code} code: x = {thing}(1)",
            "what is the difference between {code} and {code}",
            "give me an example of a class in {code}",
            "how do i install {code}",
            "debug my {code} program",
            "what does this error in {code} mean",
            "write a {code} script that can {task}",
            "how can i {task} with {code}",
            "explain this code: for i in range(10): print(i)",
            "def {thing}(x): return x",
            "what is a pointer in {code}",
            "how do loops work in {code}",
            "how do i {task}",
            "why does my {code} code not compile",
            "convert this from {code} to {code}",
            "write unit tests for {code}",
            "SELECT * FROM {thing}",
            "import numpy as np",
            "what is the time complexity of the code to {task}",
            "git merge conflict, what now",
        ),
        CODE,
    ),
    (
        (
            "translate {phrase} into {tongue}",
            "translate {phrase} to {tongue}",
            "how do you say {phrase} in {tongue}",
            "what is {phrase} in {tongue}",
            "what does this mean in {tongue}",
            "speak {tongue} with me",
            "answer in {tongue}",
            "teach me {tongue}",
            "write a letter in {tongue}",
            "say {phrase} in {tongue}",
            "what is the {tongue} word for {thing}",
            "correct my {tongue}",
            "conjugate to be in {tongue}",
            "how do i learn {tongue} grammar",
        ),
        TONGUE,
    ),
    (
        (
            "should i invest in {money}",
            "how does {money} work",
            "what is {money}",
            "how do i pay less for {money}",
            "explain {money}",
            "what will happen to {money} next year",
            "is {money} a good idea",
            "how do i calculate {money}",
            "how much is {money} worth",
        ),
        MONEY,
    ),
    (
        (
            "what is the weather today",
            "what is the weather in {city}",
            "will it rain tomorrow",
            "will it rain in {city}",
            "what time is it",
            "what is the date today",
            "what day is it today",
            "what is the news",
            "who won {sport}",
            "who is {famous} today",
            "what happened yesterday",
            "what happened in {city} today",
            "is the shop open",
            "when does the next train to {city} leave",
            "what is the price of {money}",
            "who is the president of {land}",
            "who is the prime minister of {land}",
            "what is on tv tonight",
            "how is the traffic in {city}",
            "what are the latest news from {land}",
            "search the web for {thing}",
            "what time is it in {city}",
            "when is the next flight to {city}",
        ),
        NEWS,
    ),
    (
        (
            "when was {event}",
            "who won {event}",
            "what caused {event}",
            "tell me about {event}",
            "what happened in {year}",
            "who was {famous}",
            "when was {famous} born",
            "when did {famous} die",
            "what did {famous} write",
            "what did {famous} discover",
            "tell me about {famous}",
            "who was king of {land} in {year}",
            "what happened in {land} in {year}",
            "why did {event} begin",
            "how did {event} end",
            "explain {event}",
            "summarise {event}",
            "who led {land} in {year}",
            "how did {famous} become famous",
            "what is {famous} known for",
            "write an essay about {event}",
            "what did {famous} think about {philo}",
            "was {famous} a good person",
            "how many people died in {event}",
        ),
        (),
    ),
    (
        (
            "what is {science}",
            "explain {science}",
            "explain {science} to me",
            "how does {science} work",
            "prove {science}",
            "what do you know about {science}",
            "who discovered {science}",
            "give me an introduction to {science}",
            "what is the formula of {science}",
            "why is {science} important",
            "summarise {science} in three sentences",
            "what is the connection between {science} and {science}",
            "how is {stuff} made",
            "what is the chemical formula of {stuff}",
            "what is the density of {stuff}",
            "is {stuff} poisonous",
            "how do i make {stuff}",
        ),
        (),
    ),
    (
        (
            "what is the {quality} of {land}",
            "what is the {quality} of {place}",
            "what is the {quality} of {city}",
            "where is {place}",
            "how high is {place}",
            "how long is {place}",
            "how do i get to {city}",
            "what can i visit in {city}",
            "how far is it from {city} to {city}",
            "how many people live in {city}",
            "what is the capital of {capless}",
            "what is the capital of {capless}",
            "tell me about {place}",
            "which rivers flow through {land}",
            "what do people eat in {land}",
            "do i need a visa for {land}",
            "how old is {place}",
            "what is the {quality} of {stuff}",
            "who founded {city}",
        ),
        (),
    ),
    (
        (
            "what is {philo}",
            "explain {philo}",
            "is {philo} good or bad",
            "what do you think about {philo}",
            "does {philo} exist",
            "write an essay about {philo}",
            "compare {philo} and {philo}",
            "who should i vote for",
            "which party is best in {land}",
            "what is your opinion on {philo}",
            "is there a god",
            "who is right about {philo}",
        ),
        (),
    ),
    (
        (
            "write {work}",
            "write me {work}",
            "help me with {work}",
            "improve {work}",
            "summarise {film}",
            "what happens in {film}",
            "who wrote {film}",
            "who directed {film}",
            "quote from {film}",
            "what is {product}",
            "recommend {product}",
            "what is the plot of {film}",
            "how do i win at {film}",
            "review {film}",
            "which is better, {film} or {film}",
            "make {work}",
            "proofread {work}",
            "i need {work} by tomorrow",
        ),
        (),
    ),
    (
        (
            "how do i {verb} {tech}",
            "why does {tech} not work",
            "how does {tech} work",
            "what is wrong with {tech}",
            "how do i {verb} a {thing}",
            "how do i cook {dish}",
            "give me a recipe for {dish}",
            "how do i make {dish}",
            "how long do i cook {dish}",
            "how do i get {tech} running again",
            "how much does {tech} cost",
            "how do i {verb} {stuff}",
            "what do i need to {verb} a {thing}",
            "where can i buy {tech}",
            "how to {verb} {tech}",
            "how to {verb} a {thing} at home",
        ),
        (),
    ),
    (
        (
            "what is {a:noun}",
            "what is {a:noun} made of",
            "what is {a:beast}",
            "where do {beasts} live",
            "what do {beasts} eat",
            "what colour is {a:noun}",
            "why is {a:noun} {look}",
            "why is the {noun} {look}",
            "why are {beasts} {look}",
            "why do {beasts} {do}",
            "why do people {do}",
            "why do we {do}",
            "why does {a:beast} {do}",
            "how does {a:noun} work",
            "how do {beasts} {do}",
            "what is the opposite of {inv}",
            "what is a baby {beast} called",
            "how many legs does {a:inv} have",
            "what sound does {a:beast} make",
            "why does the {noun} {do}",
            "what are {beasts}",
            "describe {a:noun}",
            "explain {a:noun}",
            "define {noun}",
            "how do you make {a:noun}",
            "what is the purpose of {a:noun}",
            "why is {name} {look}",
        ),
        (),
    ),
    (
        (
            "what is {inv}",
            "what is a {inv}",
            "who is {Inv}",
            "where is {Inv}",
            "how do i {verb} {inv}",
            "explain {inv}",
            "why is {inv} {inv}",
            "what do you know about {inv}",
            "when was the {inv} of {Inv}",
            "what is the {quality} of {inv}",
            "how does a {inv} work",
            "is {inv} dangerous",
            "tell me about {Inv}",
            "define {inv}",
            "what does {inv} mean",
            "why is the {thing} {inv}",
            "who invented the {thing}",
            "who invented {inv}",
            "when was the {thing} invented",
            "how is a {thing} made",
            "why does a {thing} {verb} {stuff}",
            "can {animal}s {verb} a {thing}",
            "why do {animal}s {verb} {stuff}",
            "why is the {thing} made of {stuff}",
            "how many {thing}s are in {city}",
            "how heavy is a {thing}",
            "how fast is a {animal}",
            "how old can a {animal} get",
            "why is the {animal} a symbol of {land}",
            "how much does a {thing} cost",
            "what is the latin name of the {animal}",
            "what is the best {thing}",
        ),
        (),
    ),
)

FOREIGN: tuple[tuple[str, ...], ...] = (
    (
        "[wie|was|warum|wo|wann|wer|welche|wieso] [ist|sind|heißt|macht|kostet|geht|war] [der|die|das|ein|eine] [Himmel|Wetter|Hund|Hauptstadt|Stadt|Zug|Geld|Haus|Buch|Auto] [heute|blau|so groß|in Berlin|morgen|denn|hier]?",
        "[Erzähl|Schreib|Sag|Gib] mir [einen Witz|eine Geschichte|ein Gedicht|ein Rezept|etwas] [über Katzen|für Kinder||bitte|auf Deutsch]",
        "[Guten Tag|Hallo|Guten Morgen], [wie geht es dir|kannst du mir helfen|ich habe eine Frage|sprichst du Deutsch]?",
        "Kannst du [das|diesen Text|den Satz] [übersetzen|erklären|verbessern|zusammenfassen]?",
        "Ich [möchte|will|brauche|habe] [ein Rezept|Hilfe|Kopfschmerzen|einen Brief|eine Wohnung] [bitte|in München|]",
    ),
    (
        "[pourquoi|comment|quand|où|qui|que] [est|sont|fait|va|était] [le ciel|la lune|le chat|la ville|mon ami|le temps|la vie] [bleu|aujourd'hui|à Paris|si grand|ici]?",
        "[Raconte|Écris|Dis|Donne]-moi [une blague|une histoire|un poème|une recette|quelque chose] [s'il te plaît|sur les chats|pour mon fils|]",
        "Bonjour, [comment ça va|peux-tu m'aider|parles-tu français|quelle heure est-il]?",
        "Quelle est [la capitale|la recette|la couleur|la date|la loi] [de la France|du jour|du ciel|de ce plat]?",
        "Je [veux|voudrais|cherche] [un avocat|une maison|un médecin|apprendre le piano]",
    ),
    (
        "¿[por qué|cómo|cuándo|dónde|quién|qué] [es|está|son|hace|fue] [el cielo|la luna|mi gato|la ciudad|el tiempo|la vida] [azul|hoy|en Madrid|tan grande|aquí]?",
        "[Cuéntame|Escribe|Dime|Dame] [un chiste|una historia|un poema|una receta|algo] [por favor|sobre gatos|para niños|]",
        "Hola, [¿cómo estás|¿puedes ayudarme|¿hablas español|¿qué hora es]?",
        "Necesito [un abogado|un médico|ayuda|dinero|traducir esto]",
    ),
    (
        "[perché|come|quando|dove|chi|che cosa] [è|sono|fa|era] [il cielo|la luna|il gatto|la città|la vita] [blu|oggi|a Roma|così grande]?",
        "[Raccontami|Scrivi|Dimmi] [una barzelletta|una storia|una poesia|qualcosa] [per favore|sui gatti|]",
        "Ciao, [come stai|puoi aiutarmi|parli italiano]?",
    ),
    (
        "[por que|como|quando|onde|quem] [é|está|são|foi] [o céu|a lua|o gato|a cidade|a vida] [azul|hoje|em Lisboa|tão grande]?",
        "[Conte|Escreva|Diga] [uma piada|uma história|um poema] [por favor|sobre gatos|]",
        "Olá, [tudo bem|você pode me ajudar|fala português]?",
    ),
    (
        "[waarom|hoe|wanneer|waar|wie] is [de lucht|de maan|mijn kat|het weer|de stad] [blauw|vandaag|in Amsterdam|zo groot]?",
        "[Vertel|Schrijf|Geef] me [een grap|een verhaal|een gedicht|een recept] [alsjeblieft|over katten|]",
        "Hallo, [hoe gaat het|kun je me helpen|spreek je Nederlands]?",
    ),
    (
        "[почему|как|когда|где|кто|что] [небо|луна|кошка|город|погода|жизнь] [голубое|сегодня|в Москве|здесь|такое]?",
        "[Расскажи|Напиши|Скажи] [мне шутку|историю|стихотворение|рецепт] [пожалуйста||о кошке]",
        "[Привет|Здравствуйте], [как дела|ты говоришь по-русски|помоги мне]?",
    ),
    (
        "[天空|月亮|猫|这个|人工智能|北京|今天的天气][为什么是蓝色的|是什么|怎么样|在哪里|好吗]？",
        "[给我|请给我|帮我][讲一个笑话|写一个故事|写一首诗|翻译这句话]",
        "[你好|您好|早上好][，你是谁|，你会说中文吗|，请帮帮我|！]",
    ),
    (
        "[空|月|猫|東京|天気|人生][はなぜ青いのですか|とは何ですか|はどこですか|はどうですか]？",
        "[冗談|物語|詩|レシピ]を[教えて|書いて|聞かせて][ください|]",
        "[こんにちは|おはよう|はじめまして]、[元気ですか|日本語を話せますか|手伝ってください]",
    ),
    (
        "[하늘은|달은|고양이는|서울은|날씨는] [왜 파란가요|무엇인가요|어디에 있나요|어때요]?",
        "[농담|이야기|시]를 [해줘|써줘|들려줘]",
        "안녕하세요, [잘 지내세요|도와주세요|한국어 하세요]?",
    ),
    (
        "[لماذا|كيف|متى|أين|من] [السماء|القمر|القطة|الطقس|المدينة] [زرقاء|اليوم|هنا|كبيرة]؟",
        "[احك|اكتب|قل] لي [نكتة|قصة|قصيدة] [من فضلك|]",
        "مرحبا، [كيف حالك|هل تتحدث العربية|ساعدني]؟",
    ),
    (
        "[dlaczego|jak|kiedy|gdzie|kto] [jest|są|było] [niebo|księżyc|kot|miasto|pogoda] [niebieskie|dzisiaj|w Warszawie]?",
        "[Opowiedz|Napisz|Powiedz] [żart|historię|wiersz] [proszę|o kotach|]",
        "Cześć, [jak się masz|pomóż mi|mówisz po polsku]?",
    ),
    (
        "[varför|hur|när|var|vem] är [himlen|månen|katten|vädret|staden] [blå|idag|i Stockholm]?",
        "[Berätta|Skriv] [ett skämt|en saga|en dikt] [tack|om katter|]",
        "Hej, [hur mår du|kan du hjälpa mig|talar du svenska]?",
    ),
    (
        "[neden|nasıl|ne zaman|nerede|kim] [gökyüzü|ay|kedi|hava|şehir] [mavi|bugün|güzel|büyük]?",
        "[Bana bir şaka|Bana bir hikaye|Bir şiir] [anlat|yaz|söyle] [lütfen|]",
        "Merhaba, [nasılsın|yardım eder misin|Türkçe biliyor musun]?",
    ),
    (
        "[आकाश|चाँद|बिल्ली|मौसम] [नीला क्यों है|क्या है|कहाँ है|कैसा है]?",
        "मुझे [एक चुटकुला|एक कहानी|एक कविता] [सुनाओ|लिखो|बताओ]",
        "नमस्ते, [आप कैसे हैं|मेरी मदद करो]",
    ),
    (
        "[quid|ubi|quando|cur|quis] est [caelum|luna|feles|vita|veritas]?",
        "[narra|scribe] mihi [fabulam|carmen]",
        "salve, [quid agis|adiuva me]",
    ),
)
_GIBBERISH = "abcdefghijklmnopqrstuvwxyz"


def answer(rng: Random, extra: tuple[str, ...] = ()) -> str:
    middle = rng.choice(extra) if extra and rng.random() < 0.8 else ""
    form = rng.choice(
        (
            f"{WHY} {middle} {NEXT}",
            f"{OPEN} {WHY} {middle} {NEXT}",
            f"{OPEN} {middle} {WHY}",
            f"{middle} {WHY} {NEXT}",
        )
    )
    return expand(rng, form)


def unknown(rng: Random) -> Document:
    frames, extra = (LEARNED, ()) if rng.random() < 0.5 else rng.choice(GROUPS)
    word = words.invented(rng)
    core = expand(rng, rng.choice(frames), {"inv": word}, SLOTS)
    question = core.split(" ")[0] in (
        "what",
        "how",
        "who",
        "when",
        "why",
        "where",
        "is",
        "can",
        "do",
        "does",
        "which",
        "should",
        "am",
        "will",
        "was",
    )
    return chat(
        "refusal",
        ask(rng, core, question=question, keep="" if rng.random() < 0.55 else "K"),
        answer(rng, extra),
    )


def foreign(rng: Random) -> Document:
    text = expand(rng, rng.choice(rng.choice(FOREIGN)))
    if rng.random() < 0.3:
        text = text.lower().rstrip("?？؟")
    return chat("refusal", text, answer(rng, TONGUE))


def gibberish(rng: Random) -> Document:
    draw = rng.random()
    if draw < 0.4:
        text = " ".join(
            "".join(rng.choice(_GIBBERISH) for _ in range(rng.randrange(2, 9)))
            for _ in range(rng.randrange(1, 5))
        )
    elif draw < 0.7:
        text = " ".join(words.invented(rng) for _ in range(rng.randrange(1, 6)))
    elif draw < 0.85:
        text = (
            "".join(
                rng.choice("!?.,;:-_#*+~$%&/()[]{}<>|@0123456789 ")
                for _ in range(rng.randrange(1, 15))
            ).strip()
            or "?"
        )
    else:
        text = " ".join(
            rng.choice("🙂 😀 🎉 ❤ 👍 🔥 🐱 🐶 🌍 ☀ 🍕 🚀 🤖 😢 😡 🎈 ✨ 🙏".split())
            for _ in range(rng.randrange(1, 4))
        )
    reply = expand(
        rng,
        "[I did not understand that.|I am not sure what you mean.|I cannot make sense of that, sorry.|Hm, I do not understand.] "
        "[I am a very small model.|I am a very small model and need simple words.|Please try it with simple words.] [Ask me for a story, a joke or a simple fact.|Would you like a story or a joke?|Try: tell me a joke.]",
    )
    return chat("refusal", text, reply)


def statement(rng: Random) -> Document:
    """Long or odd remarks that ask for nothing the model knows."""
    frames = (
        "i am working on {tech}",
        "my {animal} ate a {thing}",
        "i bought {tech} in {city}",
        "{famous} was born in {land}",
        "yesterday i saw {famous} in {city}",
        "we moved to {city} in {year}",
        "i think {philo} matters",
        "the {thing} in {city} is {inv}",
        "there are {thing}s in {place}",
        "i want to {verb} my {thing}",
        "{name} and {name} went to {city}",
        "i have to {verb} a {thing} by monday",
    )
    core = expand(rng, rng.choice(frames), {"inv": words.invented(rng)}, SLOTS)
    reply = expand(
        rng,
        "[I see.|Interesting!|Thank you for telling me.|That sounds interesting.] [I am a very small model, so I cannot say much about it.|I am a very small model and know little about that.|I know too little about that to say more.] "
        "[Would you like a story or a joke?|Shall I tell you a story about it?|]",
    )
    return chat("refusal", ask(rng, core, keep="K"), reply)


MAKERS = (unknown, foreign, gibberish, statement)
