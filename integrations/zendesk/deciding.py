"""What a ticket needs now: a draft for the newest that nobody has answered, or nothing.

Decided by the ticket alone, as it is when it is looked at. Who delivered what, how often and in which order is no part
of it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from integrations.zendesk.conversing import Comment, Conversation
from integrations.zendesk.drafts import TicketDraft
from integrations.zendesk.filtering import Ignored, is_automatic
from integrations.zendesk.thanking import is_thanks
from integrations.zendesk.unquoting import unquoted
from rag_core.domain import QuestionId


def question_id(account: str, ticket: int, comment: int) -> QuestionId:
    """The same for the same comment: asked again by a second delivery it is the same question."""
    return QuestionId(sha256(f"zendesk:{account}:{ticket}:{comment}".encode()).hexdigest()[:16])


@dataclass(frozen=True, slots=True)
class Due:
    """A draft that is to be made: for `comment`, which ends what a customer said since the last reply."""

    comment: Comment
    said: tuple[Comment, ...]  # since the last reply, `comment` among them
    opens: bool  # nobody has replied yet


def due(ticket: Conversation, drafted: Collection[int], ignored: Ignored, *, follow_ups: bool) -> Due | None:
    """`drafted`: the comments that have their draft."""
    if ignored.has(ticket):
        return None
    replied = max((place for place, each in enumerate(ticket.comments) if each.by_agent), default=-1)
    opens = replied < 0 and ticket.whole
    if not opens and not follow_ups:
        return None
    said = tuple(each for each in ticket.comments[replied + 1 :] if each.by_customer)
    subject = ticket.subject if opens else ""
    if opens and said and is_automatic(said[0], subject):  # whatever it opened is a machine's
        return None
    said = tuple(each for each in said if not is_automatic(each) and (opens or not _is_thanks(each, ticket)))
    if not said:
        return None
    comment = said[-1] if follow_ups else said[0]
    return None if comment.id in drafted else Due(comment, said, opens)


def _is_thanks(comment: Comment, ticket: Conversation) -> bool:
    text = unquoted(comment.html, comment.plain, comment.author.locale)
    return not comment.attachments and is_thanks(text, {each.author.name for each in ticket.comments})


def reply_to(ticket: Conversation, draft: TicketDraft, note: int | None) -> Comment | None:
    """The first that an agent sent after a draft; `note`: the comment that showed it."""
    ids = [each.id for each in ticket.comments]
    places = [ids.index(each) for each in (note, draft.comment) if each in ids]
    later = ticket.comments[places[0] + 1 :] if places else [each for each in ticket.comments if each.at >= draft.at]
    return next((each for each in later if each.by_agent), None)
