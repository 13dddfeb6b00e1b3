"""What can be ingested: a folder, or what has a name of its own.

A name is a name only as it is typed: `zendesk` is the Help Center, `./zendesk` a folder.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from bot import stated_sources
from bot.remembering import Stated
from bot.settings import Settings
from bot.stated_sources import OWN, TICKETS, ZENDESK, SourceSetting
from rag_core.domain import Audience, SourceName
from rag_core.errors import MisconfiguredError
from rag_core.ports import DocumentSource, Records

ELSEWHERE = (
    "{} cannot be read from here: it is no folder of the machine this bot works on, and SUPPORTBOT_SOURCES names no "
    "such source. Run `supportbot ingest` where it is, or state it there (docs/ingesting.md)"
)
Folder = Callable[[Path, str | None], DocumentSource]
UNSET = "{} cannot be read: Zendesk is not set up here: set SUPPORTBOT_ZENDESK_SUBDOMAIN (docs/zendesk.md)"
UNTAGGED = "no ticket becomes knowledge here: set SUPPORTBOT_ZENDESK_TICKET_TAG to the tag of those that shall"
STATED = "the {} of {} stands in SUPPORTBOT_SOURCES: leave {} out, or change it there"


class Sources:
    """Of one installation. `records` are asked for where a source needs them; `folder` makes one of a folder."""

    def __init__(self, settings: Settings, records: Callable[[], Records], folder: Folder) -> None:
        self._settings, self._records, self._folder = settings, records, folder

    @cached_property
    def stated(self) -> Mapping[SourceName, SourceSetting]:
        """What SUPPORTBOT_SOURCES says of each; of Zendesk's nothing that its own settings do not."""
        return stated_sources.read(self._settings)

    def offered(self) -> tuple[SourceName, ...]:
        """Those with a name that are set up."""
        return tuple(name for name in self._names if name not in OWN or self._unset(name) is None)

    def meant(self, typed: str) -> Path | SourceName:
        """What somebody typed at a terminal."""
        return SourceName(typed) if typed in self._names else Path(typed)

    def together(self, named: Path | SourceName) -> list[Path | SourceName]:
        """What one word asks for: the Help Center brings the tickets, where they are set up."""
        return [ZENDESK, TICKETS] if named == ZENDESK and TICKETS in self.offered() else [named]

    def named(self, source: Path | SourceName) -> SourceName:
        """Its name in the index; a folder's is where it is."""
        return SourceName(str(source.resolve())) if isinstance(source, Path) else source

    def elsewhere(self, source: SourceName) -> str | None:
        """Why a source cannot be read by this process; None where it can."""
        if source in OWN:
            return self._unset(source)
        return None if source in self.stated or Path(source).exists() else ELSEWHERE.format(source)

    def agreed(self, source: SourceName, former: Stated, audience: Audience | None, base_url: str | None) -> Stated:
        """What holds of a source: what the setting states, what is said now, what was said the last time."""
        own = self.stated.get(source, SourceSetting())
        if own.audience and audience and own.audience != audience:
            raise MisconfiguredError(STATED.format("audience", source, "--audience"))
        if base_url and source in self.stated and source not in OWN:
            raise MisconfiguredError(STATED.format("address", source, "--base-url"))
        return Stated(own.audience or audience or former.audience, base_url or former.base_url)

    def of(self, source: Path | SourceName, stated: Stated) -> DocumentSource:
        """Made for one run. Raises MisconfiguredError; UnavailableError when a secret cannot be read now."""
        if isinstance(source, Path) or source not in self._names:
            return self._folder(Path(source), stated.base_url)
        if source not in OWN:
            from bot import knowledge

            return knowledge.made(source, self.stated[source], self._settings, stated.audience, self._records)
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
        elif source in self.stated:
            from bot import knowledge

            knowledge.forget(source, self.stated[source], self._records())

    @property
    def _names(self) -> tuple[SourceName, ...]:
        return tuple(dict.fromkeys([*OWN, *self.stated]))

    def _unset(self, name: SourceName) -> str | None:
        if not self._settings.zendesk_subdomain:
            return UNSET.format(name)
        return UNTAGGED if name == TICKETS and not self._settings.zendesk_ticket_tag.strip() else None
