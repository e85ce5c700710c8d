"""Everyday science and small tables: questions with answers that are true.

``EXPLAINED`` holds questions of the kind "why is the sky blue" with answers of two to
four sentences, each with alternatives. The tables below give short answers.
"""

from __future__ import annotations

from random import Random

from training.corpus.jokes import plural
from training.corpus.phrasing import Document, article, ask, capital, chat, expand

# (questions, sentences); both in the template language of phrasing.py
EXPLAINED: tuple[tuple[str, str], ...] = (
    (
        "[why is the sky blue|why is the sky blue|why is the sky blue|why does the sky look blue|what makes the sky blue|how come the sky is blue"
        "|why do we see a blue sky|the reason the sky is blue|what is the reason that the sky is blue|why's the sky blue|why is our sky blue|why is the sky so blue"
        "|why is the daytime sky blue|where does the blue of the sky come from|why are skies blue]",
        "[The sky is blue because of the way sunlight meets the air.|The sky looks blue because the air scatters sunlight.|It is blue because air scatters blue light more than red light.|The blue of the sky is scattered sunlight.] "
        "[Sunlight is a mix of all colours, from red to violet.|Sunlight looks white, but it is made of all the colours of the rainbow.|White sunlight contains every colour.] "
        "[When it passes through the air, the tiny molecules scatter short blue waves much more than long red ones.|The small molecules of the air send blue light, which has short waves, in all directions, while red light goes almost straight on.|Blue light has shorter waves than red light, and the molecules of the air scatter it far more strongly.] "
        "[So blue light reaches your eyes from every part of the sky.|That is why blue comes to us from all sides, and the whole sky looks blue.|So wherever you look, you see scattered blue light.][| This is called Rayleigh scattering.| Scientists call this Rayleigh scattering.]",
    ),
    (
        "[why is the grass green|why is grass green|why is grass green|what makes grass green|how come grass is green|why does grass look green|why is the lawn green]",
        "[Grass is green because its leaves are full of chlorophyll.|Grass is green because of a substance called chlorophyll.|The green of grass comes from chlorophyll.] "
        "[Chlorophyll catches sunlight, so that the plant can make sugar from water and air.|The plant uses it to catch sunlight and to make its food.] "
        "[It takes in red and blue light and sends back green light, and that is what we see.|It swallows mostly red and blue light, and the green light that is left over reaches our eyes.]",
    ),
    (
        "[why are leaves green|why are plants green|why are trees green|what makes leaves green|why is a leaf green]",
        "[Leaves are green because they contain chlorophyll.|The green comes from chlorophyll, a substance in the leaves.] "
        "[It catches the sunlight that the plant needs to make sugar.|With it the plant uses sunlight to make its food.] "
        "[Chlorophyll takes in red and blue light and reflects green light, so we see green.|Green light is the part it does not use, so it comes back to our eyes.]",
    ),
    (
        "[why do leaves change colour|why do leaves change color in autumn|why do leaves turn red|why do leaves turn yellow in autumn|why do leaves turn yellow|why do leaves change colour in fall|why do the leaves turn brown]",
        "[In autumn the days grow short and cold, and the trees stop making green chlorophyll.|When autumn comes, trees break down the green chlorophyll in their leaves.] "
        "[Then the yellow and orange colours show, which were there all the time.|Without the green, yellow and orange, which were hidden before, can be seen.][| Some trees also make red colour in their last weeks.]",
    ),
    (
        "[why do leaves fall|why do trees lose their leaves|why do trees drop their leaves|why do leaves fall in autumn|why do trees lose leaves in winter]",
        "[Trees drop their leaves to save water.|Many trees lose their leaves in autumn to get safely through the winter.] "
        "[In winter the ground is cold or frozen, and the roots can take up little water.|Leaves lose a lot of water, and in winter there is too little of it.] "
        "[In spring new leaves grow from the buds.|When it gets warm again, new leaves come out.]",
    ),
    (
        "[why is the sunset red|why are sunsets red|why is the sky red at sunset|why is the sky red in the evening|why does the sunset look orange|why is the sky orange in the evening|why is the sun red in the evening|why are sunsets orange]",
        "[In the evening the sun is low, and its light takes a long way through the air.|At sunset the light of the sun has to cross much more air than at noon.] "
        "[On that way almost all the blue light is scattered aside.|The blue part is scattered away before it reaches us.] "
        "[Red and orange light is left, and that colours the sky.|What is left for our eyes is mostly red and orange.]",
    ),
    (
        "[why is the sea blue|why is the ocean blue|what makes the sea blue|why does the ocean look blue|why is water blue|why is the sea so blue]",
        "[The sea is blue mainly because water itself takes in a little red light.|Deep water swallows red light more than blue light.] "
        "[In a glass you do not notice it, but in deep water the blue remains.|The deeper the water, the more blue is left.] [The sea also mirrors the blue sky.|The blue sky on the surface adds to it.]",
    ),
    (
        "[why is the sea salty|why is the ocean salty|why is sea water salty|why does the sea taste salty|where does the salt in the sea come from|why is there salt in the sea|why is the ocean salt]",
        "[Rain slowly washes salt out of the rocks, and rivers carry it to the sea.|The salt comes mostly from rocks on land: rain dissolves a little of it, and rivers bring it to the sea.] "
        "[Water leaves the sea again as vapour, but the salt stays behind.|When sea water evaporates, the salt remains.] [Over millions of years it has become a lot.|So over a very long time the sea became salty.]",
    ),
    (
        "[why does it rain|how does rain form|where does rain come from|what makes it rain|what is rain|how is rain made|why is there rain|how does it rain]",
        "[The sun warms the water of seas and lakes, and some of it rises as invisible vapour.|Water from seas, lakes and plants evaporates into the air.] "
        "[High up it is cold, and the vapour turns into tiny drops, which we see as clouds.|In the cold air above, it becomes tiny droplets, and these make clouds.] "
        "[When the drops grow heavy, they fall as rain.|When many droplets join, they become too heavy and fall down as rain.]",
    ),
    (
        "[what is a cloud|what are clouds|what are clouds made of|how do clouds form|how are clouds made|why are there clouds]",
        "[A cloud is made of countless tiny drops of water or bits of ice.|Clouds are tiny water drops or ice crystals that float in the air.] "
        "[They form when moist air rises and cools down.|They appear when warm, moist air rises and gets cold.] [The drops are so small that they hardly fall.|They are so light that moving air keeps them up.]",
    ),
    (
        "[why are clouds white|what makes clouds white|why do clouds look white|why are clouds grey|why are rain clouds dark]",
        "[The drops in a cloud scatter all colours of light alike, and all colours together look white.|Clouds are white because their drops send back all the colours of sunlight equally.] "
        "[A thick cloud lets little light through, so it looks grey from below.|When a cloud is very thick, less light gets through, and it looks grey.]",
    ),
    (
        "[how does a rainbow form|what is a rainbow|why are there rainbows|what makes a rainbow|how is a rainbow made|where do rainbows come from|how do rainbows form|why do we see rainbows]",
        "[A rainbow appears when the sun shines on falling rain.|You see a rainbow when the sun is behind you and rain is in front of you.] "
        "[Each drop bends the light, mirrors it and splits it into its colours.|Sunlight enters the drops, is bent, reflected and split into its colours.] "
        "[The colours are red, orange, yellow, green, blue, indigo and violet.|Red is on the outside and violet on the inside.]",
    ),
    (
        "[why is snow white|what makes snow white|why does snow look white]",
        "[Snow is made of many tiny clear ice crystals.|Snow is a heap of small ice crystals with air between them.] [They scatter all the colours of light alike.|Light bounces around between them, and all its colours come back.] "
        "[All colours together look white.|When all colours are mixed, we see white.]",
    ),
    (
        "[what is snow|how does snow form|how is snow made|where does snow come from|why does it snow|how do snowflakes form]",
        "[Snow forms in cold clouds, where water vapour freezes into tiny crystals.|In a cold cloud, water vapour becomes small ice crystals.] [The crystals grow, hook into each other and fall as flakes.|They grow, cling together and fall down as snowflakes.][| Snow crystals have six arms.]",
    ),
    (
        "[why does ice float|why does ice float on water|how come ice floats|why do ice cubes float|why do icebergs float]",
        "[Ice floats because it is lighter than water of the same volume.|Ice is less dense than water, so it floats.] [When water freezes, its molecules form a wide lattice and take up more room.|Freezing water expands, because its molecules take more space in a crystal.]"
        "[| That is why lakes freeze from the top.]",
    ),
    (
        "[what is lightning|how does lightning form|what causes lightning|why is there lightning|where does lightning come from|how is lightning made|what is thunder|why does it thunder|what causes thunder|what makes thunder]",
        "[In a thunder cloud, bits of ice rub against each other and separate electric charge.|Inside a storm cloud, ice and drops collide, and electric charge builds up.] "
        "[Lightning is the huge spark that balances the charge.|When the charge is big enough, a giant spark jumps: that is lightning.] "
        "[It heats the air so fast that the air expands with a bang, which is thunder.|The air around it becomes very hot and bursts outward, and we hear thunder.]",
    ),
    (
        "[why is there wind|what is wind|where does wind come from|what makes the wind blow|how does wind form|why does the wind blow|what causes wind]",
        "[Wind is moving air.|Wind is air that flows from one place to another.] [The sun warms some places more than others, and warm air rises.|The sun does not heat the earth evenly; where it is warm, air rises.] [Cooler air flows in to take its place, and we feel it as wind.|Air from cooler places then moves in: that is the wind.]",
    ),
    (
        "[why are there seasons|what causes the seasons|why do we have seasons|why is it cold in winter|why is it warm in summer|why is winter cold|why is summer hot|how do seasons work|what makes the seasons]",
        "[We have seasons because the axis of the earth is tilted.|The seasons come from the tilt of the earth.] [In summer our half leans towards the sun: the light is steeper and the days are longer.|When our half of the earth leans towards the sun, days are long and the sun stands high.] [In winter it leans away, the days are short and the light is weak.|Half a year later it leans away, and it is winter.]",
    ),
    (
        "[why is there day and night|why does it get dark at night|why is it dark at night|what causes day and night|why do we have night|why is the night dark|how do day and night work|why does the sun rise|why does the sun set|why does the sun go down]",
        "[The earth turns around itself once a day.|Day and night come from the turning of the earth.] [The side that faces the sun has day, and the other side has night.|When our side faces the sun, it is day; when it turns away, it is night.] [So the sun seems to rise in the east and to set in the west.|That is why the sun seems to move across the sky.]",
    ),
    (
        "[why does the moon shine|why does the moon glow|does the moon make light|how does the moon shine|where does moonlight come from|why is the moon bright|what makes the moon shine]",
        "[The moon does not make light of its own.|The moon has no light of its own.] [It is lit by the sun and reflects a little of that light to us.|Sunlight falls on it, and part of that light comes back to us.]",
    ),
    (
        "[why does the moon change shape|what are the phases of the moon|why is there a half moon|why is the moon sometimes full|how do moon phases work|why does the moon have phases|why is there a new moon|what is a full moon]",
        "[The sun always lights one half of the moon.|Half of the moon is always lit by the sun.] [While the moon goes around the earth, we see that bright half from different sides.|As the moon circles the earth, we see more or less of its bright half.] [From one full moon to the next it takes about 29 and a half days.|A full round of phases takes about four weeks.]",
    ),
    (
        "[what is the moon|tell me about the moon|what's the moon|what do you know about the moon]",
        "The moon is [a ball of rock that circles the earth|the earth's only natural satellite, a ball of rock]. [It takes about 27 days for one round.|It goes around us in about 27 days.] [It has no air, and no weather.|It is covered with craters and grey dust.] [People walked on it for the first time in 1969.|The sun lights it, and so it shines at night.]",
    ),
    (
        "[what is the sun|tell me about the sun|what's the sun|why is the sun hot|why does the sun shine|what is the sun made of|how does the sun work|what do you know about the sun|why is the sun so hot|how does the sun make light]",
        "[The sun is a star, a huge ball of hot gas.|The sun is a star, made mostly of hydrogen and helium.] [Deep inside, hydrogen is fused into helium, and that sets free a lot of energy.|In its core, hydrogen turns into helium, which gives off energy.] [That energy reaches us as light and warmth.|We feel it as light and heat.]",
    ),
    (
        "[what is a star|what are stars|why do stars shine|what are stars made of|how do stars shine|what is a star made of]",
        "[A star is a huge ball of hot, glowing gas.|Stars are giant balls of hot gas.] [Inside, hydrogen is fused into helium, and this makes it shine.|They shine because hydrogen is fused into helium in their cores.] [Our sun is a star too, only much closer.|The nearest star to us is the sun.]",
    ),
    (
        "[why do stars twinkle|why do the stars twinkle|what makes stars twinkle|why do stars flicker]",
        "[The light of the stars passes through moving air.|Stars twinkle because of the air above us.] [Warm and cold layers bend it a little, now this way, now that way.|The air moves and bends the light to and fro.] [In space stars do not twinkle at all.|So the star seems to flicker.]",
    ),
    (
        "[what is a planet|what are planets|what is a planet made of|tell me about planets]",
        "[A planet is a large round body that circles a star.|A planet is a big ball of rock or gas that goes around a star.] [It does not shine by itself.|It makes no light of its own.] [Eight planets circle our sun, and the earth is one of them.|Our sun has eight planets.]",
    ),
    (
        "[what is gravity|how does gravity work|why do things fall down|why do things fall|why do apples fall|why do we not float away|what is gravitation|explain gravity|why does everything fall down|what makes things fall]",
        "[Gravity is the pull that all masses have on each other.|Everything that has mass pulls on everything else: that is gravity.] [The earth is so big that it pulls everything towards its centre.|The earth has a lot of mass, so it pulls us and all things down.] [It also keeps the moon on its path.|Gravity also holds the planets on their way around the sun.]",
    ),
    (
        "[why do we have tides|what causes the tides|what are tides|why are there tides|how do tides work|why is there high tide|what makes the tides]",
        "[Tides come from the pull of the moon, and a little from the sun.|The moon pulls on the water of the sea, and the sun does so too, but less.] [The water rises on the side towards the moon and on the far side.|The water bulges towards the moon and on the opposite side.] [While the earth turns, most coasts get two high tides a day.|As the earth turns, high and low water follow each other.]",
    ),
    (
        "[why do cats purr|why does a cat purr|why do cats make that purring sound|how do cats purr|what does it mean when a cat purrs]",
        "[Cats purr mostly when they feel well, for example when you stroke them.|A cat often purrs because it is content.] [They also purr when they are hurt or afraid, perhaps to calm themselves.|Sometimes a sick or frightened cat purrs too, as if to calm itself.] [The sound comes from quick movements of muscles in the throat.|Muscles in the throat move very fast and make the sound.]",
    ),
    (
        "[why do cats always land on their feet|how do cats land on their feet|why do cats land on their feet]",
        "[Cats have a very good sense of balance and a bendy spine.|A falling cat feels at once which way is up.] [They turn first the front and then the back of the body in the air.|It twists its body in the air until the legs point down.]",
    ),
    (
        "[why do dogs wag their tails|why does a dog wag its tail|why do dogs wag the tail|what does it mean when a dog wags its tail]",
        "[Dogs talk with their tails.|A dog wags its tail to show how it feels.] [A wide, loose wag often means joy.|Often it means that the dog is happy.] [A stiff or low tail can mean that it is nervous.|But it can also mean excitement or worry.]",
    ),
    (
        "[why do dogs bark|why does a dog bark|why do dogs bark so much]",
        "[Dogs bark to tell us or other dogs something.|Barking is a way of talking for dogs.] [They warn, greet, ask for play or want attention.|It can be a warning, a greeting or a call to play.]",
    ),
    (
        "[why do dogs pant|why do dogs stick out their tongue|why does my dog pant|why does a dog stick out its tongue]",
        "[Dogs pant to cool down.|Panting helps a dog to get rid of heat.] [They can hardly sweat, so water evaporates from the tongue and the mouth instead.|Water evaporates from the wet tongue, and that takes heat away.]",
    ),
    (
        "[how do birds fly|why can birds fly|how can birds fly|how does a bird fly|what makes birds fly]",
        "[Birds have light bones, strong muscles and wings.|Birds are light and have strong chest muscles.] [The wings push air down, and the air pushes the bird up.|When they beat their wings, they push the air down and back, and this lifts them.] [The curved shape of the wing helps as well.|Feathers make the wing smooth and wide.]",
    ),
    (
        "[why do birds sing|why does a bird sing|why do birds sing in the morning|why do birds chirp]",
        "[Birds sing to find a partner and to mark their place.|With its song a bird says: this is my place.] [In the morning it is quiet, so the song carries far.|Many sing early in the morning, when the air is still.]",
    ),
    (
        "[why do birds fly south|why do birds migrate|why do birds fly away in winter|why do birds leave in autumn|where do birds go in winter]",
        "[In winter many birds find too little food here.|When it gets cold, insects and seeds become rare.] [So they fly to warmer places and come back in spring.|They fly to warmer lands, where there is enough to eat, and return in spring.]",
    ),
    (
        "[how do fish breathe|how can fish breathe under water|how does a fish breathe|how do fish breathe underwater]",
        "[Fish breathe with gills.|Fish have gills on both sides of the head.] [Water flows in through the mouth and out over the gills.|They let water stream over them.] [There the oxygen of the water passes into the blood.|The gills take the oxygen out of the water.]",
    ),
    (
        "[how do bees make honey|how is honey made|where does honey come from|how do bees produce honey|what is honey|why do bees make honey]",
        "[Bees collect sweet nectar from flowers.|Honey begins as nectar, which bees suck from flowers.] [In the hive they pass it on from bee to bee and put it into cells of wax.|They carry it home, and many bees work on it.] [There the water evaporates until it is thick honey.|They fan it with their wings until it is thick.] [It is their food for the winter.|In winter they live on it.]",
    ),
    (
        "[how do plants grow|what do plants need to grow|how does a plant grow|what does a plant need|what is photosynthesis|how does photosynthesis work|explain photosynthesis|how do plants eat|how do plants make food]",
        "[Plants need light, water, air and a few minerals.|A plant lives on light, water, air and minerals from the soil.] [In their green leaves they make sugar from water and carbon dioxide, with the energy of light.|With sunlight its leaves turn water and carbon dioxide into sugar.] [This is called photosynthesis, and it sets oxygen free.|We call this photosynthesis; it also makes the oxygen that we breathe.]",
    ),
    (
        "[why do we sleep|why do people sleep|why do we need sleep|why do humans sleep|why must we sleep|why is sleep important|why do i need to sleep]",
        "[While we sleep, the body rests and repairs itself.|Sleep gives the body time to rest and to repair itself.] [The brain sorts what we learned during the day.|Meanwhile the brain sorts memories and clears up.] [Without enough sleep we are tired and learn badly.|Those who sleep too little get tired and make mistakes.]",
    ),
    (
        "[why do we dream|what are dreams|why do people dream|what is a dream|why do humans dream|where do dreams come from]",
        "[Nobody knows it for sure.|Science has no final answer yet.] [Dreams come mostly in a phase when the eyes move quickly and the brain is busy.|While we dream, the brain is almost as busy as by day.] [Perhaps it sorts memories and feelings then.|Maybe dreams help to order what we have lived through.]",
    ),
    (
        "[why do we yawn|why do people yawn|why is yawning contagious|why do i yawn|what makes us yawn]",
        "[We yawn when we are tired or bored, but nobody knows exactly why.|Science is not sure why we yawn.] [Perhaps it cools the brain or helps us to stay awake.|It may help to cool the brain.] [And it is catching: seeing a yawn often makes us yawn.|When others yawn, we often yawn too.]",
    ),
    (
        "[why do we cry|why do people cry|what are tears|why do onions make you cry|why do onions make us cry|why do i cry when i cut onions|why do onions make me cry]",
        "[Tears keep the eyes wet and wash away dust.|Tears protect the eyes.] [Strong feelings can make us cry as well.|We also cry when feelings are very strong.] [A cut onion sets free a gas that stings the eyes, and tears wash it away.|Onions give off a stinging gas when they are cut, and the eyes answer with tears.]",
    ),
    (
        "[why do we sneeze|why do people sneeze|what makes us sneeze|why do i sneeze|what is a sneeze]",
        "[Something tickles the inside of the nose, for example dust.|Dust, pollen or a cold can tickle the nose.] [The body then pushes the air out very fast to clean it.|With a sneeze the body blows the nose free.]",
    ),
    (
        "[why do we get hiccups|what are hiccups|why do i have hiccups|what causes hiccups|how do hiccups work]",
        '[With a hiccup the diaphragm, a muscle under the lungs, suddenly tightens.|Hiccups are sudden twitches of the diaphragm, the main muscle for breathing.] [Air rushes in, the vocal cords snap shut, and you hear "hic".|The air that rushes in is stopped at once, and that makes the sound.][| They usually go away by themselves.]',
    ),
    (
        "[why do we breathe|why do we need air|why do people breathe|why do we need oxygen|how do we breathe|why do humans breathe|how do lungs work|what do lungs do]",
        "[We breathe to get oxygen into the blood.|The body needs oxygen from the air.] [With oxygen the cells turn food into energy.|The cells use it to get energy from food.] [Carbon dioxide, which is left over, goes out again with the breath.|When we breathe out, we get rid of carbon dioxide.]",
    ),
    (
        "[what does the heart do|how does the heart work|why does the heart beat|what is the heart for|why do we have a heart|how does my heart work]",
        "[The heart is a muscle that pumps blood through the body.|The heart pumps blood to every part of the body.] [The blood carries oxygen and food to the cells.|So every cell gets oxygen and food.] [It beats about 60 to 100 times a minute when we rest.|At rest it beats about once a second.]",
    ),
    (
        "[why is blood red|what makes blood red|why does blood look red|what colour is blood]",
        "[Blood is red because of haemoglobin.|The red comes from haemoglobin in the red blood cells.] [It contains iron and carries the oxygen.|This substance holds iron and carries oxygen through the body.]",
    ),
    (
        "[why do we eat|why do we need food|why do people eat|why are we hungry|why do i get hungry|why do we get hungry]",
        "[Food gives the body energy and building material.|We eat to get energy and material for the body.] [When the stomach is empty, the body tells the brain, and we feel hungry.|When the body needs more, we feel hunger.]",
    ),
    (
        "[why do we drink|why do we need water|why do people drink water|why is water important|why do i need to drink water|why are we thirsty]",
        "[More than half of our body is water.|Our body is mostly water.] [It carries food and heat and washes waste away.|It carries everything through the body and keeps us cool.] [We lose some of it all day, so we have to drink.|We sweat and breathe some of it away, so we must drink.]",
    ),
    (
        "[what is water|what is water made of|what is h2o|tell me about water|what does h2o mean]",
        "[Water is made of tiny molecules: two hydrogen atoms and one oxygen atom each.|A molecule of water has two hydrogen atoms and one oxygen atom, so it is written H2O.] [It freezes at 0 degrees Celsius and boils at 100 degrees at sea level.|All living things that we know need it.]",
    ),
    (
        "[why does water boil|what happens when water boils|at what temperature does water boil|when does water boil|how hot is boiling water|how does water boil]",
        "[Water boils at 100 degrees Celsius at sea level.|At sea level water boils at 100 degrees Celsius.] [Bubbles of vapour then form inside the water and rise.|Then it turns into vapour not only on top but everywhere inside, and we see bubbles.] [High on a mountain it boils at a lower temperature.|On high mountains it boils sooner, because the air pressure is lower.]",
    ),
    (
        "[when does water freeze|at what temperature does water freeze|why does water freeze|how does ice form|what is ice|how cold is ice|what happens when water freezes]",
        "[Water freezes at 0 degrees Celsius.|At 0 degrees Celsius water turns into ice.] [Its molecules then lock into a solid crystal.|The molecules become slow and hold on to each other in a fixed order.]",
    ),
    (
        "[what is fire|how does fire work|why is fire hot|what is a flame|why does wood burn|what does a fire need|how does a fire burn]",
        "[Fire is a quick reaction of a fuel with oxygen.|In a fire a fuel, such as wood, reacts with oxygen.] [It gives off heat and light.|This sets heat and light free.] [A fire needs fuel, oxygen and heat; take one away and it goes out.|Without fuel, air or heat a fire goes out.]",
    ),
    (
        "[what is electricity|how does electricity work|explain electricity|what is electric current|what is power made of]",
        "[Electricity comes from charged particles, mostly electrons.|Electric current is the flow of tiny charged particles.] [When they move through a wire, we have a current.|In a wire it is electrons that move.] [It can make light, heat and motion.|With it we run lamps, motors and computers.]",
    ),
    (
        "[how does a computer work|what is a computer|what does a computer do|explain computers|how do computers work]",
        "[A computer is a machine that follows instructions very fast.|A computer follows a list of instructions, called a program.] [It works with ones and zeros.|Inside, everything is stored as ones and zeros.] [The processor calculates, and the memory keeps the data.|It reads data, calculates and shows the result.]",
    ),
    (
        "[what is the internet|how does the internet work|explain the internet|what's the internet]",
        "[The internet is a network that joins computers all over the world.|The internet connects millions of computers.] [They send each other small packets of data.|Data travels in small packets through cables and by radio.] [Web pages, mail and videos come to us that way.|So you can read a page that lies far away.]",
    ),
    (
        "[what is a program|what is programming|what is code|what is software|what is coding]",
        "[A program is a list of instructions for a computer.|Programming means writing instructions that a computer can follow.] [People write it in languages such as Python.|There are many languages for it, for example Python.] [The computer does exactly what it says, even the mistakes.|A mistake in it is called a bug.]",
    ),
    (
        "[what is python|what is the python language|tell me about python|what's python|explain python|who is python|what do you know about python]",
        "[Python is a programming language that is easy to read.|Python is a popular programming language.] [It is used for web sites, science and much more.|People use it for data, web sites and small helpers.] [It is named after a comedy group, and a python is also a big snake.|A python is also a large snake without venom.] [I can tell you a story about it, but I cannot write code.|Ask me for a story about it if you like.]",
    ),
    (
        "[what is a language model|how do language models work|what is an llm|what's a language model|explain language models|how does a language model work|what is ai|what is artificial intelligence|how does ai work]",
        "[A language model is a program that has learned from text which word may come next.|A language model predicts the next piece of a text, again and again.] [It does that with many numbers, called weights.|Its knowledge sits in many numbers that were found by training.] [I am a very small one with less than three million of them.|Large ones have billions of weights; I have less than three million.]",
    ),
    (
        "[how does a car work|how does an engine work|how do cars work|what makes a car go]",
        "[An engine or an electric motor turns the wheels of a car.|A car has an engine or an electric motor.] [In an engine, fuel burns in small explosions that push pistons.|A petrol engine burns fuel, which pushes pistons up and down.] [An electric car takes its energy from a battery.|An electric motor gets its power from a battery.]",
    ),
    (
        "[how do airplanes fly|how does a plane fly|why do planes fly|how do planes fly|why can airplanes fly|how does an airplane fly|how do planes stay in the air]",
        "[The engines push the plane forward, and air streams over its wings.|A plane is pushed forward by its engines.] [The wings turn the air downward, and in return the air lifts the plane.|Its wings press the air down, and the air pushes the wings up.] [This force is called lift.|We call that lift.]",
    ),
    (
        "[why do ships float|how do ships float|why do boats float|why does wood float|how does a boat float|why do things float|how can heavy ships float]",
        "[A thing floats when it pushes away as much water as it weighs.|Water pushes a floating thing up with the weight of the water that it displaces.] [A ship is hollow, so it displaces a lot of water.|A ship is full of air, so on the whole it is lighter than water.]",
    ),
    (
        "[what is a volcano|how does a volcano work|why do volcanoes erupt|what are volcanoes|how do volcanoes form|what is lava]",
        "[A volcano is an opening in the crust of the earth.|At a volcano, melted rock comes up from inside the earth.] [Below it there is melted rock, called magma.|The melted rock below is called magma.] [When it comes out, we call it lava.|Gas and pressure drive it up, and outside it is called lava.]",
    ),
    (
        "[what is an earthquake|why are there earthquakes|what causes earthquakes|how do earthquakes happen]",
        "[The crust of the earth is made of large plates that move slowly.|The ground under us is made of huge plates.] [They get stuck, and tension builds up.|Where they meet, they press and rub against each other.] [When they slip suddenly, the ground shakes.|When the tension breaks free, we feel an earthquake.]",
    ),
    (
        "[why did the dinosaurs die|what happened to the dinosaurs|why did the dinosaurs die out|how did the dinosaurs die|why are there no dinosaurs|when did the dinosaurs die out]",
        "[About 66 million years ago a huge asteroid hit the earth.|A giant asteroid struck the earth about 66 million years ago.] [Dust darkened the sky, and it became cold.|The dust blocked the sunlight, and plants died.] [Most dinosaurs died out, but birds are their descendants.|Only one branch of the dinosaurs lived on: the birds.]",
    ),
    (
        "[what is a dinosaur|what are dinosaurs|tell me about dinosaurs|what were dinosaurs]",
        "[Dinosaurs were animals that lived long before people.|Dinosaurs lived many millions of years ago.] [Some were as small as hens, others longer than a bus.|Some ate plants, and others hunted.] [Most died out 66 million years ago, but birds descend from them.|Today's birds descend from them.]",
    ),
    (
        "[what is air|what is air made of|what do we breathe|what is in the air]",
        "[Air is a mix of gases.|The air around us is a mix of gases.] [It is mostly nitrogen, and about one fifth is oxygen.|About four fifths are nitrogen and one fifth is oxygen.] [We cannot see it, but we feel it as wind.|We need the oxygen to live.]",
    ),
    (
        "[what is light|how fast is light|what is the speed of light|how does light travel|what is light made of]",
        "[Light is a wave that our eyes can see.|Light carries energy, and our eyes can see it.] [It travels about 300,000 kilometres in a second.|Nothing is faster: about 300,000 kilometres in each second.] [From the sun to us it takes about eight minutes.|Its colour depends on the length of its waves.]",
    ),
    (
        "[what is sound|how does sound work|how does sound travel|what is noise|why do we hear|how do ears work]",
        "[Sound is a vibration that travels, for example through air.|When something vibrates, it shakes the air around it: that is sound.] [It moves about 340 metres in a second in air.|The ear catches these waves and the brain hears them.] [In empty space there is no sound.|Fast vibrations sound high, and slow ones sound low.]",
    ),
    (
        "[how do magnets work|what is a magnet|why do magnets stick|how does a magnet work|why are magnets magnetic]",
        "[A magnet has two ends, a north pole and a south pole.|Every magnet has a north pole and a south pole.] [Different poles attract each other, and equal poles push each other away.|Opposite poles pull each other, like poles push.] [Magnets attract iron.|They pull things made of iron.]",
    ),
    (
        "[why is the earth round|is the earth round|is the earth flat|what shape is the earth|why is earth a ball]",
        "[The earth is round, almost a ball.|The earth is not flat; it is almost a ball.] [Its gravity pulls everything towards the centre, and that makes a ball.|Gravity pulls from all sides to the middle, so big bodies become round.]",
    ),
    (
        "[how old is the earth|what is the age of the earth|when was the earth formed|how old is our planet]",
        "[The earth is about 4.5 billion years old.|Our planet formed about 4.5 billion years ago.] [We know that from very old rocks and meteorites.|Rocks and meteorites tell us that.]",
    ),
    (
        "[how big is the earth|how large is the earth|how far is it around the earth|how big is our planet]",
        "[Once around the equator it is about 40,000 kilometres.|The earth is about 12,700 kilometres thick, and 40,000 kilometres around.] [The sun is more than a hundred times wider.|The moon is about a quarter as wide.]",
    ),
    (
        "[how far is the moon|how far away is the moon|what is the distance to the moon|how far is it to the moon]",
        "[The moon is about 384,000 kilometres away.|It is about 384,000 kilometres to the moon.] [Light needs a little more than a second for that.|That is about thirty times the width of the earth.]",
    ),
    (
        "[how far is the sun|how far away is the sun|what is the distance to the sun|how far is it to the sun]",
        "[The sun is about 150 million kilometres away.|It is about 150 million kilometres to the sun.] [Its light needs about eight minutes to reach us.|Light takes about eight minutes for that.]",
    ),
    (
        "[why do camels have humps|what is in a camel's hump|why does a camel have a hump|what are camel humps for]",
        "[A camel's hump holds fat, not water.|The hump is a store of fat.] [When there is nothing to eat, the camel lives on it.|In the desert the camel can live on it for a long time.]",
    ),
    (
        "[why do zebras have stripes|why are zebras striped|what are zebra stripes for|why does a zebra have stripes]",
        "[Nobody knows it for sure.|Scientists still discuss it.] [The stripes seem to confuse biting flies.|It seems that biting flies find it hard to land on stripes.] [They may also help the animals to know each other.|Perhaps they confuse lions as well.]",
    ),
    (
        "[why do giraffes have long necks|why does a giraffe have a long neck|why is a giraffe's neck so long]",
        "[With its long neck a giraffe reaches leaves high up in the trees.|A long neck lets a giraffe eat leaves that others cannot reach.] [It also sees far, and the males fight with their necks.|It also helps it to see danger from afar.]",
    ),
    (
        "[how do spiders make webs|why do spiders make webs|how does a spider make a web|what is a spider web|what is a web made of]",
        "[Spiders make silk in their bodies.|A spider presses silk out of small openings at the end of its body.] [They build webs of it to catch insects.|With sticky threads it catches its food.]",
    ),
    (
        "[why do mosquitoes bite|why do mosquitoes bite us|why do mosquito bites itch|why do mosquitoes suck blood]",
        "[Only female mosquitoes bite, because they need blood for their eggs.|Mosquito mothers need blood to make eggs.] [Their saliva makes the skin itch.|The itch comes from their saliva.]",
    ),
    (
        "[how do caterpillars become butterflies|how does a caterpillar turn into a butterfly|where do butterflies come from|what is a caterpillar|how do butterflies form]",
        "[A caterpillar hatches from an egg and eats a lot.|It begins with an egg, from which a caterpillar hatches.] [Then it turns into a pupa.|When it is big enough, it becomes a pupa.] [Inside, its body is rebuilt, and a butterfly comes out.|After some time a butterfly slips out.]",
    ),
    (
        "[why do we have bones|what are bones for|what do bones do|how many bones do we have|how many bones does a human have]",
        "[Bones hold the body up and protect the soft parts.|Our skeleton carries the body and protects what is inside.] [A grown-up has 206 bones.|Grown people have 206 of them.]",
    ),
    (
        "[why do we have a brain|what does the brain do|what is the brain|how does the brain work|what is a brain for]",
        "[The brain controls the body, thinks and remembers.|The brain is the part of the body that thinks, feels and remembers.] [Many billions of nerve cells in it send each other signals.|It has about 86 billion nerve cells.]",
    ),
    (
        "[why do we brush our teeth|why should i brush my teeth|why must we brush our teeth|why is it good to brush teeth]",
        "[Tiny bacteria live on our teeth and turn sugar into acid.|Leftover sugar feeds bacteria, and they make acid.] [The acid makes holes, and brushing takes them away.|Brushing removes them, so that the teeth stay healthy.]",
    ),
    (
        "[why do we wash our hands|why should i wash my hands|why is it good to wash your hands|how does soap work|what does soap do|why do we use soap]",
        "[On our hands there are germs that can make us ill.|Hands touch many things and pick up germs.] [Soap loosens fat and dirt, and the water carries them away.|Soap holds on to dirt and fat, and water washes it all off.]",
    ),
    (
        "[how is bread made|how do you make bread|how do i bake bread|how does bread rise|why does bread rise|what is bread made of]",
        "[Bread is made of flour, water, salt and yeast.|For bread you need flour, water, yeast and a little salt.] [Knead the dough and let it rest; the yeast makes gas, and the dough rises.|The yeast makes bubbles of gas, so the dough rises.] [Then it is baked in a hot oven.|After that it goes into a hot oven.]",
    ),
    (
        "[how do i make tea|how do you make tea|how to make tea|how is tea made]",
        "[Boil some water.|Bring fresh water to the boil.] [Put tea in a cup or pot and pour the hot water over it.|Pour it over the tea in a cup.] [Wait three to five minutes, take the tea out and enjoy it.|After three to five minutes it is ready.]",
    ),
    (
        "[how do i make pancakes|how do you make pancakes|how to make pancakes|give me a recipe for pancakes|what do i need for pancakes]",
        "[Mix flour, milk, eggs and a little salt.|Stir flour, milk, eggs and a pinch of salt together.] [Heat some butter in a pan and pour in a thin layer.|Put a little butter in a hot pan and pour in some of the dough.] [Bake it on both sides until it is golden.|Turn it once, until both sides are golden.]",
    ),
    (
        "[how do i fall asleep|i cannot sleep|i can't sleep|how can i sleep better|what helps to sleep|how do i sleep better]",
        "[Make the room dark, cool and quiet.|A dark, cool and quiet room helps.] [Put screens away and breathe slowly.|Leave the phone outside and breathe slowly.] [A calm story can help too; I can tell you one.|If you like, I tell you a quiet story.]",
    ),
    (
        "[what is friendship|what is a friend|what makes a good friend|how do i make friends|how do i find friends]",
        "[A friend is somebody who likes you, listens and stays when things are hard.|Friends listen, help and laugh together.] [Be kind, ask questions and take your time.|The best way to find one is to be one.]",
    ),
    (
        "[what is love|what is happiness|how can i be happy|what makes people happy|how do i become happy|what is the meaning of life|what is the meaning of love]",
        "[That is a big question for such a small model.|Wise people have thought about that for a long time.] [Many say: friends, something useful to do, and time outside.|Many would answer: good company, good work and a little rest.] [What would you say?|What do you think?]",
    ),
)

