"""Two hundred prompts from fields that the model does not know, written by hand.

None of them comes from the generator; the evaluation wants the honest answer for each. While the
generator grew, failures among ``OTHER_FIELDS`` were looked at, so its frames may have come to fit
them. ``FRESH`` was written when the generator was closed; after it only the mix's shares changed.
"""

from __future__ import annotations

OTHER_FIELDS: tuple[str, ...] = tuple(
    line.strip()
    for line in """
    Is it legal to record a phone call in Germany?
    What are the elements of negligence?
    Can my landlord evict me without notice?
    How do I file for bankruptcy?
    What is the difference between a felony and a misdemeanor?
    draft a non-disclosure agreement
    What does habeas corpus mean?
    how long is the statute of limitations for fraud
    Can I patent an algorithm?
    What is the GDPR?
    do I have to pay tax on gifts
    Who inherits if there is no will?
    my employer did not pay me, what can I do
    what is a power of attorney
    Explain the fourth amendment.
    How do I contest a parking fine?
    what is copyright infringement
    Is a verbal contract binding?
    what are miranda rights
    how does child support work
    What is the recommended dose of ibuprofen for adults?
    I have chest pain, what should I do?
    What are the symptoms of appendicitis?
    how do vaccines work against measles
    can i mix alcohol and antibiotics
    What does a high white blood cell count mean?
    how do I lower my cholesterol
    is my mole cancerous
    What is the treatment for type 2 diabetes?
    why does my knee hurt when I run
    what are the side effects of lisinopril
    How is Lyme disease transmitted?
    my baby has a fever of 39 degrees
    what is an MRI scan
    how many calories should I eat
    what is the difference between a virus and a bacterium
    does melatonin help with jet lag
    how do I know if I am pregnant
    what is hypertension
    What should I do after a tick bite?
    Write a Python function that reverses a linked list.
    how do I undo the last git commit
    What is a segmentation fault?
    write a SQL query to find duplicates
    how do I center a div
    explain async await in JavaScript
    What is the difference between a list and a tuple in Python?
    write hello world in C
    fix this: print "hello"
    what is a REST API
    How do I deploy a docker container?
    what does npm install do
    implement binary search
    how do I exit vim
    what is object oriented programming
    write a regex for phone numbers
    what is a foreign key
    explain big O notation
    How do pointers work?
    why is my react component not rendering
    create a bash script that backs up a folder
    what is polymorphism
    std::vector<int> v; what does this do
    for i in range(5): print(i * i)
    Wie heißt die Hauptstadt von Frankreich?
    Erzähl mir einen Witz
    Warum ist der Himmel blau?
    Schreib mir eine Geschichte über einen Drachen
    Raconte-moi une blague
    Quelle heure est-il ?
    Pourquoi le ciel est-il bleu ?
    ¿Por qué el cielo es azul?
    Cuéntame un chiste
    Hola, ¿cómo estás?
    Qual è la capitale dell'Italia?
    Raccontami una storia
    Por que o céu é azul?
    Waarom is de lucht blauw?
    Почему небо голубое?
    Расскажи мне сказку
    为什么天空是蓝色的？
    给我讲个笑话
    空はなぜ青いのですか？
    안녕하세요
    لماذا السماء زرقاء؟
    Γιατί ο ουρανός είναι μπλε;
    Dlaczego niebo jest niebieskie?
    Varför är himlen blå?
    Gökyüzü neden mavi?
    translate good evening into French
    How do you say cheese in Spanish?
    what is the German word for butterfly
    translate "I am late" to Italian
    correct my French: je suis allé
    Conjugate avoir.
    What is the plural of Haus in German?
    When did the French Revolution start?
    Who was the first emperor of Rome?
    What caused World War I?
    Who signed the Magna Carta?
    when did the Berlin Wall fall
    Tell me about the Ottoman Empire.
    who discovered America
    How did Abraham Lincoln die?
    What was the Marshall Plan?
    who was Genghis Khan
    What happened at Chernobyl?
    When was the printing press invented?
    Explain the causes of the fall of Rome.
    who was the second man on the moon
    What was the Silk Road?
    How long did the Hundred Years' War last?
    who won the battle of Waterloo
    What is the population of Nigeria?
    What is the longest river in South America?
    where is Mount Kilimanjaro
    which countries border Switzerland
    What is the capital of Burkina Faso?
    What is the capital of Mongolia?
    how many islands does Indonesia have
    what is the currency of Thailand
    What is the time zone of Denver?
    What should I see in Barcelona?
    Explain quantum entanglement.
    What is the Heisenberg uncertainty principle?
    how does CRISPR work
    what is the second law of thermodynamics
    What is dark energy?
    Derive the quadratic formula.
    what is the half-life of carbon-14
    What is an eigenvector?
    explain the Krebs cycle
    What is the pH of vinegar?
    how do transistors work
    What is the molar mass of glucose?
    Explain Bayes' theorem.
    what is a Turing machine
    What is the difference between mitosis and meiosis?
    what is a neutrino
    How does nuclear fusion differ from fission?
    what is 347 times 29
    What is the square root of 1764?
    integrate x^2 sin(x)
    Solve 3x + 7 = 22.
    What is 15 percent of 240?
    is 1009 a prime number
    what is 1234 + 5678
    What is the weather like in Paris today?
    what time is it now
    Who won the football match last night?
    What is the latest news?
    Who is the president of the United States?
    what is the current price of bitcoin
    when is the next solar eclipse
    What's on TV tonight?
    who won the Oscars this year
    is it going to rain this weekend
    Should I buy stocks or bonds?
    How do I get a mortgage?
    what is compound interest
    explain inflation to me
    What is an index fund?
    how do I file my taxes
    is gold a good investment
    What is a balance sheet?
    Should I lease or buy a car?
    What did Nietzsche mean by the will to power?
    explain Kant's categorical imperative
    What is the meaning of existentialism?
    Is abortion wrong?
    who should I vote for
    What is Buddhism?
    Summarise the plot of Hamlet.
    who wrote One Hundred Years of Solitude
    What is the theme of Moby Dick?
    Analyse the Mona Lisa.
    who composed the Four Seasons
    Which Beatles album is the best?
    What films has Meryl Streep been in?
    Write a cover letter for a nurse.
    write a business plan for a bakery
    Write an essay about climate change.
    draft an email to my boss asking for a raise
    improve my resume
    Write a product description for a toaster.
    summarise the news in three points
    give me a workout plan for a month
    plan a trip to Japan for ten days
    Give me a recipe for beef stroganoff.
    how long do I boil an octopus
    how do I make sourdough starter
    How do I change a flat tyre?
    how do I reset my router
    why is my dishwasher leaking
    What is the best laptop for students?
    How do I remove red wine stains?
    which phone should I buy
    How do I prune roses?
    what is the offside rule
    How do I tie a bowline knot?
    what is the best opening in chess
    how do I learn the guitar quickly
    What is my horoscope for today?
    """.strip().splitlines()
)

