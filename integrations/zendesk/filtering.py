"""Tickets and comments that get no draft: those that were named, and those that no person wrote.

A draft too many costs an agent a look; to a machine that answers itself it would be one without end. So what looks
automatic is left alone, by Zendesk's own flag first: https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/#comment-flags
"""

import re
from dataclasses import dataclass

from integrations.zendesk.conversing import Comment, Conversation
from integrations.zendesk.desk import ESCALATED

AUTOMATIC = 4  # the flag of a comment that was automatically generated
STATUSES = ("solved", "closed", "deleted")
MACHINES = re.compile(
    r"(?:no|do[-_.]?not|donot|ne|nicht)[-_.]?(?:reply|respond|antworten|repondre)|mailer[-_.]?daemon|postmaster|bounces?",
    re.IGNORECASE,
)
ABSENT = re.compile(
    r"""(?:(?:re|aw|fwd?|tr|rv|sv|vs|antw)\s*:\s*)*(?:
    auto(?:matic|matisch|mated)?[-\s:]*(?:reply|response|antwort) | automatische\s+antwort | autoreply
    | out\s+of\s+(?:the\s+)?office | away\s+from\s+(?:my|the)\s+(?:office|mail|desk)
    | (?:i\s+am\s+|i['’]m\s+)?on\s+(?:annual|parental)\s+leave\s+(?:until|till|from|with)\b
    | abwesenheit | ich\s+bin\s+(?:zur\s?zeit|derzeit|momentan|bis)\b.{0,60}(?:nicht|abwesend)
    | r[ée]ponse\s+automatique | absence?\s+du\s+bureau | message\s+d['’]absence
    | respuesta\s+autom[áa]tica | fuera\s+de\s+(?:la\s+)?oficina | resposta\s+autom[áa]tica | fora\s+do\s+escrit[óo]rio
    | risposta\s+automatica | fuori\s+sede | automatisch\s+antwoord | afwezig | automatiskt?\s+svar | autosvar
    | fr[åa]nvaro | frav[æa]r | automatyczna\s+odpowied | nieobecno | automatick[áa]\s+odpov | poissaolo
    | автоответ | автоматический\s+ответ | 自動応答 | 自動返信 | 不在(?:通知\s*[:：]|のお知らせ|のため|にし|連絡)
    | 자동\s*(?:회신|응답) | 自动(?:回复|答复) | 自動回覆
    | delivery\s+(?:status\s+notification|(?:has\s+failed|failed)\s+to\s+these) | undeliverable\s*:
    | undelivered\s+mail\s+returned | returned\s+mail\s*:
    | mail\s+delivery\s+(?:failed|failure|subsystem) | failure\s+notice | unzustellbar
    | (?:échec|echec)\s+de\s+(?:la\s+)?remise | no\s+se\s+puede\s+entregar | non\s+recapitabile
    )""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Ignored:
    """What an operator wants no drafts for; groups, brands and forms by their ids."""

    tags: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()

    def has(self, ticket: Conversation) -> bool:
        """Whether it is one of those, is done with, or was opened by us for a person."""
        named = (
            (ticket.group, self.groups),
            (ticket.brand, self.brands),
            (ticket.form, self.forms),
            (ticket.channel, self.channels),
        )
        tags = {*self.tags, ESCALATED}
        return ticket.status in STATUSES or not tags.isdisjoint(ticket.tags) or any(one in all_ for one, all_ in named)


def is_automatic(comment: Comment, subject: str = "") -> bool:
    """Whether a machine wrote it; `subject`: of a ticket that it opened."""
    sender, _, _ = comment.author.email.partition("@")
    begins = (comment.plain or "").strip()[:200]
    return bool(
        AUTOMATIC in comment.flags
        or comment.author.suspended
        or MACHINES.fullmatch(sender)
        or ABSENT.match(subject.strip())
        or ABSENT.match(begins)
    )