# name, what it is, home, food, legs, sound ("" where we promise nothing), young
ANIMALS: tuple[tuple[str, str, str, str, int, str, str], ...] = (
    (
        "cat",
        "a small furry pet that purrs and hunts mice",
        "with people, almost everywhere",
        "meat, such as mice and cat food",
        4,
        "meow",
        "kitten",
    ),
    (
        "dog",
        "a loyal pet that descends from the wolf",
        "with people, almost everywhere",
        "mostly meat",
        4,
        "woof",
        "puppy",
    ),
    (
        "cow",
        "a large farm animal that gives milk",
        "on farms and meadows",
        "grass and hay",
        4,
        "moo",
        "calf",
    ),
    (
        "horse",
        "a large, fast animal with hooves that people can ride",
        "on farms and grassland",
        "grass, hay and oats",
        4,
        "neigh",
        "foal",
    ),
    (
        "sheep",
        "a farm animal with a thick coat of wool",
        "on meadows and hills",
        "grass",
        4,
        "baa",
        "lamb",
    ),
    (
        "goat",
        "a farm animal with horns that climbs well",
        "on farms and in mountains",
        "grass and leaves",
        4,
        "meh",
        "kid",
    ),
    (
        "pig",
        "a clever farm animal with a round snout",
        "on farms",
        "almost everything",
        4,
        "oink",
        "piglet",
    ),
    (
        "duck",
        "a water bird with a flat bill",
        "on lakes and rivers",
        "plants, seeds and small animals",
        2,
        "quack",
        "duckling",
    ),
    (
        "chicken",
        "a farm bird that lays eggs",
        "on farms",
        "grains, seeds and worms",
        2,
        "cluck",
        "chick",
    ),
    (
        "frog",
        "a small animal that jumps and lives in water and on land",
        "near ponds",
        "insects",
        4,
        "ribbit",
        "tadpole",
    ),
    (
        "bee",
        "an insect that collects nectar and makes honey",
        "in hives",
        "nectar and pollen",
        6,
        "buzz",
        "larva",
    ),
    (
        "owl",
        "a bird of the night with big eyes",
        "in woods and old buildings",
        "mice and other small animals",
        2,
        "hoot",
        "owlet",
    ),
    (
        "lion",
        "a big cat that lives in groups",
        "in Africa, and a few in India",
        "meat",
        4,
        "roar",
        "cub",
    ),
    (
        "tiger",
        "the largest cat, orange with black stripes",
        "in the forests of Asia",
        "meat",
        4,
        "roar",
        "cub",
    ),
    (
        "elephant",
        "the largest land animal, with a long trunk",
        "in Africa and Asia",
        "grass, leaves and fruit",
        4,
        "a loud trumpet",
        "calf",
    ),
    ("giraffe", "the tallest animal, with a very long neck", "in Africa", "leaves", 4, "", "calf"),
    (
        "zebra",
        "a wild relative of the horse with black and white stripes",
        "in Africa",
        "grass",
        4,
        "",
        "foal",
    ),
    (
        "penguin",
        "a bird that cannot fly but swims very well",
        "on southern coasts, many of them in Antarctica",
        "fish and krill",
        2,
        "",
        "chick",
    ),
    (
        "bear",
        "a big, strong animal with thick fur",
        "in forests and mountains",
        "berries, fish, plants and meat",
        4,
        "a growl",
        "cub",
    ),
    (
        "wolf",
        "a wild relative of the dog that lives in packs",
        "in forests and wide open land",
        "meat",
        4,
        "a howl",
        "pup",
    ),
    (
        "fox",
        "a clever wild animal with a bushy tail",
        "in forests and fields, sometimes in towns",
        "mice, berries and insects",
        4,
        "",
        "cub",
    ),
    (
        "rabbit",
        "a small animal with long ears",
        "in burrows under meadows",
        "grass and herbs",
        4,
        "",
        "kit",
    ),
    (
        "mouse",
        "a tiny animal with a long tail",
        "in fields and houses",
        "seeds and grains",
        4,
        "a squeak",
        "pup",
    ),
    (
        "snake",
        "a reptile without legs",
        "in many warm places",
        "animals such as mice",
        0,
        "a hiss",
        "snakelet",
    ),
    (
        "python",
        "a large snake that has no venom and squeezes its prey",
        "in Africa, Asia and Australia",
        "animals, which it swallows whole",
        0,
        "a hiss",
        "hatchling",
    ),
    (
        "spider",
        "a small animal that spins silk",
        "almost everywhere",
        "insects",
        8,
        "",
        "spiderling",
    ),
    (
        "ant",
        "a small insect that lives in large colonies",
        "in nests in the ground or in wood",
        "many things, such as seeds and insects",
        6,
        "",
        "larva",
    ),
    (
        "butterfly",
        "an insect with colourful wings",
        "in meadows and gardens",
        "nectar from flowers",
        6,
        "",
        "caterpillar",
    ),
    (
        "whale",
        "a huge animal of the sea that breathes air",
        "in all oceans",
        "krill, fish or squid",
        0,
        "a song",
        "calf",
    ),
    (
        "dolphin",
        "a clever animal of the sea that breathes air",
        "in the sea",
        "fish and squid",
        0,
        "clicks and whistles",
        "calf",
    ),
    ("shark", "a fish with a skeleton of cartilage", "in the sea", "mostly fish", 0, "", "pup"),
    ("octopus", "a sea animal with eight arms", "in the sea", "crabs and shells", 0, "", "larva"),
    (
        "turtle",
        "a reptile with a hard shell",
        "in water and on land",
        "plants and small animals",
        4,
        "",
        "hatchling",
    ),
    (
        "kangaroo",
        "an animal that hops and carries its young in a pouch",
        "in Australia",
        "grass and leaves",
        4,
        "",
        "joey",
    ),
    (
        "koala",
        "a grey animal that climbs trees and sleeps a lot",
        "in Australia",
        "eucalyptus leaves",
        4,
        "",
        "joey",
    ),
    ("panda", "a black and white bear", "in the mountains of China", "mostly bamboo", 4, "", "cub"),
    (
        "monkey",
        "a clever animal that climbs well",
        "mostly in warm forests",
        "fruit, leaves and insects",
        4,
        "",
        "infant",
    ),
    (
        "crocodile",
        "a large reptile with strong jaws",
        "in warm rivers",
        "fish and other animals",
        4,
        "",
        "hatchling",
    ),
    (
        "eagle",
        "a large bird of prey",
        "in mountains and near water",
        "fish and small animals",
        2,
        "a scream",
        "eaglet",
    ),
    (
        "hedgehog",
        "a small animal with spines",
        "in gardens and hedges",
        "insects and worms",
        4,
        "",
        "hoglet",
    ),
    (
        "squirrel",
        "a small animal with a bushy tail that climbs trees",
        "in trees",
        "nuts and seeds",
        4,
        "",
        "kit",
    ),
    (
        "swan",
        "a large white water bird with a long neck",
        "on lakes and rivers",
        "water plants",
        2,
        "a hiss",
        "cygnet",
    ),
)

