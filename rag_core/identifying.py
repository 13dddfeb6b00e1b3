"""Recognise what language a text is in, by its script and by its small words.

For telling a person that the documents are in another one, and nothing else: better no language than a wrong one.
"""

import re
from collections import Counter
from unicodedata import name

from rag_core.analyzing import STOP_WORDS

WORD = re.compile(r"[^\W\d_]+")
FEWEST = 2  # different small words; one may be a name, or a word of another language
LONGEST = 1_000  # characters that are looked at

SMALL_WORDS = {
    language: frozenset(words.split())
    for language, words in {
        "German": "der die das den dem des ein eine einen einem einer und oder ist sind nicht kein keine keinen wie "
        "was wo wer wann warum wieso welche welcher welches kann können ich mich mir mein meine meinen meinem meiner "
        "wir uns unser unsere unseren sie ihr ihre es zu zum zur von vom mit für auf aus bei nach über im in an am um "
        "wenn dass ob gibt geht muss müssen soll habe haben hat werden wird wurde man mehr nur auch noch",
        "French": "le la les un une des du de et ou est sont pas ne que qu quel quelle quels quelles qui quoi comment "
        "où quand pourquoi combien je j l me mon ma mes nous notre nos vous votre vos il elle ils on ce cette ces se "
        "dans sur avec pour par sans au aux en puis peut peux dois faut ai avez avons été plus",
        "Spanish": "el la los las un una unos y o es son está están no que qué cuál cuáles quién cómo como dónde "
        "cuándo cuánto cuánta cuántos cuántas por para con sin de del al en mi mis me se su sus nos nuestro nuestra "
        "puedo puede podemos hay tengo tiene necesito quiero si ha más",
        "Portuguese": "o a os as um uma e ou é são está estão não que qual quais quem como onde quando quanto quantos "
        "quantas por para com sem de do da dos das no na nos nas em meu minha meus minhas me se seu sua nosso nossa "
        "posso pode podemos há tenho preciso quero eu ao mais",
        "Italian": "il lo la i gli le un una uno e o è sono non che quale quali chi come dove quando quanto quanti "
        "quante perché per con senza di del della dei delle da dal in nel nella mio mia miei mie mi si suo sua nostro "
        "posso può possiamo ho ha devo voglio cosa al alla più",
        "Dutch": "de het een en of is zijn niet geen wat wie hoe waar wanneer waarom welke kan kunnen ik mij mijn wij "
        "we ons onze u uw je jouw van voor met op uit bij naar om te als er dat die deze dit moet moeten heb heeft "
        "hebben worden wordt in aan ook",
        "Swedish": "och är en ett jag min mitt mina vi vår våra hur vad var när varför vilken vilka kan inte till för "
        "med på av om som det den de har ska vill måste får i att från",
        "Danish": "og er en et jeg min mit mine vi vores hvordan hvad hvor når hvorfor hvilken hvilke kan ikke til "
        "for med på af om som det den de har skal vil må får i at fra",
        "Norwegian": "og er en et jeg min mitt mine vi vår våre hvordan hva hvor når hvorfor hvilken hvilke kan ikke "
        "til for med på av om som det den de har skal vil må får i å fra",
        "Polish": "jak co gdzie kiedy dlaczego czy kto który która które jest są nie to i w z na do od po za o się "
        "mój moja moje moją mogę można mam mi ja my nasz nasze przez dla ile aby żeby oraz lub",
        "Czech": "jak co kde kdy proč kdo který která které je jsou není a v z na do od po za se si můj moje mohu "
        "můžu mám mi já my náš naše pro kolik aby nebo jaký lze",
        "Turkish": "nasıl ne nerede zaman neden niçin hangi bir ve veya için ile mi mı mu benim bizim bu şu var yok "
        "değil kaç nedir olarak daha çok",
    }.items()
} | {"English": STOP_WORDS}
# By what the Unicode names of their letters begin with.
SCRIPTS = {
    "ARABIC": "Arabic script",
    "CJK": "Chinese",
    "CYRILLIC": "Cyrillic script",
    "DEVANAGARI": "Devanagari script",
    "GREEK": "Greek",
    "HANGUL": "Korean",
    "HEBREW": "Hebrew",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "THAI": "Thai",
}


def languages(text: str) -> frozenset[str]:
    """What it may be in, several where they cannot be told apart; none where there is too little to tell."""
    text = text[:LONGEST]
    if script := _script(text):
        return frozenset({script})
    words = set(WORD.findall(text.lower()))
    held = {language: len(words & small) for language, small in SMALL_WORDS.items()}
    most = max(held.values())
    return frozenset(language for language, count in held.items() if count == most >= FEWEST)


def _script(text: str) -> str | None:
    """Of most of its letters, where that is none of many languages as Latin is."""
    scripts = Counter(
        name(letter, "").split(" ")[0].removesuffix("-COMPATIBILITY") for letter in text if letter.isalpha()
    )
    told = {script: count for script, count in scripts.items() if script in SCRIPTS}
    if sum(told.values()) * 2 < sum(scripts.values()) or not told:
        return None
    if "HIRAGANA" in told or "KATAKANA" in told:  # Japanese is written with Chinese letters too
        return SCRIPTS["HIRAGANA"]
    return SCRIPTS[max(told, key=lambda script: told[script])]
