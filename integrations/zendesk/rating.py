"""Record what a rating link says, once its button is pressed; the same pressed again changes nothing.

A reason that was given once stays until another verdict or another reason takes its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import parse_qsl

from integrations.http import Reply
from integrations.zendesk import pages
from integrations.zendesk.linking import ExpiredError, ForgedError, Links, Vote
from integrations.zendesk.pages import Page
from rag_core.domain import AnswerRecord, PersonId, QuestionId, Rating
from rag_core.errors import RejectedError, SupportBotError, UnavailableError

LARGEST = 64 * 1024  # bytes of a form: a long comment takes twelve a character
FIELDS = 20
NEVER = datetime.min.replace(tzinfo=UTC)


class GoneError(RejectedError):
    """What was to be rated is not on record."""


PAGES: tuple[tuple[type[Exception], Page], ...] = (  # the first that fits
    (ForgedError, pages.FORGED),
    (ExpiredError, pages.EXPIRED),
    (GoneError, pages.GONE),
    (UnavailableError, pages.UNAVAILABLE),
    (ValueError, pages.MALFORMED),
    (Exception, pages.WRONG_SETUP),
)


def failed(error: Exception) -> Reply:
    """The page that says so; the log hears only of what an operator can mend."""
    page = next(page for kind, page in PAGES if isinstance(error, kind))
    return page.reply(error if page.status >= 500 else None)


class Book(Protocol):
    """What is on record."""

    def answer(self, question_id: QuestionId) -> AnswerRecord:
        """Raises RejectedError for an unknown question."""

    def rate(self, question_id: QuestionId, person: PersonId, *, helpful: bool, reason: str, comment: str) -> Rating:
        """Raises RejectedError for a reason or a comment that is none."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent; without `more` it was the first button."""

    more: bool = False
    reason: str = ""
    comment: str = ""


class RatingPages:
    """Safe to share between threads."""

    def __init__(self, links: Links, book: Book) -> None:
        self._links, self._book = links, book

    def handle(self, method: str, query: Mapping[str, str], body: bytes) -> Reply:
        """Never raises for what a sender can do, nor for a store that is down."""
        try:
            vote = self._links.read(query)
            if method == "POST":
                return self._recorded(vote, _form(body))
        except (SupportBotError, ValueError) as error:
            return failed(error)
        return pages.asking(helpful=vote.helpful, ticket=vote.ticket)

    def _recorded(self, vote: Vote, form: Form) -> Reply:
        person = self._links.person(vote)
        try:
            ratings = self._book.answer(vote.question).ratings
        except RejectedError as error:
            if error.__cause__ is not None:  # the store itself refused: it does not know whether it has it
                raise UnavailableError("the answer cannot be read") from error
            raise GoneError("the answer is not on record") from None
        before = next((each for each in ratings if each.person == person), None)
        wanted = Rating(vote.question, person, vote.helpful, NEVER, form.reason, form.comment)
        if before is not None and _says(before, wanted, form):
            return pages.recorded(before, ticket=vote.ticket, added=form.more)
        try:
            rating = self._book.rate(
                vote.question, person, helpful=vote.helpful, reason=form.reason, comment=form.comment
            )
        except RejectedError as error:
            return pages.recorded(before, ticket=vote.ticket, wrong=str(error)) if before else pages.refused(str(error))
        return pages.recorded(rating, ticket=vote.ticket, added=form.more)


def _says(before: Rating, wanted: Rating, form: Form) -> bool:
    """Whether this is on record already."""
    if before.helpful != wanted.helpful:
        return False
    return not form.more or (before.reason, before.comment) == (wanted.reason, wanted.comment)


def _form(body: bytes) -> Form:
    """Raises ValueError."""
    if len(body) > LARGEST:
        raise ValueError("large")
    found = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS))
    comment = found.get("comment", "").replace("\r\n", "\n").strip()  # a line's end is two characters in a form only
    return Form(pages.MORE in found, found.get("reason", ""), comment)