THINGS: tuple[tuple[str, str], ...] = (
    ("clock", "a machine that shows the time"),
    ("book", "a stack of pages with text or pictures, bound together"),
    ("bicycle", "a vehicle with two wheels that you drive with pedals"),
    ("car", "a vehicle with four wheels and a motor"),
    ("boat", "a small ship for travelling on water"),
    ("train", "a row of wagons that runs on rails"),
    ("bridge", "a way across a river, a road or a valley"),
    ("house", "a building in which people live"),
    ("school", "a place where people learn"),
    ("library", "a place that keeps and lends books"),
    ("hospital", "a place where sick people are treated"),
    ("telescope", "an instrument that shows far things larger"),
    ("microscope", "an instrument that shows tiny things larger"),
    ("compass", "an instrument whose needle points north"),
    ("thermometer", "an instrument that measures temperature"),
    ("umbrella", "a folding roof against rain that you carry"),
    ("lighthouse", "a tower with a strong light that guides ships"),
    ("mountain", "a very high part of the land"),
    ("river", "a stream of water that flows to the sea or to a lake"),
    ("lake", "a large body of water with land all around"),
    ("island", "land with water all around it"),
    ("desert", "a very dry land where few plants grow"),
    ("forest", "a large area full of trees"),
    ("tree", "a tall plant with a trunk of wood"),
    ("flower", "the part of a plant that makes seeds, often colourful"),
    ("seed", "a small grain from which a plant grows"),
    ("fruit", "the part of a plant that holds its seeds, often sweet"),
    ("apple", "a round fruit that grows on trees"),
    ("banana", "a long yellow fruit that grows in warm lands"),
    ("potato", "a plant tuber that grows in the ground and is eaten cooked"),
    ("bread", "a food made of flour and water, baked in an oven"),
    ("cheese", "a food made from milk"),
    ("milk", "a white drink that mammals make for their young"),
    ("chocolate", "a sweet made from cocoa beans"),
    ("piano", "an instrument with black and white keys"),
    ("violin", "an instrument with four strings, played with a bow"),
    ("guitar", "an instrument with strings that you pluck"),
    ("drum", "an instrument that you beat"),
    ("robot", "a machine that can do tasks by itself"),
    ("rocket", "a vehicle that can fly into space"),
    ("satellite", "a body that circles a planet"),
    ("comet", "a ball of ice and dust with a bright tail that circles the sun"),
    ("insect", "a small animal with six legs"),
    ("mammal", "an animal that feeds its young with milk"),
    ("bird", "an animal with feathers and two legs"),
    ("fish", "an animal that lives in water and breathes with gills"),
    ("reptile", "an animal with dry scales, such as a snake or a turtle"),
    ("vowel", "one of the letters a, e, i, o and u"),
    ("triangle", "a shape with three sides"),
    ("square", "a shape with four equal sides and four right angles"),
    ("circle", "a round line with the same distance to its centre everywhere"),
    ("week", "a time of seven days"),
    ("year", "the time of 365 days, or 366 in a leap year, in which the earth goes around the sun"),
    ("hour", "a time of sixty minutes"),
    ("dragon", "a creature of fairy tales that often breathes fire"),
    ("unicorn", "a creature of fairy tales, a horse with one horn"),
    ("wizard", "a man in fairy tales who can do magic"),
    ("joke", "a short text that makes people laugh"),
    ("story", "a tale about something that happened or was made up"),
    ("poem", "a short text in verses, often with rhymes"),
    ("haiku", "a short poem of three lines"),
)

