"""Word lists shared by the kinds of talk, and words that nobody has heard before.

Names carry a pronoun so that stories keep it. Invented words teach the model to copy a
subject letter by letter instead of knowing it.
"""

from __future__ import annotations

from random import Random

GIRLS = (
    "Mia Anna Lily Emma Clara Rosa Nora Ella Ruby Hazel Ivy Maya Luna Zoe Tilly Greta Frida Olga Amina "
    "Leila Sofia Elena Marta Nina Lucy Alice Daisy Poppy Molly Hannah Sara Eva Ida Freya Ingrid Yuki "
    "Priya Asha Mei Lin Fatima Zara Wanda Bella Flora Stella Julia Lena Paula Agnes Betty Carla Dora "
    "Edith Gwen Heidi Irma Jane Kate Laura Maria Naomi Olivia Petra Rita Sally Tina Ursula Vera Willa "
    "Abby Beatrice Cora Delia Esther Fiona Grace Helen Iris Joan Kira Lotte Mabel Nell Opal Pearl Rosie"
).split()
BOYS = (
    "Tom Ben Max Leo Sam Jack Oscar Felix Hugo Otto Finn Noah Theo Emil Karl Ivan Omar Ali Hassan Ravi "
    "Arjun Kenji Hiro Wei Pablo Diego Luis Marco Luca Paolo Pierre Jules Erik Lars Sven Nils Anton Boris "
    "Peter Paul Martin Simon David Daniel Adam Aaron Bruno Caleb Dylan Edgar Frank George Henry Isaac "
    "Jonas Kevin Liam Milo Nathan Owen Philip Quinn Robin Stefan Tobias Victor Walter Xavier Yusuf Zack "
    "Albert Bernard Casper Dexter Elliot Fred Gus Harry Ian Jasper Kurt Louis Monty Ned Olaf Pip Rufus"
).split()

