"""Zendesk's worker, made from the settings: what the adapter takes of the product, and what is done with its jobs."""

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bot import zendesk
from bot.app import App
from bot.channels import Product
from bot.observability import Telemetry
from bot.settings import Settings, wrong
from integrations.zendesk.filtering import Ignored
from integrations.zendesk.needs import CHANNEL
from integrations.zendesk.policy import Policy
from integrations.zendesk.templates import Templates, templates
from rag_core.citing import nearest
from rag_core.domain import (
    Acceptance,
    Answer,
    Audience,
    Citation,
    Deadline,
    Question,
)
from rag_core.grounding import Grounding
from rag_core.resting import Circuit

if TYPE_CHECKING:
    from bot.working import Work
    from integrations.zendesk.writing import Links

SEARCHED = 20  # passages, of which the internal ones are looked at
IGNORED = {"tags", "groups", "brands", "forms", "channels"}
NUMBERED = {"groups", "brands", "forms"}
IGNORED_FORM = '{"tags": ["vip"], "groups": [123], "brands": [], "forms": [], "channels": ["chat"]}'


class ZendeskCore(Product):
    """Core; safe to share between threads."""

    def __init__(self, app: App, telemetry: Telemetry) -> None:
        super().__init__(app, telemetry, CHANNEL)

    def answer(self, question: Question, *, deadline: Deadline) -> Answer:
        answer = self._app.answering.answer(question, deadline=deadline)
        self._telemetry.answered(answer, channel=CHANNEL)
        return answer

    def internal(self, question: Question, *, deadline: Deadline) -> Sequence[Citation]:
        """By a search of its own, which is asked for internal readers and never reaches an answer model."""
        embedder = self._app.embedders.for_questions(self._app.index.embedding_model)
        text = question.retrieval_text
        vector = embedder.embed_question(text, deadline=deadline) if embedder else None
        found = self._app.index.search(text, vector, audience=Audience.INTERNAL, limit=SEARCHED, deadline=deadline)
        passages = [each for each in found.passages if each.chunk.document.audience is Audience.INTERNAL]
        judge = Grounding()
        if not passages or judge.unrelated(judge.confidence(question, passages), passages):
            return ()
        return nearest(passages)

    def accepted(self, acceptance: Acceptance) -> None:
        self._app.log.record_acceptance(acceptance)
        self._telemetry.accepted(acceptance, channel=CHANNEL)


def jobs(app: App, telemetry: Telemetry) -> "Work":
    """Raises MisconfiguredError; UnavailableError when a secret cannot be read now."""
    from integrations.zendesk.working import ZendeskWorker

    settings = app.settings
    with zendesk.installed():
        client = zendesk.client(settings, circuit=Circuit())
        if find_spec("zenpy") is None:  # it is imported with the first ticket, and missed at the start
            raise ModuleNotFoundError(name="zenpy")
        core, account = ZendeskCore(app, telemetry), settings.zendesk_subdomain
        worker = ZendeskWorker(core, client, account, policy(settings), _links(settings))
    return lambda job, deadline, last: worker.work(job.payload.get("ticket", ""), deadline, last)


def _links(settings: Settings) -> "Links | None":
    """None where there is no address that they could lead to: a note has none then."""
    if not settings.public_url:
        return None
    made = zendesk.links(settings)
    return lambda question, helpful, ticket: made.url(question, helpful=helpful, ticket=ticket)


def policy(settings: Settings) -> Policy:
    """Raises MisconfiguredError."""
    return Policy(
        shadow=settings.zendesk_mode == "shadow",
        follow_ups=settings.zendesk_follow_ups,
        quiet=settings.zendesk_abstention == "tag",
        internal=settings.zendesk_internal,
        templates=_templates(settings),
        ignored=_ignored(settings),
        confidence_field=settings.zendesk_confidence_field,
        answer_field=settings.zendesk_answer_field,
    )


def _templates(settings: Settings) -> Templates:
    return templates(_stated(settings, "zendesk_templates"))


def _ignored(settings: Settings) -> Ignored:
    stated = _stated(settings, "zendesk_ignored")
    lists = stated.values() if isinstance(stated, dict) and stated.keys() <= IGNORED else [None]
    if not all(isinstance(each, list) and all(isinstance(one, str | int) for one in each) for each in lists):
        raise wrong("zendesk_ignored", f"it reads {IGNORED_FORM}, with what is wanted of it")
    assert isinstance(stated, dict)  # noqa: S101 - it is, or was refused
    found = {name: frozenset(str(one).strip().lower() for one in each) for name, each in stated.items()}
    for name in sorted(NUMBERED & found.keys()):
        if not all(one.isascii() and one.isdigit() for one in found[name]):  # a name would be ignored without a word
            raise wrong("zendesk_ignored", f"its {name} are ids, not names: {IGNORED_FORM}")
    return Ignored(**found)


def _stated(settings: Settings, name: str) -> object:
    """The JSON of a setting, or of the file that it names."""
    stated: str = getattr(settings, name).strip()
    try:
        text = stated if stated.startswith(("{", "[")) or not stated else Path(stated).expanduser().read_text("utf-8")
        found: object = json.loads(text or "{}")
    except (OSError, ValueError) as error:
        raise wrong(name, f"it is neither JSON nor a file with it ({type(error).__name__})") from error
    return found