COLOURED = {
    "the sky": "blue on a clear day",
    "grass": "green",
    "snow": "white",
    "a banana": "yellow when it is ripe",
    "milk": "white",
    "a tomato": "red when it is ripe",
    "an orange": "orange",
    "a carrot": "usually orange",
    "coal": "black",
    "the sun": "white, but it looks yellow from here",
    "a lemon": "yellow",
    "chocolate": "mostly brown",
    "a cucumber": "green",
    "a strawberry": "red",
    "a flamingo": "pink",
    "an elephant": "grey",
    "a polar bear": "white",
    "a raven": "black",
    "gold": "yellow and shiny",
    "silver": "grey and shiny",
    "an emerald": "green",
    "a ruby": "red",
}
OPPOSITES = {
    "hot": "cold",
    "big": "small",
    "up": "down",
    "day": "night",
    "black": "white",
    "good": "bad",
    "happy": "sad",
    "fast": "slow",
    "young": "old",
    "new": "old",
    "light": "dark",
    "open": "closed",
    "left": "right",
    "hard": "soft",
    "high": "low",
    "long": "short",
    "full": "empty",
    "wet": "dry",
    "rich": "poor",
    "strong": "weak",
    "loud": "quiet",
    "early": "late",
    "easy": "difficult",
    "clean": "dirty",
    "near": "far",
    "inside": "outside",
    "first": "last",
    "always": "never",
    "love": "hate",
    "true": "false",
    "start": "end",
    "winter": "summer",
    "north": "south",
    "east": "west",
    "heavy": "light",
    "thick": "thin",
    "yes": "no",
    "brave": "cowardly",
    "cold": "hot",
    "small": "big",
    "down": "up",
    "night": "day",
    "sad": "happy",
    "slow": "fast",
}
CAPITALS = {
    "France": "Paris",
    "Germany": "Berlin",
    "Italy": "Rome",
    "Spain": "Madrid",
    "England": "London",
    "Austria": "Vienna",
    "Portugal": "Lisbon",
    "Greece": "Athens",
    "Poland": "Warsaw",
    "Norway": "Oslo",
    "Sweden": "Stockholm",
    "Denmark": "Copenhagen",
    "Finland": "Helsinki",
    "Ireland": "Dublin",
    "Japan": "Tokyo",
    "China": "Beijing",
    "India": "New Delhi",
    "Russia": "Moscow",
    "Egypt": "Cairo",
    "Canada": "Ottawa",
    "Mexico": "Mexico City",
    "Brazil": "Brasilia",
    "Argentina": "Buenos Aires",
    "Australia": "Canberra",
    "the USA": "Washington",
    "the United States": "Washington",
    "the UK": "London",
    "Hungary": "Budapest",
    "Turkey": "Ankara",
    "Belgium": "Brussels",
    "the Netherlands": "Amsterdam",
    "Peru": "Lima",
    "Kenya": "Nairobi",
    "Cuba": "Havana",
    "Switzerland": "Bern",
    "the Czech Republic": "Prague",
    "South Korea": "Seoul",
    "Thailand": "Bangkok",
    "Scotland": "Edinburgh",
}
COUNTS = (
    (
        "[days are in a week|days does a week have|days are there in a week|days in a week]",
        "A week has seven days.",
    ),
    (
        "[hours are in a day|hours does a day have|hours are there in a day|hours in a day]",
        "A day has 24 hours.",
    ),
    (
        "[minutes are in an hour|minutes does an hour have|minutes in an hour]",
        "An hour has 60 minutes.",
    ),
    (
        "[seconds are in a minute|seconds does a minute have|seconds in a minute]",
        "A minute has 60 seconds.",
    ),
    (
        "[days are in a year|days does a year have|days are there in a year|days in a year]",
        "A year has 365 days, and a leap year has 366.",
    ),
    (
        "[months are in a year|months does a year have|months are there in a year]",
        "A year has twelve months.",
    ),
    ("[weeks are in a year|weeks does a year have]", "A year has 52 weeks and one or two days."),
    (
        "[letters are in the alphabet|letters does the alphabet have|letters are there in the english alphabet]",
        "The English alphabet has 26 letters.",
    ),
    (
        "[planets are there|planets are in the solar system|planets does our sun have]",
        "Our solar system has eight planets.",
    ),
    ("[legs does a spider have|legs do spiders have]", "A spider has eight legs."),
    ("[legs does an insect have|legs do insects have]", "An insect has six legs."),
    ("[sides does a triangle have]", "A triangle has three sides."),
    ("[sides does a square have]", "A square has four sides."),
    (
        "[fingers do people have|fingers do i have|fingers does a hand have|fingers are on a hand]",
        "A hand has five fingers, so two hands have ten.",
    ),
    ("[continents are there]", "Usually people count seven continents."),
    ("[strings does a violin have]", "A violin has four strings."),
    ("[strings does a guitar have]", "A guitar usually has six strings."),
    ("[wheels does a bicycle have|wheels does a bike have]", "A bicycle has two wheels."),
    ("[wheels does a car have]", "A car has four wheels."),
    (
        "[seasons are there|seasons does a year have]",
        "There are four seasons: spring, summer, autumn and winter.",
    ),
)