ANIMALS = (
    "cat dog fox rabbit bear wolf owl mouse hedgehog squirrel badger otter beaver deer horse pony donkey cow "
    "pig sheep goat duck goose hen rooster swan frog toad turtle tortoise snake lizard crocodile lion tiger "
    "leopard elephant giraffe zebra hippo rhino monkey gorilla panda koala kangaroo penguin seal walrus whale "
    "dolphin shark octopus crab lobster snail worm ant bee butterfly beetle ladybird spider bat parrot crow "
    "raven sparrow robin eagle falcon pelican flamingo peacock camel llama moose reindeer mole hamster "
    "puppy kitten lamb foal cub gecko chameleon jellyfish starfish seahorse salmon goldfish moth cricket "
    "firefly dragonfly stork heron magpie weasel ferret lynx cheetah jaguar buffalo yak sloth armadillo "
    "raccoon skunk porcupine python cobra iguana newt pigeon dove turkey ostrich emu wombat meerkat"
).split()
BEINGS = (
    "dragon robot wizard witch princess prince king queen knight pirate giant dwarf elf fairy ghost monster "
    "unicorn mermaid troll goblin vampire mummy alien astronaut sailor farmer baker teacher doctor nurse "
    "painter tailor gardener fisherman clown magician detective scientist inventor musician dancer singer "
    "postman carpenter blacksmith shepherd miller cook chef pilot soldier hunter beggar merchant student "
    "librarian programmer engineer clockmaker beekeeper firefighter snowman scarecrow phoenix ogre "
    "girl boy child grandmother grandfather woman man baby neighbour thief spy captain superhero explorer "
    "traveller poet writer juggler acrobat plumber driver mechanic ninja samurai cowboy viking "
    "dinosaur yeti werewolf zombie genie angel mammoth griffin uncle aunt hermit jester duke duchess baron "
    "scout guard waiter barber butcher hairdresser lawyer reporter photographer singer drummer referee "
    "champion goalkeeper swimmer runner climber mountaineer diver skater janitor gnome imp sphinx kraken "
    "centaur minotaur gargoyle leprechaun banshee sorcerer druid monk nun bishop mayor sheriff bandit"
).split()
THINGS = (
    "lantern clock key book map boat ship train bicycle car kite drum violin piano guitar flute bell mirror "
    "candle lamp chair table teapot cup spoon fork plate bowl pan hat coat scarf shoe boot glove button "
    "needle basket box chest bottle jar bag umbrella ladder hammer shovel bucket broom rope wheel cart "
    "balloon ball doll puppet toy puzzle pencil pen brush letter stamp coin ring necklace crown sword "
    "shield flag tent blanket pillow bed door window bridge tower castle cottage garden tree flower rose "
    "seed leaf apple pear orange banana cherry cake pie cookie pancake sandwich pizza soup potato carrot "
    "onion tomato pumpkin mushroom cheese egg stone pebble shell feather nest star moon cloud rainbow "
    "snowflake river lake island mountain cave forest desert beach well fountain windmill lighthouse "
    "telescope compass camera computer telephone radio television rocket submarine airplane tractor bus "
    "taxi skateboard sled swing laptop keyboard printer fridge oven kettle vase statue painting diary "
    "suitcase backpack wallet sock sweater raincoat spade anchor whistle trumpet harp cactus notebook sofa "
    "bathtub toothbrush comb razor towel sponge soap pillowcase curtain carpet chimney roof ceiling cellar "
    "elevator staircase escalator traffic-light bench statue monument museum stadium airport harbour bakery "
    "pharmacy hospital factory barn stable hive nest web burrow glacier canyon swamp meadow hill valley cliff "
    "waterfall geyser iceberg comet planet satellite spaceship robot-arm printer scanner charger cable plug "
    "socket lightbulb torch match candlestick fireplace stove microwave toaster blender whisk ladle spatula "
    "saucepan jug mug teacup saucer thermos lunchbox napkin tablecloth jigsaw domino dice marble yo-yo "
    "trampoline seesaw carousel rollercoaster tambourine cello clarinet accordion banjo xylophone saxophone"
).split()
IDEAS = (
    "friendship love courage hope time music winter summer spring autumn rain snow wind fire water light "
    "darkness silence laughter luck patience kindness honesty freedom dreams sleep hunger home peace joy "
    "sadness magic science school learning reading cooking dancing football chess art history mathematics "
    "programming space night morning christmas money work travel family memory truth wisdom"
).split()
LANGUAGES = (
    "python java rust linux javascript ruby perl kotlin swift fortran cobol haskell pascal lisp docker git"
).split()
ADJECTIVES = (
    "little small tiny young old brave clever kind gentle cheerful curious shy quiet lonely clumsy happy "
    "proud patient hungry sleepy lazy busy friendly funny silly wise honest careful stubborn lively "
    "playful grumpy polite dreamy thoughtful nervous bold merry forgetful hopeful"
).split()
LOOKS = (
    "red green blue yellow purple golden silver white black brown grey orange pink shiny dusty broken "
    "wooden rusty giant enormous magic old strange beautiful ancient lost crooked glowing striped spotted "
    "round heavy invisible flying talking dancing singing sleeping tired angry sad rich poor famous"
).split()
COLOURS = "red green blue yellow purple orange pink white black brown grey golden silver turquoise".split()
FOODS = (
    "bread soup cake pie cheese apples pears plums berries honey pancakes cookies noodles rice potatoes "
    "carrots pizza pasta salad nuts porridge dumplings waffles jam toast grapes oranges bananas chocolate"
).split()
JOBS = (
    "farmer baker teacher painter tailor gardener fisherman clockmaker carpenter shepherd miller cook sailor "
    "weaver potter postman librarian blacksmith inventor musician beekeeper shoemaker"
).split()
CITIES = (
    "Paris London Berlin Rome Madrid Vienna Prague Lisbon Oslo Cairo Tokyo Delhi Lima Boston Chicago Sydney "
    "Toronto Dublin Warsaw Athens Hamburg Munich Lyon Milan Zurich Bern Kyoto Seoul Nairobi Lagos Porto"
).split()

