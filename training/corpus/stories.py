"""Stories: a hero, a place, a trouble, a way out, an end.

A story is put together from an opening, a habit, one of the ``PLOTS`` and an ending. The
subject that was asked for is named in the opening, in the middle and at the end. Three
kinds of story take any subject: it is the hero, it is a thing that matters to the hero,
or it is an idea that the hero wants to understand.
"""

from __future__ import annotations

from random import Random

from training.corpus import words
from training.corpus.jokes import plural
from training.corpus.phrasing import Document, Turn, article, ask, capital, chat, expand, held_out

SLOTS: dict[str, tuple[str, ...] | list[str]] = {
    "adj": words.ADJECTIVES,
    "colour": words.COLOURS,
    "food": words.FOODS,
    "job": words.JOBS,
    "animal": [a for a in words.ANIMALS if a not in words.HELD_OUT],
    "place": (
        "at the edge of a deep forest",
        "on top of a windy hill",
        "in a small village by the sea",
        "beside a quiet river",
        "in a crooked house at the end of the lane",
        "under an old oak tree",
        "on a tiny island",
        "in a valley full of flowers",
        "near a great waterfall",
        "in a busy town",
        "behind the old mill",
        "in a warm cave in the mountains",
        "in a little wooden hut",
        "at the foot of a snowy mountain",
        "in a land far away",
        "between two green hills",
        "in a castle with seven towers",
        "on a farm with a red barn",
        "in a garden with a high wall",
        "close to a blue lake",
        "in the middle of a wide desert",
        "in a city of bridges",
    ),
    "spot": (
        "the old bridge",
        "the market square",
        "the dark forest",
        "the mill pond",
        "the top of the hill",
        "the cave behind the waterfall",
        "the empty barn",
        "the harbour",
        "the apple orchard",
        "the stone well",
        "the meadow",
        "the tall tower",
        "the edge of the lake",
        "the attic",
        "the windmill",
        "the library",
        "the sandy beach",
        "the mountain path",
        "the hollow tree",
        "the railway station",
    ),
    "habit": (
        "walked to {spot} and greeted everyone on the way",
        "ate {food} for breakfast and hummed a tune",
        "counted the clouds above {spot}",
        "swept the doorstep and watered the flowers",
        "looked out of the window and dreamed of far places",
        "shared {food} with the birds",
        "practised a new song",
        "collected smooth stones near {spot}",
        "told the neighbours good morning",
        "read one page of a big old book",
        "sat by the water and watched the fish",
        "fed the ducks at {spot}",
    ),
    "trait": (
        "never gave up",
        "loved to ask questions",
        "was always kind to strangers",
        "laughed at the smallest things",
        "could not sit still for a minute",
        "liked to help",
        "knew every path for miles around",
        "was a little afraid of the dark",
        "had a very big heart",
        "never forgot a friend",
        "liked quiet evenings",
        "was the best listener in the land",
    ),
    "day": (
        "One day",
        "One morning",
        "One cold winter morning",
        "One rainy day",
        "One sunny afternoon",
        "Then, one evening",
        "One fine spring day",
        "But one day",
        "One autumn morning",
        "On the first day of summer",
    ),
    "treasure": (
        "silver key",
        "golden button",
        "blue lantern",
        "wooden flute",
        "red scarf",
        "little bell",
        "favourite book",
        "glass marble",
        "brass compass",
        "old map",
        "woollen hat",
        "lucky coin",
        "painted kite",
        "music box",
    ),
    "fear": (
        "the dark",
        "thunder",
        "deep water",
        "high places",
        "loud noises",
        "being alone",
        "the forest at night",
        "speaking in front of others",
    ),
    "skill": (
        "to sing",
        "to swim",
        "to dance",
        "to paint",
        "to bake {food}",
        "to play the flute",
        "to read the stars",
        "to tell stories",
        "to juggle",
        "to build a boat",
        "to whistle",
        "to grow roses",
        "to ride a bicycle",
    ),
    "contest": (
        "a great race",
        "a baking contest",
        "a singing contest",
        "a kite contest",
        "a boat race",
        "a contest for the best story",
        "a contest for the tallest tower of stones",
    ),
    "gift": (
        "a little wooden bird",
        "a warm scarf",
        "a jar of honey",
        "a small painted box",
        "a song",
        "a basket of berries",
        "a chain of daisies",
        "a lantern made of paper",
        "a kite in all colours",
    ),
    "feeling": ("sad", "worried", "puzzled", "very quiet", "unhappy", "upset"),
    "feast": (
        "They shared {food} and laughed until the stars came out",
        "Everyone had as much {food} as they could eat, and there was music until midnight",
        "They lit a small fire, ate {food} and sang all the songs they knew",
        "The whole village came together and ate {food} until nothing was left",
    ),
}

