"""Zendesk's knowledge before the simulated account: real zenpy, a real index, a clock that waits move."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.local.account.account import Account
from bot.local.account.guide import Guide
from integrations.zendesk.addressing import Site
from integrations.zendesk.articles import HelpCenterSource
from integrations.zendesk.authorizing import ApiToken
from integrations.zendesk.client import Zendesk
from integrations.zendesk.helpcenter import HelpCenter
from integrations.zendesk.noting import Notes
from integrations.zendesk.patience import Patience
from rag_core.backends.embedded.index import EmbeddedIndex
from rag_core.backends.embedded.writer import EmbeddedWriter
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.domain import Audience, Chunk, SourceName
from rag_core.errors import MisconfiguredError
from rag_core.ingesting import Ingestion
from rag_core.ports import DocumentSource
from rag_core.runs import IngestionRun, Progress
from tests.bot.local.account.conftest import Clock

NEWER = 7.0  # seconds between two runs


class Knowledge:
    """One installation and the account it reads."""

    def __init__(self, zendesk: Account, clock: Clock, home: Path) -> None:
        self.zendesk, self.clock, self.home = zendesk, clock, home
        self.guide: Guide = zendesk.guide
        self.records = SqliteRecords(home)
        own = zendesk.authority
        site = Site.of("", zendesk.url)
        self.waited: list[float] = []
        self.patience = Patience(Zendesk(site, ApiToken(own.email, own.token), self.sleep), self.sleep)

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.clock.now += seconds

    @property
    def notes(self) -> Notes:
        return Notes(self.records, "example")

    def source(self, audience: Audience = Audience.PUBLIC) -> HelpCenterSource:
        return HelpCenterSource(HelpCenter(self.patience), self.notes, audience, self.clock)

    def run(
        self,
        source: DocumentSource | None = None,
        *,
        full: bool = False,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> IngestionRun:
        self.clock.now += NEWER
        chosen = source or self.source()
        with EmbeddedWriter(self.home, chosen.name) as writer:
            return Ingestion(chosen, writer, None, full=full, progress=progress).run()

    def asked(self) -> list[str]:
        """What the account was asked for since the last time this was."""
        found = [self.zendesk.operation(request).removeprefix("GET ") for request in self.zendesk.requests]
        self.zendesk.requests.clear()
        return found

    def chunks(self, audience: Audience, source: str = "zendesk") -> list[Chunk]:
        """Everything that readers of `audience` can be shown."""
        try:
            index = EmbeddedIndex(self.home)
        except MisconfiguredError:  # nothing was ever visible
            return []
        ids = sorted(index.document_ids())
        return [each for name in ids for each in index.document(SourceName(source), name, audience=audience)]

    def shown(self, audience: Audience = Audience.PUBLIC, source: str = "zendesk") -> str:
        return "\n".join(
            f"{chunk.document.title}\n{chunk.heading}\n{chunk.text}" for chunk in self.chunks(audience, source)
        )


@pytest.fixture
def zendesk(clock: Clock) -> Iterator[Account]:
    with Account(clock=clock, lag=0) as made:
        yield made


@pytest.fixture
def knowledge(zendesk: Account, clock: Clock, tmp_path: Path) -> Knowledge:
    return Knowledge(zendesk, clock, tmp_path / "home")


def counts(run: IngestionRun) -> tuple[int, int, int, int]:
    return run.written, run.unchanged, run.removed, len(run.failures)
