"""Zendesk, made from the settings: where "Ask a human" opens its tickets."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot import pacing, quick
from bot.settings import Settings
from integrations.zendesk.addressing import Site
from integrations.zendesk.authorizing import Access, ApiToken, ClientCredentials
from integrations.zendesk.client import Zendesk
from integrations.zendesk.desk import ZendeskDesk
from integrations.zendesk.linking import Links
from integrations.zendesk.pacing import Pace
from integrations.zendesk.tickets import Tickets
from rag_core.domain import Deadline, QuestionId
from rag_core.errors import AwayError, MisconfiguredError, UnavailableError
from rag_core.resting import Circuit

if TYPE_CHECKING:
    from integrations.slack.needs import HumanDesk

PATIENCE = 15.0  # seconds for a check


def desk(settings: Settings) -> "HumanDesk | None":
    """None where Zendesk is not set up."""
    return _Desk(settings) if settings.zendesk_subdomain else None


def client(settings: Settings, sleep: Callable[[float], None] = time.sleep, circuit: Circuit | None = None) -> Zendesk:
    """Raises MisconfiguredError; UnavailableError when a secret cannot be read now."""
    site = Site.of(settings.zendesk_subdomain, settings.zendesk_url)
    pace = Pace(pacing.budget(settings), site.netloc, settings.zendesk_plan)
    return Zendesk(site, _access(settings, site), sleep, pace, circuit)


def links(settings: Settings) -> Links:
    """By which agents rate drafts. Raises MisconfiguredError; UnavailableError when the secret cannot be read now."""
    secret = quick.revealed(settings, settings.zendesk_webhook_secret)
    return Links(secret, settings.zendesk_subdomain, settings.public_url)


def check(settings: Settings) -> str:
    """Who it signs in as, for the doctor; nothing is written."""
    found = client(settings)
    with installed(), found.calling(Deadline.within(PATIENCE)) as zenpy:
        me = zenpy.users.me()
        role = str(me.role)
    if role not in ("agent", "admin"):
        raise MisconfiguredError(
            f"the sign-in is one of an {role}: tickets for agents are opened by an agent or an admin"
        )
    return f"signed in to {found.site.netloc} as an {role}"


def _access(settings: Settings, site: Site) -> Access:
    if settings.zendesk_client_id:
        secret = quick.revealed(settings, settings.zendesk_client_secret)
        return ClientCredentials(site, settings.zendesk_client_id, secret)
    return ApiToken(settings.zendesk_email, quick.revealed(settings, settings.zendesk_token))


class _Desk:
    """Made with the first ticket: an answer in Slack waits neither for its secret nor for its import."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._made: ZendeskDesk | None = None

    def open(self, *, question_id: QuestionId, subject: str, transcript: str, asked_by: str) -> str:
        with self._lock:
            if self._made is None:
                self._made = ZendeskDesk(Tickets(client(self._settings)))
        try:
            with installed():
                return self._made.open(
                    question_id=question_id, subject=subject, transcript=transcript, asked_by=asked_by
                )
        except AwayError as error:  # not where whoever asked reads: they can be told
            raise UnavailableError(str(error), retry_after=error.retry_after) from error


@contextmanager
def installed() -> Iterator[None]:
    """What is imported with the first call is not part of every installation."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MisconfiguredError(
            f"Zendesk needs {error.name}: install it with pip install 'supportbot[zendesk]'"
        ) from error