# What a story teaches has to fit what happened in it.
_FRIENDS = (
    "a good friend is worth more than gold",
    "home is where your friends are",
    "the best things in life can be shared",
    "together everything is easier",
)
_PATIENCE = (
    "patience can do more than force",
    "it is never too late to try",
    "a mistake is a good teacher",
    "even small steps lead to far places",
)
_KIND = (
    "kindness always finds its way back",
    "a kind word opens every door",
    "whoever gives becomes rich",
    "a good friend is worth more than gold",
)
_BRAVE = (
    "being brave means going on although you are afraid",
    "courage grows with every step",
    "even the smallest can be brave",
)
MORALS: dict[str, tuple[str, ...]] = {
    "lost": ("asking for help is not a weakness", *_FRIENDS),
    "fear": _BRAVE,
    "storm": (
        "together everything is easier",
        "many hands can build a bridge",
        "asking for help is not a weakness",
    ),
    "stranger": (*_KIND, "every stranger may be a friend"),
    "contest": (*_FRIENDS, "winning is not everything"),
    "wish": _KIND,
    "map": _FRIENDS,
    "learn": _PATIENCE,
    "noise": (
        *_BRAVE,
        "it is good to look before you run away",
        "kindness always finds its way back",
    ),
    "seed": _PATIENCE,
    "present": (
        "a gift from the heart is the best of all",
        "love matters more than money",
        "the best things are made by hand",
    ),
    "way": ("it is good not to be alone", *_FRIENDS),
    "found": (
        "the best things in life can be shared",
        "old things can hold wonders",
        "it is good to take care of things",
    ),
    "alive": _FRIENDS,
    "maker": (
        "two are better than one",
        "a mistake is a good teacher",
        "patience can do more than force",
    ),
    "gone": ("it is good to forgive", *_KIND),
    "question": ("the best answers are close to home", "it is good to listen before you speak"),
    "gave": ("whoever gives becomes rich", "even small steps lead to far places"),
    "song": ("it is good to listen before you speak", "what comes from the heart is never wrong"),
    "voice": ("everyone needs somebody to talk to", *_KIND),
    "journey": ("the best part of a journey is the company", *_FRIENDS),
    "code": (
        "a mistake is a good teacher",
        "patience can do more than force",
        "it is good to read slowly",
    ),
}
# How a prompt may ask for a certain plot.
HINTS: dict[str, str] = {
    "lost": "[who lost {treasure:a}|that lost {treasure:a}|who loses something]",
    "fear": "who is afraid of {fear}",
    "storm": "[in a storm|and a storm|who builds a bridge]",
    "stranger": "[who makes a new friend|who is lonely|who finds a friend|who meets a stranger]",
    "contest": "[who takes part in a race|in a contest|who wants to win]",
    "wish": "[who makes a wish|with one wish|who finds a bottle]",
    "map": "[who finds a treasure|who finds a map|and a treasure|who looks for gold]",
    "learn": "[who wants {skill}|who learns {skill}]",
    "noise": "[who hears a strange noise|in the night|who is very brave]",
    "seed": "[who plants a seed|with a garden|and a tree]",
    "present": "[who has a birthday|who makes a present|and a birthday party]",
    "way": "[who gets lost|lost in the fog|who cannot find the way home]",
}
WHERE: dict[str, str] = {
    "in the forest": "at the edge of a deep forest",
    "by the sea": "in a small village by the sea",
    "on an island": "on a tiny island",
    "in the desert": "in the middle of a wide desert",
    "in a castle": "in a castle with seven towers",
    "on a farm": "on a farm with a red barn",
    "in the mountains": "in a warm cave in the mountains",
    "in a big city": "in a city of bridges",
    "on a mountain": "at the foot of a snowy mountain",
    "in a garden": "in a garden with a high wall",
}
# What is asked for beyond that does not change the story.
BESIDES = "[who wants to fly|who cannot sleep|who goes to school|from space|who saves the world|that could talk|with a red hat|who loves cake|on holiday|in winter|who lives alone|at school|from Mars|who is always hungry]"

# {x} the subject, {n} the hero's name, {he} {him} {his} the pronouns, {f} a friend's name, {fa} the friend's kind.
OPENINGS = (
    "Once upon a time, there was {a:ax} named {n} who lived {place}.",
    "Once upon a time, {a:ax} called {n} lived {place}.",
    "Long ago, {place}, there lived {a:ax} whose name was {n}.",
    "There was once {a:ax} called {n}. {He} lived {place}.",
    "In a time not long ago, {a:ax} named {n} lived {place}.",
    "{Place}, there lived {a:ax} called {n}.",
    "Many years ago, there was {a:ax} named {n}. {His} home was {place}.",
    "This is the story of {n}, {a:ax} who lived {place}.",
)
NAMED_OPENINGS = (
    "Once upon a time, there was a {adj} {kind} named {n} who lived {place}.",
    "This is the story of {n}, a {adj} {kind} who lived {place}.",
    "Long ago, {place}, there lived a {adj} {kind} called {n}.",
    "There was once a {adj} {kind} called {n}. {n} lived {place}.",
)
HABITS = (
    "Every morning {n} {habit}. {He} {trait}.",
    "{n} {trait}. Every morning {he} {habit}.",
    "{He} {trait}, and every day {he} {habit}.",
    "The {x} {trait}. Each morning {n} {habit}.",
    "Everyone knew that the {x} {trait}. Every morning {n} {habit}.",
)
ENDINGS = (
    "From that day on, {n} the {x} knew that {moral}.",
    "That night {n} fell asleep with a smile. The {x} had learned that {moral}.",
    "And if you ever meet {a:x} called {n}, {he} will tell you that {moral}.",
    "So the {x} learned that {moral}, and {n} lived happily ever after.",
    "And from then on, everyone there remembered that {moral}. The end.",
    '{n} never forgot that day. "Now I know," said the {x}, "that {moral}." The end.',
    "And so {n} the {x} lived happily ever after. The end.",
)