# Everyday learned words. What matters is only that they are many and that none is explained.
LEXICON = (
    "account adoption agency agreement alliance amendment ampere analysis anatomy angle antenna appeal architecture army artery assembly asset atom audit axis "
    "bacteria ballot bandwidth bankruptcy battery benefit biology bishop boiler bond border budget bureau bypass cable calendar campaign capital cargo cartilage cell census charter "
    "circuit citizen clause climate coalition collagen colony committee compound condition conflict congress contract copyright corporation council court credit crisis cylinder database "
    "debt decree deficit delta density deposit diagnosis diagram dialect dilemma diode dosage doctrine economy ecosystem election electron embassy emission empire employment engine entropy "
    "equation estate evidence excise exhaust export faction factor famine federation fever fibre filter firmware fraction frequency function fungus gasket gender gene genome geometry "
    "glacier gland governor grammar grant guild harvest hearing hormone hypothesis illness import incision index industry infection inheritance injury insurance integer interface invoice "
    "isotope journal judge jury kernel kidney kinetics laser lease legislation lesson licence ligament liquid literature liver logic longitude magistrate mandate manifold manuscript margin "
    "market membrane merger metabolism method migration mineral ministry molecule monarchy mortgage motif muscle mutation myth network neuron nitrogen notary nutrient oath observatory "
    "offence opera orbit ordinance organ origin oxide packet pancreas parliament particle passport patent pathogen payment penalty pension peptide petition philosophy phosphate physics "
    "pigment plasma platform plumbing poison policy pollution polynomial population portfolio predicate premium prescription pressure proof protein protocol province proxy pulse quota "
    "radiation ratio reactor rebellion receipt receptor refund regime register regulation relay religion republic residue resistor revenue revolution rhetoric ritual router royalty rudder "
    "salary sample sanction sanctuary schema sculpture segment senate sensor sentence sequence server settlement shareholder signal skeleton socket software solvent species spectrum statute "
    "stocks strategy subsidy suffix summit surgery syndrome syntax tariff tax temple tenant terrain testimony theorem therapy thesis tissue torque trade transistor treaty tribunal trust "
    "tumor turbine tutor uranium urine vaccine valve variable vector vehicle vein venue verdict veto virus vitamin volcano voltage voyage warrant waste wavelength welfare width yield zone "
    "abbey abstract acid acne adapter addiction adjective admiral adverb aerosol airline alarm alcohol alloy altitude aluminium ambassador ammonia antibody apartment appendix "
    "apprentice aquarium archive arson asbestos ash asphalt asthma astronomy atlas auction autopsy axiom bacon bail balance bandage banking baptism barometer basement battalion "
    "bearing bill biopsy blister blockade blog bone bonus booking boundary brake branding broker bronze browser bruise burial burn bylaw caffeine calcium calorie canal cancer "
    "candidate carbohydrate carbon cardiology cargo-ship cavity cement ceramic chairman chancellor charcoal charter-flight checkpoint chemistry cholera cholesterol choir chromosome chord "
    "citizenship civilisation clamp clergy client clinic clutch coalmine cocktail code colon comma commerce compiler compressor concrete condenser conductor cone consul consumer container "
    "copper cornea cough coup courier cousin coverage crane crater creditor crime crop crusade cube culture curfew currency curriculum cursor curve customs cyclone dam data "
    "deadline defence degree deposit-slip desktop detergent device dialysis diet dinner-recipe disk dismissal dispute divorce donor download draft drainage drill drought duct "
    "dynasty eclipse editor elbow elective electrolyte electron-gun ellipse email empathy enamel encryption enzyme epic epidemic epoch error ethics evolution exam excavation exchange "
    "exercise exile expense exponent eyelid fabric facade faucet feature feudalism fertiliser file filling finance fine fingerprint flooring flood flour flu folder font "
    "forehead formula fortress fossil foundation framework fraud freight frost fuel funeral furnace fuse galaxy gallery garlic gas gearbox gel genocide geography geology geyser-field "
    "gravy grease greenhouse grid groin guarantee guideline gum gymnast habitat hacker hail hardware harmony headline headset heating hedge heir helium hematoma heritage "
    "hernia hinge hip holiday hormone-level hospital-bill hostage hotel hull humidity hydrogen hygiene icon identity immigration immunity implant incident income inflation ink inning insulin "
    "insulation intellect interest interview intestine inventory iron irrigation itch jaw jet joint jurisdiction keyboard keyword knee knot label laboratory landlord laptop larva latitude "
    "lava lawn lawsuit lawyer layer leak leather lecture legacy lens library-card limb lime link liver-spot loan lobby lock logarithm login loop lung machine magnesium magnet mail "
    "maintenance malware manager manual map-projection marathon marriage mask mass matrix mayor meat median medicine meeting memory-leak menu merchandise mercury metal meter microbe microchip "
    "microphone migraine militia mineral-water minister minority mission mixture modem module moisture monastery monitor monopoly mortality motion motor mould movement murder museum-ticket "
    "navigation needle negotiation nerve nickel nitrate noun novel nucleus number-plate nurse nutrition oak-veneer obesity oil ointment omega opinion option oven overtime oxygen ozone "
    "paragraph parameter paint palace palm panel paralysis parcel parish pastry path-finder patient pavement payroll peasant pedal pepper perfume permit pesticide petrol phase phone phrase "
    "physician pill pilot pipe pistol pixel plague plaster plot plug-in plumber police poll port postage pottery powder power prayer preposition presidency printer prison privacy profit "
    "program-error pronoun property prose proverb province-town psychology publisher pump punctuation purchase pyramid quarry quarter query queue quiz quote rabies radar radio radius rail "
    "railing ransom rash rate recipe record recruit recycling referee reflex reform refugee refrigerator rehearsal relativity relic rent repair request rescue research reservation reservoir "
    "resin resume retail retina revolt rhythm rib rifle risk river-bed rocket-stage rubber ruin rule rust-stain sail salad salt-water sauce savings scale scalp scar schedule scholar "
    "scholarship science-fair scope score scout screen screw script sculptor seal season-ticket seat security seizure semester shaft share shelf shift shock shoulder shutter siege signature "
    "silicon sink siren sister-in-law site sleeve slope smoke software-update soil soldier solution soprano soul soup spam spark spectrum-band speech spell sphere spice spine spleen "
    "sprain square-root stadium stain stake stamp starch statement station statistics steak steel stem stereo stitch stock stomach storage storm-drain strain strike string stroke structure "
    "studio style subscription subway sugar suit supplement supply surface surname survey swelling symbol symptom system tablet tactic tape target tattoo taxi teeth tendon tension "
    "terminal territory terrorism text texture theft theory thermostat thread throat thyroid ticket tile timber tire title tolerance tongue tonsil tool topic tornado tourism toxin traffic "
    "transfer transit transplant trauma trial tube tuition tumour tunnel typhoon ulcer union update upgrade upload username vacation vacuum validation vapour variance vault vegetarian vertex "
    "veteran video village-hall vinyl violation visa visitor vocabulary volt volume vote wage wall warehouse warranty wart watt weapon website wedding weight well wheelchair "
    "window-frame wire witness wood wool workflow workshop wound wrist xenon yeast zero zinc"
).split()
# Common names of one thing only: asked for with "the".
UNIQUE = (
    "sea sky sun moon ocean earth night forest desert sunset wind jungle river rain world morning beach "
    "snow north kitchen future past weather city village sunrise evening garden school library"
).split()
MORE_NAMES = (
    "Amara Aisha Akira Anouk Astrid Aurelio Bartholomew Benedikt Bilal Bronwyn Chiara Chinedu Cyrus Deepak Dmitri Dolores Eduardo "
    "Eirik Elif Esra Evangeline Farid Femi Gabriela Giulia Gustav Hamza Hiroshi Ibrahim Ignacio Imogen Isolde Jamal Jiho Joaquin "
    "Kamala Katarzyna Khalid Kofi Lakshmi Laszlo Leopold Ludmila Magnus Mahmoud Malik Mariam Matteo Mehmet Mikhail Minjun Nadia "
    "Natasha Nikolai Nkechi Octavia Oluwaseun Oksana Penelope Piotr Quentin Rajesh Ramona Rashid Roderick Rosalind Sanjay Santiago "
    "Seraphina Sigrid Siobhan Soren Svetlana Takeshi Tariq Thandiwe Theodora Tomasz Umberto Valentina Vikram Violetta Wilhelmina "
    "Winston Wojciech Yasmin Yevgeny Yolanda Zainab Zlatan Barnaby Clementine Dashiell Ferdinand Guinevere Humphrey Jedediah "
    "Christopher Elizabeth Alexander Jonathan Michael Jennifer Jessica Matthew Andrew Joshua Steven Patricia Barbara Deborah Rebecca "
    "Robert William Richard Thomas Charles Mary Linda Susan Karen Nancy Lisa Donna Carol Ruth Sharon Brian Kevin Jason Gary Eric"
).split()

