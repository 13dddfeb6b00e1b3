"""What a solved ticket teaches: its question, and the reply that answered it.

Public comments only, and no persons: the names of all whom the ticket knows are taken out here, all else by the mask
it is given.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rag_core.errors import RejectedError

COURTESY = 80  # characters below which a last reply may be no more than "you are welcome"
NAME = "(name removed)"
SHORTEST = 3  # letters of a name that is looked for
ALSO_WORDS = frozenset(  # names that are words: only with a capital they may be meant
    ("will", "mark", "may", "art", "bill", "grant", "rich", "hope", "grace", "faith", "joy", "june", "april", "august")
    + ("chance", "pat", "rob", "sue", "drew", "frank", "page", "price", "case", "long", "short", "white", "black")
    + ("brown", "green", "young", "king", "cook", "stone", "field", "rose", "best", "day", "good", "love", "son", "man")
    + ("klein", "lang", "kurz", "stark", "reich", "sommer", "winter", "fuchs", "koch", "richter", "schneider")
)

Text = Callable[[str], str]
Own = Callable[[str, str], str]  # of a comment's HTML and plain text


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a ticket knows: who wrote in it, publicly or not, is assigned to it or copied in."""

    id: int
    name: str
    agent: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A public comment."""

    author: int
    html: str
    plain: str


@dataclass(frozen=True, slots=True)
class Solved:
    """As it becomes a document."""

    subject: str
    question: str
    answer: str


def learned(
    subject: str, requester: int, comments: Sequence[Said], people: Iterable[Person], *, own: Own, mask: Text
) -> Solved:
    """`own`: of a comment what its author wrote, without quotations and signature. Raises RejectedError."""
    known = {person.id: person for person in people}
    hide = _hiding([person.name for person in known.values()])

    def shown(text: str) -> str:
        return hide(mask(text)).strip()  # an address goes as a whole, with the name in it

    said = [(each.author, text) for each in comments if (text := own(each.html, each.plain).strip())]
    asked = next((text for author, text in said if author == requester), "")
    replies = [text for author, text in said if author != requester and author in known and known[author].agent]
    if not asked:
        raise RejectedError("it has no public comment of its requester: remove the tag from it")
    if not replies:
        raise RejectedError("it has no public reply of an agent: reply, or remove the tag from it")
    return Solved(shown(" ".join(subject.split())), shown(asked), shown(_accepted(replies)))


def _accepted(replies: Sequence[str]) -> str:
    """The last that says something: behind it there may be thanks, and an answer to them."""
    telling = [reply for reply in replies if len(reply) >= COURTESY]
    return telling[-1] if telling else max(replies, key=len)


def _hiding(names: Iterable[str]) -> Text:
    """Takes names out: whole as they are, and each of their parts."""
    whole = {" ".join(name.split()) for name in names if name.strip()}
    parts = {part for name in whole for each in name.split() for part in (each, *re.findall(r"[^\W\d_]+", each))}
    parts = {part for part in parts if len(part) >= SHORTEST}
    plain = sorted(whole | {part for part in parts if part.lower() not in ALSO_WORDS}, key=len, reverse=True)
    capital = sorted({part.title() for part in parts if part.lower() in ALSO_WORDS})
    found = [rf"(?i:{'|'.join(map(re.escape, plain))})"] if plain else []
    found += [f"(?:{'|'.join(map(re.escape, capital))})"] if capital else []
    if not found:
        return lambda text: text
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(found)})(?!\w)")
    repeated = re.compile(rf"{re.escape(NAME)}(?:\s+{re.escape(NAME)})+")
    return lambda text: repeated.sub(NAME, pattern.sub(NAME, text))