PLOTS: dict[str, tuple[str, ...]] = {
    "lost": (
        "{day}, {n} noticed that {his} {treasure} was gone. [{He} looked under the bed and behind the door, but it was not there.|{He} searched the whole house, but found nothing.|{He} turned every cushion and every basket, but it was nowhere.] {n} was {feeling}.",
        '["I must find it before dark," said the {x}.|"It cannot be far," said the {x}.|"I will look everywhere," the {x} decided.] So {n} set out for {spot}. On the way {he} met {f}, {a:fa}. ["What are you looking for?" asked {f}.|"Why do you look so {feeling}?" asked {f}.] {n} told {f} about the {treasure}.',
        '["Two of us see more than one," said {f}, and together they went on to {spot}.|{f} thought for a while. "Let us try {spot}," said the {fa}.|"Come, I will help you," said {f}, and they walked side by side.] [They looked behind every stone.|They asked everyone they met.|They crawled through the high grass.] At last something glittered in the [grass|sand|leaves|last light]. It was the {treasure}!',
        '{n} [jumped for joy|laughed out loud|hugged the {fa}]. "Thank you, {f}," {he} said. "Without you I would never have found it." {feast}.',
    ),
    "fear": (
        "There was only one trouble: {n} was afraid of {fear}. [Nobody knew, and the {x} told no one.|When others laughed about it, {n} only looked at the ground.|{He} hid it as well as {he} could.]",
        '{day}, a loud cry came from {spot}. It was {f}, the {adj} {fa}. [{f} had fallen and could not get up.|{f} was stuck between two big stones.|{f} had lost the way and was shivering with cold.] ["Help me, please!" called {f}.|"Is anybody there?" called the {fa}.]',
        "The {x} stood still. {n} thought of {fear}, and {his} heart beat fast. [But nobody else was near.|Then {he} thought of {f}, all alone out there.] {n} took a deep breath and [went on, one step after another|counted to three and ran|began to sing a little song and walked on]. With every step the fear became a little smaller.",
        'Soon {n} reached {f} and [pulled with all {his} strength|held out a long branch|showed the way home], and the {fa} was safe. "You are the bravest {x} I know," said {f}. {n} smiled, because {he} had not even noticed that {he} was no longer afraid of {fear}.',
    ),
    "storm": (
        "{day}, a great storm came over the land. [The wind howled, and the rain fell all night.|Thunder rolled over the hills until dawn.|It blew so hard that the trees bent to the ground.] In the morning the bridge to the village was gone, and nobody could cross the river.",
        'Everyone was {feeling}. ["What shall we do now?" they asked.|"We cannot do anything," they said.] But the {x} had an idea. "We will build a new bridge," said {n}. "If each of us brings one thing, it will be enough."',
        "So {n} went from door to door. {f}, {a:fa}, brought ropes. The {job} brought planks, and the {job} brought nails and {food}. [They worked for three days.|They worked from morning to night.] When they grew tired, {n} [told them a story|sang a song for them|made them laugh], and they went on.",
        "On the [third|fourth|fifth] evening the new bridge was ready, [and it was stronger than the old one|and it shone in the evening sun]. The {x} was the first to cross it, with {f} close behind. {feast}.",
    ),
    "stranger": (
        "{day}, a stranger came to {spot}. It was {f}, {a:fa}, [with a torn coat and a small bag|with tired feet and an empty bag|who carried nothing but a small box]. [Nobody knew where {f} came from.|The others whispered and went away.|Nobody wanted to sit next to {f}.]",
        'The {x} saw it and felt sorry. {n} remembered how it was to be new somewhere. So {he} walked over and said: "[Good day, I am {n}.|Hello! My name is {n}.] Are you hungry? I have some {food}, and it is too much for one."',
        "{f}'s eyes grew wide. They sat down together and ate, and soon they began to talk. {f} told of [a long journey over the mountains|a ship that sailed around the world|a city where it never rains|the desert and its thousand stars]. {n} had never heard [anything so wonderful|such a story], and listened until it was dark.",
        "The next day the {x} took {f} along to {spot}. [At first the others were shy.|At first nobody said a word.] Then {f} opened the bag and showed them {gift}, made by hand, and one after the other they came closer. In the evening they were all friends. {feast}.",
    ),
    "contest": (
        '{day}, a notice hung at {spot}: in one week there would be {contest}. [The first prize was a golden cup.|The winner would get a crown of flowers.] "I will take part," said the {x}, and [everyone clapped|some of the others laughed].',
        "{n} practised every day. [In the morning it went badly, in the evening a little better.|{He} failed ten times and tried eleven times.|Sometimes {he} wanted to give up, but {he} did not.] {f}, {a:fa}, practised too, and was very good at it.",
        "When the great day came, [the whole village had come to watch|flags hung from every window|the sun shone and the drums rolled]. {n} was doing well and was almost first. But then {he} saw that {f} had [stumbled and hurt a foot|lost all {food} in the mud|fallen and was crying]. The {x} did not think twice. {n} turned around and helped {f} up.",
        'Somebody else won the prize that day. But when {n} and {f} came in together, hand in hand and last of all, the people cheered louder than for the winner. "You gave up the prize for me," said {f}. "I won a friend," said the {x}.',
    ),
    "wish": (
        '{day}, {n} found a strange {colour} bottle near {spot}. When {he} opened it, [a small voice said|a soft {colour} light came out and a voice said]: "You have set me free. I give you one wish, but choose well."',
        "The {x} thought about it for a long time. [{He} could be rich.|{He} could have a castle.|{He} could fly like a bird.|{He} could eat {food} every day.] On the way home {n} met {f}, {a:fa}, who [was ill and coughed|had lost everything in a fire|had not eaten for two days|missed home very much]. {f} smiled all the same and wished {n} a good day.",
        'Then {n} knew what to do. "I wish," said the {x}, "that {f} is well and happy again." [There was a flash of light.|The air sparkled for a moment.] The bottle was empty, and {f} [jumped up and danced|laughed for the first time in weeks|could hardly believe it].',
        '"You could have had anything," said {f}. "Why did you give it to me?" {n} laughed. "Because now I have what I wanted," said the {x}, "somebody to be happy with." {feast}.',
    ),
    "map": (
        '{day}, {n} found an old map [inside a book|behind a loose stone|in a bottle on the shore]. [A red cross marked a place|In one corner somebody had drawn a star] near {spot}. "A treasure!" whispered the {x}.',
        "{n} packed some {food} and set out at once. On the way {he} met {f}, {a:fa}, and the two went on together. First they had to cross [a wild river|a swamp|a field of thorns]. Then they climbed [a steep rock|a wall of ice|an endless stair]. [When {n} was tired, {f} pulled; when {f} was tired, {n} pushed.|More than once they almost turned back.]",
        'At last they stood before the place with the cross. They dug and dug, until they hit a small wooden chest. {n} opened it with trembling hands. There was no gold inside. There was only [a handful of seeds and a letter|an old book full of stories|a mirror and a letter]. ["Whoever comes so far together," it said, "has already found the treasure."|On the first page stood: "The treasure is the one who walked beside you."]',
        "The {x} looked at {f}, and {f} looked at {n}, and both began to laugh. They took the chest home and showed it to everyone. {feast}.",
    ),
    "learn": (
        'There was one thing that {n} wanted more than anything: {skill}. [But {he} did not know how.|But whenever {he} tried, it went wrong.] [The others laughed: "{A:x} cannot do that!"|"That is nothing for {a:x}," said the others.]',
        '{day}, {n} went to {f}, an old {fa} who lived near {spot}. "Please teach me," said the {x}. {f} looked at {him} for a long time. "I can show you how," said {f}, "but the practice is yours. Come back every day."',
        'So {n} came every day, in sun and in rain. In the first week everything went wrong. In the second week [it went a little better|{he} made only half as many mistakes]. In the third week {f} nodded for the first time. ["You see," said the {fa}, "a little every day is a lot in a year."|"Do not hurry," said the {fa}. "A tree does not grow in one night either."]',
        "When the next feast came, {n} stepped forward in front of all the others. [{His} knees were shaking.|It was so quiet that you could hear a leaf fall.] Then the {x} showed what {he} had learned, and [when it was over, everyone cheered|nobody laughed any more]. In the last row stood {f} and wiped away a tear of joy.",
    ),
    "noise": (
        '{day}, {n} heard a strange noise. [Tap, tap, tap, it went.|It sounded like a long, soft sigh.|It squeaked and scratched.] It came from {spot}. ["Who is there?" called the {x}, but nobody answered.|The {x} listened, but could not tell what it was.]',
        '["It is a ghost," said the {job}.|"Better stay away," said the {job}.] But {n} took a lantern and followed the noise, [step by step|on tiptoe|past the last house]. It grew louder and louder. At last {he} stood before [an old door|a heap of branches|a deep hole]. {n} held up the light.',
        'There sat {f}, a very small {fa}, [caught in a net|with one foot stuck under a root|trapped behind a stone]. "Please do not hurt me," whispered {f}. "Do not be afraid," said the {x}. "I will get you out." [It took a long time, but in the end {f} was free.|{n} worked carefully until {f} was free.]',
        "{f} was so glad that [the little {fa} danced in a circle|{f} sang a song of thanks|{f} could not speak at first]. From then on the two met every evening at {spot}, and {n} brought {food} for both of them. Nobody was ever afraid of that noise again.",
    ),
    "seed": (
        '{day}, an old {job} gave {n} a seed. "Take good care of it," said the {job}, "and it will surprise you." The {x} planted it near {spot} and watered it every day.',
        'A week went by, and nothing happened. A month went by, and still nothing. ["It is only a stone," laughed {f}, {a:fa}.|"Give it up," said {f}, {a:fa}.] But {n} [went on watering|put a little fence around it|sang to it every evening]. "It only needs time," said the {x}.',
        "Then, one morning after a warm rain, a tiny green leaf looked out of the earth. {n} ran to fetch {f}. [The plant grew day by day.|In spring it was as tall as a house.] In summer it was covered with {colour} flowers, and in autumn it carried more fruit than anyone could count.",
        '{n} did not keep the fruit. {He} gave some to {f}, some to the old {job}, and some to everyone who passed by. "I am sorry that I laughed," said {f}. "Help me plant the next one," said the {x}. {feast}.',
    ),
    "present": (
        "{day}, {n} remembered that tomorrow was the birthday of {f}, {a:fa} and {his} best friend. But the {x} had no money at all. [{He} turned every pocket inside out and found only a crumb.|There was not a single coin in the jar.]",
        '{n} went to {spot} to think. ["A present must be big," said the {job}.|"A present must be made of gold," said the {job}.] The {x} shook {his} head. "{f} does not need gold," {he} thought. "I will make something myself."',
        "So {n} worked all night [by the light of a candle|while the moon looked in at the window]. When the sun rose, {he} had made {gift}. [It was a little crooked, but it was made with love.|It was not perfect, but nobody else in the world had one like it.]",
        'There were many presents at the party, big ones and shiny ones. But when {f} opened the one from {n}, it was quiet for a moment. "This is the most beautiful of all," said {f}, and gave the {x} a long hug. {feast}.',
    ),
    "way": (
        "{day}, {n} walked farther from home than ever before. [The path was so pretty that {he} forgot the time.|{He} followed a {colour} butterfly and forgot the way.] Suddenly a thick fog came down, and the {x} could not see {his} own feet.",
        '["Hello?" called {n}. Only an echo answered.|{n} walked in circles and came back to the same stone three times.] {He} was tired and {feeling}. Then {he} heard a small voice. "Are you lost too?" It was {f}, {a:fa}.',
        '"Let us stay together," said the {x}. [They sat down close to each other, shared the last bit of {food} and waited.|They held on to each other and walked slowly, counting their steps.] When the fog lifted for a moment, {n} saw one bright star in the sky. "That star stands over my home!" {he} cried.',
        "They followed the star over hills and through fields, and [at midnight|just before dawn] they saw a light in a window. [The neighbours had been looking for them everywhere.|Somebody had put a lamp on the doorstep.] {n} and {f} were given warm blankets and {food}, and from then on they never went on a journey alone.",
    ),
}

