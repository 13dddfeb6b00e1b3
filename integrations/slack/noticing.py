"""Notice whether a message asks something, where nobody spoke to the bot.

By its words alone: a message that is none of these costs nothing, and better one answer too few than one too many.
"""

import re

EMOJI = re.compile(r":[a-z0-9_+'-]+:")
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)

WORD = re.compile(r"[\w'+]+")

# A message of nothing but these words, one of the first kind at least, asks nothing.
SAID = frozenset(
    WORD.findall(
        "thanks thank thx ty tysm cheers merci danke gracias appreciate appreciated ok okay k great perfect awesome "
        "super cool nice yes yep yeah nope agreed same sure done solved fixed works worked helps helped lol haha wow "
        "hi hello hey morning evening welcome np congrats congratulations bye +1 sorry oops worries resolved"
    )
)
BESIDES = frozenset(
    WORD.findall(
        "you so much very a lot again everyone all guys team folks there for the your quick fast help answer reply "
        "info response it that this did now good got too well job one no not problem me oh ah to be and we i i'm it's "
        "that's thats you're will sounds have day weekend many really just schön sehr vielmals"
    )
)
GREETINGS = frozenset({"hi", "hello", "hey"})
SMALL_TALK = re.compile(
    r"(?:(?:hi|hello|hey)\W+)?(?:how are (?:you|things)|how'?s it going|what'?s up|(?:any|some)(?:one|body) "
    r"(?:here|around|there|awake)|who'?s in|you there|really|seriously|right|ready|(?:\w+ )?(?:lunch|coffee))",
    re.IGNORECASE,
)
ASKING = re.compile(
    r"\b(?:how|what|why|when|where|which|who|could|should|would|does|can (?:i|you|we|someone|anyone|it)|do (?:i|we)|"
    r"is there|are there|is it possible|may i|need help|help(?: me)? with|please help|any idea)\b",
    re.IGNORECASE,
)
TROUBLE = re.compile(
    r"\b(?:error|fail(?:s|ed|ing|ure)?|broken|crash(?:es|ed|ing)?|stuck|unable|can'?t|cannot|could(?: no|n')t|won'?t|"
    r"(?:does|do|is|are|did)(?: no|n')t|not working|no longer|problem|issue|trouble|denied|missing|timeout|timed out|"
    r"locked out|looking for|trying to|need to|want to)\b",
    re.IGNORECASE,
)


def is_chatter(text: str) -> bool:
    """Thanks, greetings and the like: nobody expects an answer from the documents."""
    bare = EMOJI.sub(" ", text).replace("’", "'").strip()
    words = set(WORD.findall(bare.lower()))
    if not words or SMALL_TALK.fullmatch(bare.rstrip("?!. ")):
        return True
    return words <= SAID | BESIDES and bool(words & SAID)


def is_greeting(text: str) -> bool:
    return is_chatter(text) and bool(GREETINGS & set(WORD.findall(text.lower())))


def is_question(text: str) -> bool:
    """Whether somebody who did not speak to the bot wants to know something. Better none than one too many."""
    bare = CODE.sub(" code ", EMOJI.sub(" ", text)).replace("’", "'").strip()
    if is_chatter(bare) or len(bare.split()) < 2:
        return False
    return "?" in bare or bool(ASKING.search(bare) or TROUBLE.search(bare))