def explained(rng: Random) -> Document:
    question, answer = EXPLAINED[0] if rng.random() < 0.04 else rng.choice(EXPLAINED)
    return chat("fact", ask(rng, expand(rng, question), question=True), expand(rng, answer))


def _animal(rng: Random) -> tuple[str, str]:
    name, what, home, food, legs, sound, young = rng.choice(ANIMALS)
    one, many = article(name), plural(name)
    number = {0: "no", 2: "two", 4: "four", 6: "six", 8: "eight"}[legs]
    pairs = [
        (
            f"[what is {one}|what's {one}|what are {many}|describe {one}|tell me about {many}|what kind of animal is {one}|define {name}]",
            f"{capital(one)} is {what}. [It lives {home}.|It eats {food}.|You find it {home}.|]",
        ),
        (
            f"[where do {many} live|where does {one} live|where can i find {many}|what is the home of {one}]",
            f"{capital(many)} live {home}.",
        ),
        (
            f"[what do {many} eat|what does {one} eat|what is the food of {one}|what can i feed {one}]",
            f"{capital(many)} eat {food}.",
        ),
        (
            f"[how many legs does {one} have|how many legs do {many} have]",
            f"{capital(one)} has {number} legs."
            if name not in ("octopus", "kangaroo")
            else f"{capital(one)} is special: it is {what}.",
        ),
        (
            f"[what is a baby {name} called|what do you call a baby {name}|what is a young {name} called]",
            f"A young {name} is called {article(young)}.",
        ),
    ]
    if sound:
        pairs.append(
            (
                f"[what sound does {one} make|what does {one} say|what does the {name} say|what sound do {many} make|how does {one} sound]",
                f'{capital(one)} makes a sound like "{sound}".'
                if " " not in sound
                else f"The sound of {one} is {sound}.",
            )
        )
    return rng.choice(pairs)