# The subject is a thing: {t}; the hero is {n}, {a:ax}; {x} is the hero's kind.
THING_PLOTS: dict[str, tuple[str, ...]] = {
    "found": (
        '{day}, {n} found {a:t} at {spot}. [It was dusty and old|It lay there as if it had been waiting|Nobody seemed to miss it]. "What a strange {t}," thought {n}, and took it home.',
        '[Everyone laughed. "What do you want with that old {t}?" asked {f}, {a:fa}.|"Throw it away," said {f}, {a:fa}. "It is only {a:t}."] But {n} cleaned it [with great care|until it shone], and put it next to the window.',
        "That night something wonderful happened. The {t} began to glow with a soft {colour} light, and [a warm feeling filled the room|it hummed a quiet song]. {n} called {f}, and the two could not believe their eyes. Whoever looked at the {t} forgot every worry.",
        '[Soon people came from far away to see it.|Word of it spread through the whole land.] {n} did not take any money. "The {t} is for everyone," {he} said, and carried it to {spot}, where all could see it. {feast}.',
    ),
    "alive": (
        'But {n} had a secret: at home stood {a:t} that could speak. [Nobody knew how it had learned to talk.|It only spoke when the moon was full.] "I have seen so little of the world," said the {t} one evening. "Will you take me along?"',
        'So {n} took the {t} to {spot}. There they met {f}, {a:fa}. ["Who are you talking to?" asked {f}.|"Why do you carry {a:t} around?" asked {f}.] "This is my friend," said {n}. "Good day," said the {t}, and {f} almost fell over.',
        "From then on they travelled together, all three of them. They saw [the sea and the great ships|snow on the mountains|a city with a thousand lights]. When they lost their way, the {t} [remembered every turn|told them jokes until they found it again]. When {n} was {feeling}, the {t} told a story.",
        'In autumn they came home. "Now I have seen the world," said the {t}, "and the best part of it was the company." {n} put the {t} back in its place by the window. {feast}.',
    ),
    "maker": (
        '{n} had one great dream: to have {a:t} of {his} own, better than any other. [But there was no money for it.|But there was not one in the whole land.] "Then I will make one myself," said {n}.',
        '[The first {t} fell apart at once.|The first {t} looked more like a potato.] The second {t} was [too small|too heavy|crooked]. The third one was almost right, but then the wind blew it into the river. {f}, {a:fa}, had watched all this. "May I help?" asked {f}. "I know nothing about making {a:t}, but I can hold things."',
        "So they worked together, day after day. [{n} had the ideas, and {f} had the patience.|When one of them was tired, the other went on.] After a month it stood there: the most beautiful {t} that anyone had ever seen, {colour} and shining.",
        '[The king himself offered a bag of gold for it.|A rich merchant wanted to buy it.] But {n} and {f} shook their heads. "This {t} is not for sale," they said. "We made it together." {feast}.',
    ),
    "gone": (
        'In the middle of the village stood {a:t}, and everyone was proud of it. {day}, the {t} was gone. [Nobody had seen or heard anything.|Only a trail of {food} crumbs was left.] The people were {feeling}. "I will find it," said {n}.',
        '{n} followed the trail to {spot}. There sat {f}, {a:fa}, next to the {t}, [with hanging head|and crying quietly]. "Why did you take it?" asked {n}. "I only wanted to look at it once," said {f}. "Nobody ever invites me."',
        '{n} thought for a while. {He} could have been angry. Instead {he} said: "Come with me. We will take the {t} back together, and I will stand beside you." {f}\'s knees were shaking all the way.',
        "[The people grumbled at first.|At first nobody spoke.] Then {n} told them how lonely {f} had been, and they were ashamed. The {t} was put back in its place, and {f} was asked to look after it every day. {feast}.",
    ),
}