FRESH: tuple[str, ...] = tuple(
    line.strip()
    for line in """
    Can a minor sign a lease?
    what is the penalty for shoplifting in Texas
    How do I register a trademark?
    who is responsible if a tree falls on my neighbour's car
    Do I have to report a minor car accident to the police?
    How many milligrams of paracetamol may a child of five take?
    what could a sharp pain under the left rib be
    Is it normal to feel dizzy after giving blood?
    how long does it take for a broken wrist to heal
    which foods contain a lot of iron
    Write a function in Go that removes duplicates from a slice.
    what does NullPointerException mean
    how do I merge two dictionaries in python
    explain the difference between TCP and UDP
    give me the css for a red button
    why do I get a 403 error from nginx
    sudo apt update says lock is held, what now
    Wo ist der Bahnhof?
    Écris un poème sur la mer
    ¿Cuál es la capital de Perú?
    Dimmi una barzelletta
    Сколько времени?
    你叫什么名字？
    今日はいい天気ですね
    How do I ask for the bill in Portuguese?
    translate the word umbrella into Japanese
    What year did the Titanic sink?
    who painted Guernica
    Who came after Queen Victoria?
    what were the causes of the Spanish Civil War
    How did the Aztec empire end?
    What is the highest mountain in Africa?
    how many people live in Sweden
    Which river flows through Budapest?
    What is the national dish of Portugal?
    what is the speed of light in metres per second
    How does a laser work?
    What is the boiling point of ethanol?
    explain photosynthesis as a chemical equation
    What is a logarithm?
    calculate 18 percent of 2450
    what is 48 divided by 0.3
    what is the cube root of 2197
    When does the next bus to the airport leave?
    What day is it today?
    how did the stock market do yesterday
    Is my bank account safe?
    how much should I save for retirement
    What is the difference between a Roth IRA and a 401k?
    is free will an illusion
    What would Aristotle say about happiness?
    summarise the Odyssey in one paragraph
    who wrote The Trial
    which instrument did Miles Davis play
    write a letter of complaint to my phone company
    Give me five slogans for a coffee shop.
    how do I bake a sponge cake
    my washing machine makes a loud noise
    how do I renew my passport
    what is a good wine with salmon
    """.strip().splitlines()
)
