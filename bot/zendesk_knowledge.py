"""Zendesk's knowledge, made from the settings: the Help Center, and solved tickets with a tag."""

import sys
import time
from importlib.util import find_spec

from bot import masking, zendesk
from bot.settings import Settings
from integrations.zendesk.articles import HelpCenterSource
from integrations.zendesk.helpcenter import HelpCenter
from integrations.zendesk.noting import Notes
from integrations.zendesk.patience import Patience
from integrations.zendesk.solved import SolvedTicketsSource, Terms
from rag_core.domain import Audience
from rag_core.errors import MisconfiguredError
from rag_core.ports import Records

SAID = 3.0  # seconds: shorter waits are no news


def help_center(settings: Settings, records: Records, audience: Audience) -> HelpCenterSource:
    return HelpCenterSource(HelpCenter(_patience(settings)), notes(settings, records), audience)


def solved_tickets(settings: Settings) -> SolvedTicketsSource:
    from integrations.zendesk.unquoting import unquoted

    mask = masking.Masking(settings.masked)
    terms = Terms(settings.zendesk_ticket_tag, settings.zendesk_ticket_days, unquoted, mask, mask.name)
    return SolvedTicketsSource(_patience(settings), terms)


def notes(settings: Settings, records: Records) -> Notes:
    return Notes(records, settings.zendesk_subdomain)


def _patience(settings: Settings) -> Patience:
    if find_spec("zenpy") is None:
        raise MisconfiguredError("Zendesk needs zenpy: install it with pip install 'supportbot[zendesk]'")
    return Patience(zendesk.client(settings, _wait), _wait)


def _wait(seconds: float) -> None:
    """Said before it begins: who looks on would take a minute's silence for the end."""
    if seconds >= SAID:
        print(f"Zendesk is busy, or asks to be asked less often: going on in {seconds:.0f} s", file=sys.stderr)
    time.sleep(seconds)