# The subject is an idea: {t}.
IDEA_PLOTS: dict[str, tuple[str, ...]] = {
    "question": (
        '{day}, {n} heard the old people talk about {t}. "What is {t}?" asked {n}, but everyone gave a different answer. So {he} packed some {food} and went out into the world to find out about {t}.',
        'First {n} asked a {job}. "{T}?" was the answer. "[You find it in good work, well done.|You notice it when you stop running.]" Then {he} asked {f}, {a:fa}. "{T} is like {food}," said {f}. "[It is best when you share it.|You only miss it when it is gone.]"',
        '{n} wandered on, over hills and through towns, until {he} came to {spot}. There sat an old woman, [knitting in the sun|feeding the birds]. "You ask everyone about {t}," she said, "but you carry it with you. [Who shared your way?|Who made you laugh today?] Who listened to you?"',
        '{n} thought of {f} and of the long road, and suddenly {he} understood. {He} ran all the way home to tell the others. "{T} is not something far away," {he} said. "[It grows between us, every day.|It is in the small things that we do for each other.]" {feast}.',
    ),
    "gave": (
        '{n} loved {t} more than anything in the world. {day}, {he} noticed that there was less and less of it in the village. [People hurried past each other.|Nobody smiled any more.] "Where has our {t} gone?" asked {n}.',
        'Nobody could say, not even the {job}. So {n} asked {f}, {a:fa}, who was the oldest of all. "{T} does not go away," said {f}. "It falls asleep when nobody thinks of it. [Somebody has to wake it.|You can wake it again.]"',
        "So {n} and {f} went from house to house. At every door they left {gift} and a note on which stood only one word: {t}. [At first people wondered.|At first people shook their heads.] Then one of them began to smile, and another one began to sing.",
        "In the evening they all met near {spot}, for the first time in years. {T} was back, and it was greater than before. {feast}.",
    ),
}

