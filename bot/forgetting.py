"""Take out what a person wrote, or what stands of a ticket, wherever this bot keeps it; docs/privacy.md has the list.

What cannot be reached from here is said, not passed over.
"""

from dataclasses import dataclass, replace

from bot.app import App
from bot.stated_sources import TICKETS
from rag_core.domain import DocumentId, PersonId, QuestionId
from rag_core.errors import MisconfiguredError, RejectedError
from rag_core.forgetting import Forgetting, Forgotten

SLACK, ZENDESK = "slack:", "zendesk:"
BACKUPS = "backups that were made before: they end by themselves, or are deleted by whoever made them"
WAITING = (
    "a question that waits in the queue or its dead-letter queue, until that delivers or drops it (14 days at most)"
)
MEMORY = "answers that a running bot keeps in memory: for a day at most, or until it is started anew"
STAGED = "what an ingestion that was broken off has staged: the rule of its bucket deletes it after days"
IN_SLACK = "messages and answers in Slack itself: delete them there"
IN_ZENDESK = "tickets and their private notes in Zendesk itself: delete or redact them there"
STARTED = "who began an ingestion, in the record of its last runs"
TAGGED = "a ticket that still has the tag {} becomes knowledge again with the next ingestion: remove the tag first"


@dataclass(frozen=True, slots=True)
class Told:
    """What was removed, in numbers, and what was not."""

    of: str
    answers: int = 0
    quoting: int = 0
    ratings: int = 0
    remembered: int = 0  # records of threads, channels and tickets
    documents: int = 0
    left: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.answers or self.quoting or self.ratings or self.remembered or self.documents)


def person(app: App, typed: str) -> Told:
    """Raises RejectedError where several go by this id."""
    forgetting = Forgetting(app.log, app.evict)
    named = forgetting.persons(typed)
    if len(named) > 1:
        raise RejectedError(f"{typed} may be any of {', '.join(named)}: name one of them in full")
    who = named[0] if named else PersonId(typed)
    tickets, gone = _tickets_of(app, who), Forgotten()
    for ticket in tickets:  # first: they are found by what the log has
        gone = _both(gone, forgetting.answers(_forget_ticket(app, ticket), repeated=True))
    gone = _both(gone, forgetting.person(who))
    remembered = _in_slack(app, who) + len(tickets)
    told = Told(who, len(gone.answers), len(gone.quoting), gone.ratings, remembered)
    return replace(told, left=_left(app, STARTED))


def ticket(app: App, number: int) -> Told:
    """Raises MisconfiguredError where Zendesk is not set up."""
    if not app.settings.zendesk_subdomain:
        raise MisconfiguredError("no tickets are known here: set SUPPORTBOT_ZENDESK_SUBDOMAIN (docs/zendesk.md)")
    ids = _forget_ticket(app, number)
    gone = Forgetting(app.log, app.evict).answers(ids, repeated=True)
    known = app.ingested()
    # on OpenSearch the version before may hold what the present one does not
    asked = TICKETS in known or (known and app.settings.opensearch_url)
    documents = app.forget(TICKETS, DocumentId(str(number))) if asked else 0
    told = Told(f"ticket {number}", len(gone.answers), len(gone.quoting), remembered=bool(ids), documents=documents)
    tag = app.settings.zendesk_ticket_tag
    return replace(told, left=_left(app, *([TAGGED.format(tag)] if documents else [])))


def _tickets_of(app: App, who: PersonId) -> list[int]:
    """That they asked in, before the log forgets it."""
    from integrations.zendesk.forgetting import tickets

    if not who.startswith(ZENDESK):
        return []
    asked = {record.question.id for record in app.log.every() if record.question.asked_by == who}
    return tickets(app.records, app.settings.zendesk_subdomain, asked)


def _forget_ticket(app: App, number: int) -> set[QuestionId]:
    from integrations.zendesk.forgetting import forget

    return forget(app.records, app.settings.zendesk_subdomain, number)


def _in_slack(app: App, who: PersonId) -> int:
    """By their id alone where nothing else is known of them: turns outlive answers that were never recorded."""
    from integrations.slack.forgetting import forget

    *before, user = who.split(":")
    if before and not who.startswith(SLACK):
        return 0
    return forget(app.records, user, before[-1] if len(before) > 1 else None)


def _both(one: Forgotten, other: Forgotten) -> Forgotten:
    return Forgotten(one.answers | other.answers, one.quoting | other.quoting, one.ratings + other.ratings)


def _left(app: App, *more: str) -> tuple[str, ...]:
    settings = app.settings
    memory = settings.answer_model and not settings.redis_url
    found = [IN_SLACK if settings.slack else "", IN_ZENDESK if settings.zendesk_subdomain else ""]
    found += [
        WAITING if settings.queue_url else "",
        MEMORY if memory else "",
        STAGED if settings.staging_bucket else "",
        BACKUPS,
        *more,
    ]
    return tuple(filter(None, found))