# Never seen in training as a subject of a story, poem or joke; the evaluation uses them.
HELD_OUT = (
    "walrus hamster lighthouse violin wizard viking suitcase cactus beaver genie wallet flamingo mermaid pumpkin "
    "telescope tailor otter kettle heron juggler lynx harp sled yeti moth patience chess kotlin"
).split()

_STARTS = "b c d f g h j k l m n p r s t v w z br cr dr fl gr kl pl pr qu sh sl sn st th tr tw vr zl".split()
_MIDDLES = "a e i o u a e i o u ai ee oo ou ia".split()
_ENDS = " n r l s x m t k p nd rk sh ng th lo ra na bo mi zle ster bit dor lin".split(" ")


_ALL = ANIMALS + BEINGS + THINGS + IDEAS + JOBS + [name.lower() for name in GIRLS + BOYS + CITIES]


def _spliced(rng: Random) -> str:
    """The head of one word and the tail of another, so that any two tokens may meet."""
    head, tail = rng.choice(_ALL), rng.choice(_ALL)
    return head[: rng.randrange(1, 5)] + tail[-rng.randrange(2, 6) :]


def _scrambled(rng: Random) -> str:
    """Vowels and consonants in turn, all letters alike."""
    pairs = (
        rng.choice("bcdfghjklmnpqrstvwxyz") + rng.choice("aeiouy")
        for _ in range(rng.randrange(1, 4))
    )
    return "".join(pairs) + rng.choice("bcdfghjklmnpqrstvwxyz" + "aeiou")