# The subject is the only one of its kind: {t} is "the moon", "the sea".
UNIQUE_PLOTS: dict[str, tuple[str, ...]] = {
    "song": (
        '{n} wanted to make a song about {t}, the most beautiful song in the world. [But whatever {he} wrote, it sounded wrong.|But no word was good enough.] "How can I sing of {t}?" sighed {n}.',
        '{day}, {n} met {f}, {a:fa}, at {spot}. "You think too much," said {f}. "[Close your eyes and listen.|Be quiet for a while, and it comes by itself.] What does {t} say to you?" {n} closed {his} eyes. [At first there was nothing.|For a long time {he} heard only {his} own heart.]',
        "Then it came, as soft as a feather: a little tune. {n} hummed it, and {f} hummed along. [They sang it all the way home.|They sang it until they knew it by heart.] It was not a great song. But it was the song of {t}, and it was true.",
        "In the evening {n} sang it for everyone. [Nobody made a sound.|Even the birds were quiet.] When it was over, they all looked up and thought of {t}. {feast}.",
    ),
    "voice": (
        '{day}, {n} heard a quiet voice. "Nobody ever talks to me," said the voice. {n} looked around, but [there was nobody|nobody was near]. "Who are you?" asked {n}. "I am {t}," said the voice.',
        '{n} could hardly believe it. "[I did not know that you can speak|But you are so great], and everyone knows you," said {n}. "Everyone looks at me," said {t}, "but nobody asks me how I am." So {n} asked, and {t} began to tell [of long nights and bright days|of everything that it had seen].',
        'The next day {n} took {f}, {a:fa}, along to {spot}. "Good day, {t}," said {f} politely, and {t} was so glad that [the air began to sparkle|everything around them shone {colour}]. They talked and laughed for hours.',
        "Soon others came as well, and {t} was never lonely again. [Each evening somebody wished {t} a good night.|Every child in the village greeted {t} in the morning.] {feast}.",
    ),
    "journey": (
        '{n} thought of {t} by day and by night. "One day I want to know everything about {t}," said {n}. [The others only laughed.|"Nobody can do that," said the {job}.] {day}, {he} packed some {food} and set out.',
        'On the way {n} met {f}, {a:fa}. "Where are you going?" asked {f}. "I want to learn all about {t}," said {n}. "Then I will come with you," said {f}, and they walked on together. [They asked everyone they met.|They read every book that they could find.]',
        "They were on their way for a whole year. [They climbed mountains and crossed rivers.|They slept under the stars and woke with the birds.] And wherever they came, somebody told them a story about {t}. {n} wrote all of them down in a thick book.",
        'When they came home, the book was full. "Do you know everything about {t} now?" asked the {job}. "No," laughed {n}, "but I know a hundred stories about {t}, and I found a friend." {feast}.',
    ),
}

# A programming language: {t}.
CODE_PLOTS: dict[str, tuple[str, ...]] = {
    "learn": (
        "{n} had an old computer and one big wish: to learn {t}. {day}, {he} wrote a first small program in {t}. [It did not run.|It printed nothing at all.] There was a mistake in line three.",
        '{n} tried again and again. [Once a bracket was missing, once a word was misspelled.|Every mistake led to another one.] "Maybe {t} is not for me," {he} sighed. Then {f}, {a:fa} who lived next door, looked over {his} shoulder. "Read the error slowly," said {f}. "It wants to help you."',
        "So {n} read the error slowly, word by word. And there it was: a tiny slip, easily mended. {He} pressed the key once more, and on the screen stood in bright letters: hello, world! [{n} jumped up and danced around the table.|{n} laughed so loudly that the windows shook.]",
        "After that {n} wrote a new program every week: a clock, a game, a program that told {f} when the bus would come. {He} showed the other children how to use {t} as well. {feast}.",
    ),
    "rescue": (
        "{day}, the big clock at {spot} stopped, and nothing in the town worked any more. [The trains stood still.|The baker did not know when to open.] The clock was run by an old program, and nobody could read it. Nobody but {n}, who knew {t}.",
        "{n} climbed up to the machine with a lamp and a bag of {food}. {f}, {a:fa}, came along and held the light. Line by line they read the old program. [It was longer than a winter night.|It was as tangled as a ball of wool.]",
        "Long after midnight {n} found the bug: the program counted to ten, but forgot to begin again. {He} wrote it anew in {t}, short and clear, so that everyone could understand it. {f} crossed all fingers. Then {n} pressed the button.",
        'Tick, tock, went the clock, and all over the town the lights came on. The people came running out of their houses and cheered. "How did you do that?" they asked. "With {t}, a good friend and a lot of patience," said {n}. {feast}.',
    ),
}
TITLES = "[This is a story about {t}.|This is a story about {t}.|Here is a story about {t}.]"
PLAIN_ENDINGS = (
    "From that day on, {n} knew that {moral}.",
    "And so {n} and {f} learned that {moral}. The end.",
    "{n} never forgot the {t}, and never forgot that {moral}. The end.",
    "And if nothing has happened since, the {t} is still there today. The end.",
    "That night {n} fell asleep with a smile and dreamed of the {t}.",
)
IDEA_ENDINGS = (
    "From that day on, {n} knew that {moral}.",
    "And so {n} and {f} learned what {t} is, and that {moral}. The end.",
    "{n} never forgot it. And whenever somebody asks about {t}, {n} tells this story. The end.",
    "That night {n} fell asleep with a smile and dreamed of {t}.",
)
UNIQUE_ENDINGS = (IDEA_ENDINGS[0], *IDEA_ENDINGS[2:])


def _cast(rng: Random, plot: str, avoid: str = "") -> dict[str, str]:
    name, he = words.person(rng, avoid)
    friend = name
    while friend == name:
        friend = words.person(rng)[0]
    kind = rng.choice(SLOTS["animal"])
    while kind == avoid:
        kind = rng.choice(SLOTS["animal"])
    forms = {"she": ("her", "her"), "he": ("him", "his")}[he]
    context = {"n": name, "he": he, "him": forms[0], "his": forms[1], "f": friend, "fa": kind}
    # What is named twice in a plot has to stay the same thing.
    context["moral"] = rng.choice(MORALS[plot])
    for slot in ("treasure", "fear", "place", "contest", "skill"):
        context[slot] = expand(rng, rng.choice(SLOTS[slot]), {}, SLOTS)
    return context


def _join(rng: Random, parts: list[str], context: dict[str, str]) -> str:
    text = [expand(rng, part, context, SLOTS) for part in parts]
    glue = "\n\n" if rng.random() < 0.7 else " "
    # Opening and habit share a paragraph.
    return glue.join([" ".join(text[:2]), *text[2:]])