def _lookup(rng: Random) -> tuple[str, str]:
    match rng.randrange(5):
        case 0:
            k, v = rng.choice(list(COLOURED.items()))
            return (
                f"[what colour is|what color is|what is the colour of|which colour has] {k}",
                f"{capital(k)} is {v}.",
            )
        case 1:
            k, v = rng.choice(list(OPPOSITES.items()))
            return (
                f"[what is the opposite of|the opposite of|what's the opposite of|opposite of|say the opposite of] {k}",
                f"The opposite of {k} is {v}.",
            )
        case 2:
            k, v = rng.choice(list(CAPITALS.items()))
            return (
                f"[what is the capital of|what's the capital of|capital of|which city is the capital of|name the capital of|the capital of] {k}",
                f"The capital of {k} is {v}.",
            )
        case 3:
            k, v = rng.choice(COUNTS)
            return f"how many {k}", v
        case _:
            k, v = rng.choice(THINGS)
            return (
                f"[what is {article(k)}|what's {article(k)}|what are {plural(k)}|define {k}|explain what {article(k)} is|what does {k} mean|describe {article(k)}]",
                f"{capital(article(k))} is {v}.",
            )


def table(rng: Random) -> Document:
    question, answer = _animal(rng) if rng.random() < 0.5 else _lookup(rng)
    return chat("table", ask(rng, expand(rng, question), question=True), expand(rng, answer))


def any_fact(rng: Random) -> tuple[str, str]:
    """A question as typed, and its answer; for the middle of a conversation."""
    document = (explained if rng.random() < 0.7 else table)(rng)
    return document.turns[0].text, document.turns[1].text


MAKERS = (explained, table)
