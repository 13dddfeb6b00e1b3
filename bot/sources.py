"""What can be ingested: a folder, or what has a name of its own.

A name is a name only as it is typed: `zendesk` is the Help Center, `./zendesk` a folder.
"""

from collections.abc import Callable
from pathlib import Path

from bot.remembering import Stated
from bot.settings import Settings
from rag_core.domain import SourceName
from rag_core.errors import MisconfiguredError
from rag_core.ports import DocumentSource, Records

ZENDESK, TICKETS = SourceName("zendesk"), SourceName("zendesk-tickets")
NAMES = (ZENDESK, TICKETS)
ELSEWHERE = (
    "{} cannot be read from here: it is no folder of the machine this bot works on. Run `supportbot ingest` where it "
    "is. Sources in AWS, such as buckets, cannot be read again from Slack yet"
)
Folder = Callable[[Path, str | None], DocumentSource]
UNSET = "{} cannot be read: Zendesk is not set up here: set SUPPORTBOT_ZENDESK_SUBDOMAIN (docs/zendesk.md)"
UNTAGGED = "no ticket becomes knowledge here: set SUPPORTBOT_ZENDESK_TICKET_TAG to the tag of those that shall"


def meant(typed: str) -> Path | SourceName:
    """What somebody typed at a terminal."""
    return SourceName(typed) if typed in NAMES else Path(typed)


class Sources:
    """Of one installation. `records` are asked for where a source needs them; `folder` makes one of a folder."""

    def __init__(self, settings: Settings, records: Callable[[], Records], folder: Folder) -> None:
        self._settings, self._records, self._folder = settings, records, folder

    def offered(self) -> tuple[SourceName, ...]:
        """Those with a name that are set up."""
        return tuple(name for name in NAMES if self._unset(name) is None)

    def together(self, named: Path | SourceName) -> list[Path | SourceName]:
        """What one word asks for: the Help Center brings the tickets, where they are set up."""
        return [ZENDESK, TICKETS] if named == ZENDESK and TICKETS in self.offered() else [named]

    def named(self, source: Path | SourceName) -> SourceName:
        """Its name in the index; a folder's is where it is."""
        return SourceName(str(source.resolve())) if isinstance(source, Path) else source

    def elsewhere(self, source: SourceName) -> str | None:
        """Why a source cannot be read by this process; None where it can."""
        if source in NAMES:
            return self._unset(source)
        return None if Path(source).exists() else ELSEWHERE.format(source)

    def of(self, source: Path | SourceName, stated: Stated) -> DocumentSource:
        """Made for one run. Raises MisconfiguredError; UnavailableError when a secret cannot be read now."""
        if isinstance(source, Path) or source not in NAMES:
            return self._folder(Path(source), stated.base_url)
        if reason := self._unset(source):
            raise MisconfiguredError(reason)
        if stated.base_url:
            raise MisconfiguredError(f"{source} says itself where its pages are: leave --base-url out")
        from bot import zendesk_knowledge

        if source == TICKETS:
            return zendesk_knowledge.solved_tickets(self._settings)
        return zendesk_knowledge.help_center(self._settings, self._records(), stated.audience)

    def forgotten(self, source: SourceName) -> None:
        """Nothing of it is kept, so that it begins anew."""
        if source == ZENDESK:
            from bot import zendesk_knowledge

            zendesk_knowledge.notes(self._settings, self._records()).forget()

    def _unset(self, name: SourceName) -> str | None:
        if not self._settings.zendesk_subdomain:
            return UNSET.format(name)
        return UNTAGGED if name == TICKETS and not self._settings.zendesk_ticket_tag.strip() else None