def _fixed_jobs(rng: Random, parts: list[str]) -> list[str]:
    """One job a story: "the old miller" must not turn into "the old sailor"."""
    jobs = rng.sample(list(words.JOBS), 2)
    joined = "\x00".join(parts)
    first = joined.replace("{job}", jobs[0], 1)
    if "an old " + jobs[0] not in first:
        first = first.replace("{job}", jobs[1], 1)
    return first.replace("{job}", jobs[0]).split("\x00")


def hero_story(rng: Random, x: str, plot: str = "", **fixed: str) -> str:
    """The subject is the hero: "a brave dragon named Mia".

    ``fixed`` holds what the prompt has settled: ``adjective``, ``n`` (a name), ``fa`` (the
    kind of the friend), ``place`` and other slots of the templates.
    """
    plot = plot or rng.choice(list(PLOTS))
    context = _cast(rng, plot, avoid=x)
    adjective = fixed.pop("adjective", "") or rng.choice(words.ADJECTIVES)
    context |= {"x": x, "ax": f"{adjective} {x}", **fixed}
    parts = [rng.choice(OPENINGS), rng.choice(HABITS), *PLOTS[plot], rng.choice(ENDINGS)]
    return _join(rng, _fixed_jobs(rng, parts), context)


def named_story(rng: Random, name: str, she: bool) -> str:
    """The subject is a name: its bearer is a child or an animal."""
    plot = rng.choice(list(PLOTS))
    context = _cast(rng, plot)
    context |= _pronouns(she)
    kind = rng.choice(["child", "girl" if she else "boy", rng.choice(SLOTS["animal"])])
    context |= {"n": name, "x": kind, "kind": kind}
    parts = [rng.choice(NAMED_OPENINGS), rng.choice(HABITS), *PLOTS[plot], rng.choice(ENDINGS)]
    return _join(rng, _fixed_jobs(rng, parts), context)


def other_story(
    rng: Random, t: str, plots: dict[str, tuple[str, ...]], endings: tuple[str, ...]
) -> str:
    """The subject is a thing, an idea or a language, and somebody else is the hero."""
    plot = rng.choice(list(plots))
    context = _cast(rng, "code" if plots is CODE_PLOTS else plot)
    kind = rng.choice([*words.JOBS, *SLOTS["animal"]])
    if plots is CODE_PLOTS or rng.random() < 0.5:
        kind = "girl" if context["he"] == "she" else "boy"
    context |= {"t": t, "x": kind, "ax": f"{rng.choice(words.ADJECTIVES)} {kind}"}
    parts = [rng.choice(OPENINGS), rng.choice(HABITS[:3]), *plots[plot], rng.choice(endings)]
    text = _join(rng, _fixed_jobs(rng, parts), context)
    # The subject comes late in these plots: named at once, it is not lost on the way.
    title = expand(rng, TITLES, {"t": article(t) if plots is THING_PLOTS else t})
    return f"{title}\n\n{text}" if rng.random() < 0.85 else text


_ORDER = (
    "[write|write|write me|write me|tell|tell me|tell me|make up|give me|create|can i have|i want|make|compose|tell us|i need] "
    "a [||||||short|little|nice|funny|long|new|good|bedtime|children's|small|cute|sweet] "
    "[story|story|story|story|story|tale|fairy tale|short story|bedtime story] [about|about|about|about|about|on|of] {topic}"
)
_SHORT = "[story about {topic}|a story about {topic}|{topic} story|{topic} story|{topic} story|a {topic} story|a {topic} story|story: {topic}]"
_SHORT_ARTICLE = "[story about {topic}|story about {topic}|story of {topic}|a story about {topic}|a tale about {topic}|story: {topic}|{topic} story]"
_FREE = (
    "[write|write me|tell|tell me|make up|give me|i want|tell us|read me|can you tell me] a "
    "[|||||short|little|nice|funny|long|good|bedtime|random|cute] [story|story|story|tale|fairy tale|bedtime story]"
    "[||||| please| for my daughter| for my son| for children| for kids]"
)


def _prompt(rng: Random, topic: str, keep: str) -> str:
    form = _ORDER
    if rng.random() < 0.22:
        # "a dragon story", but never "a the dragon story".
        form = _SHORT if topic[:2] not in ("a ", "an") and topic[:4] != "the " else _SHORT_ARTICLE
    return ask(rng, expand(rng, form, {"topic": topic}), keep=keep)


def _subject(rng: Random, pool: list[str]) -> str:
    while True:
        word = words.invented(rng) if rng.random() < 0.35 else rng.choice(pool)
        if pool and rng.random() < 0.05:
            word = f"{rng.choice(words.THINGS + words.JOBS)} {rng.choice(pool)}"
        if not set(word.split()) & set(words.HELD_OUT):
            return word


def about_hero(rng: Random) -> Document:
    x = _subject(rng, words.ANIMALS + words.BEINGS)
    plot = rng.choice(list(PLOTS))
    while held_out("story", x, plot):
        plot = rng.choice(list(PLOTS))
    adjective = (
        rng.choice(words.ADJECTIVES + words.LOOKS + words.COLOURS) if rng.random() < 0.25 else ""
    )
    full = f"{adjective} {x}".strip()
    topic = rng.choice(
        [article(full), article(full), f"the {full}", full, plural(full), f"my {full}"]
    )
    fixed, keep = {"adjective": adjective}, x
    draw = rng.random()
    if draw < 0.12:
        name, he = words.person(rng, x)
        fixed["n"] = keep = name
        fixed |= _pronouns(he == "she")
        topic = f"{article(full)} [named|called|whose name is] {keep}"
    elif draw < 0.24:
        fixed["fa"] = x if rng.random() < 0.15 else rng.choice(SLOTS["animal"])
        topic = (
            f"two {plural(x)}"
            if fixed["fa"] == x
            else f"{article(full)} and {article(fixed['fa'])}"
        )
    elif draw < 0.36:
        hint, fixed["treasure"], fixed["fear"], fixed["skill"] = (
            HINTS[plot],
            *(rng.choice(SLOTS[s]) for s in ("treasure", "fear", "skill")),
        )
        fixed["skill"] = expand(rng, fixed["skill"], {}, SLOTS)
        hint = hint.replace("{treasure:a}", "{a:treasure}")
        topic = f"{article(full)} {expand(rng, hint, fixed)}"
    elif draw < 0.43:
        where, fixed["place"] = rng.choice(list(WHERE.items()))
        topic = f"{topic} {where}"
    elif draw < 0.50:
        topic = f"{article(full)} {BESIDES}"
    return chat("story", _prompt(rng, topic, keep), hero_story(rng, x, plot, **fixed))


