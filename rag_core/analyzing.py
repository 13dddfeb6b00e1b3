"""Text to index terms.

One analysis for every lexical index and for the extractive model, so that a word that is found is a word that counts.
"""

import re
import threading
import unicodedata
from functools import lru_cache

import Stemmer

WORD = re.compile(r"[^\W_]+(?:[._/@:\-'’]+[^\W_]+)*")  # sendAt, api/v3/mail_send
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|\d+")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
# scripts without blanks between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
GRAMMAR = re.compile("[\u3040-\u309f]+")  # hiragana: endings and particles, rarely a subject
LONGEST = 64  # characters; what is longer is data, not a word

STOP_WORDS = frozenset(
    """a about above after again all also am an and any are as at be because been before being below between both but
    by can cannot could did do does doing don down during each few for from further had has have having he her here
    hers herself him himself his how i if in into is it its itself just let me mean means more most my myself no nor
    not now of off on once only or other our ours ourselves out over own please same she should so some such than
    that the their theirs them themselves then there these they this those through to too under until up us very was
    we were what when where which while who whom why will with would you your yours yourself yourselves isn aren
    wasn weren doesn didn hasn haven hadn couldn shouldn wouldn won ve ll""".split()
)

_stemmers = threading.local()  # a Snowball stemmer is not thread-safe


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The Snowball English stem of a lower-case word."""
    stemmer = getattr(_stemmers, "english", None)
    if stemmer is None:
        stemmer = _stemmers.english = Stemmer.Stemmer("english")
    return str(stemmer.stemWord(word))


def terms(text: str) -> list[str]:
    """The index terms of a text, in order: stemmed, stop words out.

    An identifier gives itself, without its separators, and its parts: `sendAt`, `send_at` and `send-at` all give
    `sendat` and `send`; `LP-4021` gives `lp4021`, `lp` and `4021`. Where a script has no blanks between its words, each
    two neighbouring characters are a term: https://lucene.apache.org/core/9_12_0/analysis/common/ (CJKBigramFilter).
    """
    found: list[str] = []
    if not text.isascii():
        text = INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
        found += [pair for run in UNSPACED.findall(text) for pair in _pairs(run)]
        text = UNSPACED.sub(" ", text)
    for word in WORD.findall(text.replace("_", "-")):
        found += _word_terms(word)
    return found


def _pairs(run: str) -> list[str]:
    pairs = [run[at : at + 2] for at in range(max(len(run) - 1, 1))]
    return [pair for pair in pairs if not GRAMMAR.fullmatch(pair)]


@lru_cache(maxsize=100_000)
def _word_terms(word: str) -> tuple[str, ...]:
    lowered = word.lower().replace("’", "'").removesuffix("'s")
    if lowered.isalpha() and (word.islower() or word.istitle() or word.isupper()):
        return _kept([lowered])
    if "'" in lowered and lowered.replace("'", "").isalpha():
        return _kept([lowered.split("'")[0]])  # isn't, you're, l'adresse: the stem before the apostrophe
    pieces = [*PART.findall(word), *re.split(r"[./@:\-]+", lowered)]
    parts = [piece.lower() for piece in pieces if len(piece) > 1]
    return tuple(dict.fromkeys(_kept([re.sub(r"\W", "", lowered), *parts])))


def _kept(words: list[str]) -> tuple[str, ...]:
    return tuple(stem(word) for word in words if word not in STOP_WORDS and 0 < len(word) <= LONGEST)