def invented(rng: Random) -> str:
    """A word that does not exist, such as "zlorbit"."""
    draw = rng.random()
    if draw < 0.45:
        word = _spliced(rng)
        if word not in HELD_OUT and word not in _ALL:
            return word
    elif draw < 0.6:
        return _scrambled(rng)
    parts = [rng.choice(_STARTS) + rng.choice(_MIDDLES) for _ in range(rng.choice((1, 1, 2, 2, 3)))]
    return "".join(parts) + rng.choice(_ENDS)


SHE = set("witch princess queen fairy mermaid girl grandmother woman hen cow".split())
HE = set(
    "wizard prince king knight fisherman postman boy grandfather man snowman cowboy rooster".split()
)


def person(rng: Random, kind: str = "") -> tuple[str, str]:
    """A name and its pronoun, "she" or "he"; now and then an invented name."""
    she = kind in SHE or (kind not in HE and rng.random() < 0.5)
    if rng.random() < 0.05:
        return invented(rng).capitalize(), "she" if she else "he"
    # Few names in stories: a model this small has to learn who is "he" and who is "she".
    if she:
        return rng.choice(GIRLS[:44]), "she"
    return rng.choice(BOYS[:44]), "he"


def any_name(rng: Random) -> str:
    """A first name of a user, often one that nobody has."""
    draw = rng.random()
    if draw < 0.3:
        return rng.choice(GIRLS + BOYS)
    if draw < 0.5:
        return rng.choice(MORE_NAMES)
    if draw < 0.75:
        pool = GIRLS + BOYS + MORE_NAMES
        head, tail = rng.choice(pool), rng.choice(pool)
        return head[: rng.randrange(2, 6)] + tail[-rng.randrange(2, 6) :].lower()
    return invented(rng).capitalize()


def subject(rng: Random, pool: list[str], made_up: float) -> str:
    """A noun from ``pool``, sometimes a learned, an invented or a two-part one; none held out."""
    while True:
        draw = rng.random()
        if draw < made_up:
            word = invented(rng)
        elif draw < made_up + 0.12:
            word = rng.choice(LEXICON)
        elif draw < made_up + 0.2:
            word = f"{rng.choice(LOOKS + COLOURS + ADJECTIVES + pool)} {rng.choice(pool)}"
        else:
            word = rng.choice(pool)
        if not set(word.split()) & set(HELD_OUT):
            return word


KNOWN = frozenset(_ALL) | frozenset(LANGUAGES) | frozenset(UNIQUE) | frozenset(FOODS)