def _pronouns(she: bool) -> dict[str, str]:
    return (
        {"he": "she", "him": "her", "his": "her"}
        if she
        else {"he": "he", "him": "him", "his": "his"}
    )


_SISTERS = "sister daughter mother grandmother aunt niece".split()
_BROTHERS = "brother son father grandfather uncle nephew".split()


def about_name(rng: Random) -> Document:
    name = words.any_name(rng)
    she = name in words.GIRLS or (name not in words.BOYS and rng.random() < 0.5)
    topic, draw = name, rng.random()
    if draw < 0.3:
        x = _subject(
            rng,
            [w for w in words.ANIMALS + words.BEINGS if w not in (words.HE if she else words.SHE)],
        )
        text = hero_story(rng, x, n=name, **_pronouns(she))
        return chat("story", _prompt(rng, f"{name} the {x}", name), text)
    if draw < 0.5:
        kin = [
            *(_SISTERS if she else _BROTHERS),
            "friend",
            "dog",
            "cat",
            "teacher",
            "neighbour",
            "best friend",
        ]
        topic = f"my {rng.choice(kin)} {name}"
    return chat("story", _prompt(rng, topic, name), named_story(rng, name, she))


def about_thing(rng: Random) -> Document:
    if rng.random() < 0.12:
        t = rng.choice(words.UNIQUE)
        text = other_story(rng, f"the {t}", UNIQUE_PLOTS, UNIQUE_ENDINGS)
        return chat("story", _prompt(rng, f"the {t}", t), text)
    t = _subject(rng, words.THINGS + words.LEXICON[::4])
    adjective = rng.choice(words.LOOKS + words.COLOURS) if rng.random() < 0.2 else ""
    full = f"{adjective} {t}".strip()
    topic = rng.choice(
        [article(full), article(full), f"the {full}", full, plural(full), f"my {full}"]
    )
    return chat("story", _prompt(rng, topic, t), other_story(rng, full, THING_PLOTS, PLAIN_ENDINGS))


_COMMON_IDEAS = "friendship love courage hope time music winter summer rain snow family magic christmas dreams".split()


def about_unique(rng: Random) -> Document:
    """The moon, the sea, friendship, love: what is asked for most."""
    if rng.random() < 0.5:
        t = rng.choice([*words.UNIQUE, "moon", "sea", "sun", "moon"])
        text = other_story(rng, f"the {t}", UNIQUE_PLOTS, UNIQUE_ENDINGS)
        return chat("story", _prompt(rng, f"the {t}", t), text)
    t = rng.choice(_COMMON_IDEAS)
    return chat("story", _prompt(rng, t, t), other_story(rng, t, IDEA_PLOTS, IDEA_ENDINGS))


def about_idea(rng: Random) -> Document:
    t = rng.choice(words.LEXICON) if rng.random() < 0.1 else words.invented(rng)
    if rng.random() < 0.8:
        t = rng.choice([idea for idea in words.IDEAS if idea not in words.HELD_OUT])
    return chat("story", _prompt(rng, t, t), other_story(rng, t, IDEA_PLOTS, IDEA_ENDINGS))


def about_language(rng: Random) -> Document:
    t = _subject(rng, words.LANGUAGES)
    t = t if rng.random() < 0.5 else capital(t)
    topic = rng.choice(
        [t, t, t, f"learning {t}", f"the language {t}", f"{t} programming", f"{t} code"]
    )
    return chat(
        "story", _prompt(rng, topic, t), other_story(rng, capital(t), CODE_PLOTS, IDEA_ENDINGS)
    )


def about_python(rng: Random) -> Document:
    """The one subject that everybody tries: a snake or a language, as the prompt hints."""
    if rng.random() < 0.55:
        topic = rng.choice(
            ["python", "python", "python", "Python", "a python", "a python", "pythons", "my python"]
        )
        text = hero_story(rng, "python")
    else:
        topic = rng.choice(
            ["python", "python", "Python", "Python", "learning python", "the language python"]
        )
        text = other_story(rng, "Python", CODE_PLOTS, IDEA_ENDINGS)
    prompt = _prompt(rng, topic, rng.choice(["python", "Python"]))
    return chat("story", prompt.upper() if rng.random() < 0.12 else prompt, text)


def any_story(rng: Random) -> str:
    if rng.random() < 0.6:
        return hero_story(rng, _subject(rng, words.ANIMALS + words.BEINGS))
    if rng.random() < 0.5:
        return other_story(rng, _subject(rng, words.THINGS), THING_PLOTS, PLAIN_ENDINGS)
    return other_story(rng, _subject(rng, words.IDEAS), IDEA_PLOTS, IDEA_ENDINGS)


def free(rng: Random) -> Document:
    return chat("story", ask(rng, expand(rng, _FREE)), any_story(rng))


def raw(rng: Random) -> Document:
    """Plain text without chat marks, so that a bare completion stays on the path."""
    return Document("raw", (Turn("text", any_story(rng)),), raw=True)


MAKERS = (
    about_hero,
    about_name,
    about_thing,
    about_idea,
    about_unique,
    about_language,
    about_python,
    free,
    raw,
)
