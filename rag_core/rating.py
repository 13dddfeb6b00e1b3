"""Record what a person thought of an answer.

One rating a person and answer: a change of mind replaces it.
"""

from collections.abc import Callable
from datetime import datetime

from rag_core.domain import LONGEST_COMMENT, REASONS, PersonId, QuestionId, Rating
from rag_core.errors import RejectedError
from rag_core.markup import clean
from rag_core.ports import FeedbackLog


def rate(
    log: FeedbackLog,
    question_id: QuestionId,
    person: PersonId,
    *,
    helpful: bool,
    reason: str = "",
    comment: str = "",
    clock: Callable[[], datetime],
    forget: Callable[[QuestionId], None] = lambda _: None,
) -> Rating:
    """Raises RejectedError for an unknown answer or reason, or a comment that is too long."""
    reason = reason.strip().replace(" ", "-")
    if reason and reason not in REASONS:
        raise RejectedError(f"reason must be one of: {', '.join(REASONS)}")
    if helpful and reason:
        raise RejectedError("a reason says why an answer did not help: leave it out, or rate it not helpful")
    if len(comment) > LONGEST_COMMENT:
        raise RejectedError(f"a comment has at most {LONGEST_COMMENT:,} characters, this one has {len(comment):,}")
    rating = Rating(question_id, PersonId(clean(person)), helpful, clock(), reason, clean(comment).strip())
    log.record_rating(rating)
    if not helpful:
        forget(question_id)  # nobody else is given it from a cache
    return rating
