"""Workers of one run on this machine: a queue that delivers twice and in any order, and a death at any write."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from rag_core.backends.folder import FolderSource
from rag_core.backends.folder_staging import FolderStaging
from rag_core.backends.opensearch.assembly import OpenSearchAssembly
from rag_core.backends.opensearch.target import Target
from rag_core.backends.sqlite.countdown import SqliteCountdown
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.domain import Audience, PersonId, SourceName
from rag_core.errors import BusyError, UnavailableError
from rag_core.fanning.plans import Opened, Parts
from rag_core.fanning.steps import Steps
from rag_core.jobs import Job
from rag_core.messaging import read, written
from rag_core.ports import Recognizer, Records
from rag_core.recognizing import Recognition
from rag_core.running import Runs
from rag_core.runs import RunId, RunRecord
from tests.fakes.embedder import HashingEmbedder

ADA = PersonId("ada")
TRIES = 5


class KilledError(BaseException):
    """As a process that is no more: nobody catches it."""


@dataclass(slots=True)
class Message:
    body: str
    received: int = 0


@dataclass(slots=True)
class Lottery:
    """A queue, and who may die: `deaths` in a thousand writes."""

    draw: random.Random
    deaths: int = 0
    twice: int = 0  # in a hundred messages
    waiting: list[Message] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)  # letters
    killed: int = 0
    writes: int = 0
    delivered: int = 0  # messages

    def send_all(self, jobs: Sequence[Job], *, delay: float = 0.0) -> None:
        for job in jobs:
            self.may_die()
            self.waiting.append(Message(written(job)))
            if self.draw.randrange(100) < self.twice:
                self.waiting.append(Message(written(job)))
        self.may_die()

    def may_die(self) -> None:
        self.writes += 1
        if self.draw.randrange(1000) < self.deaths:
            self.killed += 1
            raise KilledError

    def run(self, work: Callable[[Job, bool], None], between: Callable[[], None] = lambda: None) -> None:
        while self.waiting:
            message = self.waiting.pop(self.draw.randrange(len(self.waiting)))
            message.received += 1
            self.delivered += 1
            try:
                work(read(message.body), message.received >= TRIES)
            except BusyError:  # anew: that is no try
                self.waiting.append(Message(message.body))
            except (KilledError, UnavailableError):
                if message.received >= TRIES:
                    self.dead.append(message.body)
                else:
                    self.waiting.append(message)
            between()


class Deadly:
    """A part whose every write may be its worker's last, before or after it is done."""

    def __init__(self, part: Any, lottery: Lottery, *names: str) -> None:
        self._part, self._lottery, self._names = part, lottery, names

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name not in self._names:
            return found

        def deadly(*given: Any, **named: Any) -> Any:
            self._lottery.may_die()
            result = found(*given, **named)
            self._lottery.may_die()
            return result

        return deadly


@dataclass(slots=True)
class Crew:
    """One installation's ingestion, and what it was told."""

    target: Target
    home: Path
    docs: Path
    lottery: Lottery
    embedder: HashingEmbedder | None = field(default_factory=HashingEmbedder)
    recognizer: Recognizer | None = None
    ended: list[RunRecord] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  # requests to OpenSearch
    parts: Parts = field(init=False)
    runs: Runs = field(init=False)
    steps: Steps = field(init=False)

    def __post_init__(self) -> None:
        lottery = self.lottery
        records = cast(Records, Deadly(SqliteRecords(self.home), lottery, "put", "change"))
        assembly = OpenSearchAssembly(self.target)
        deadly_requests(assembly, lottery, self.asked)
        self.parts = Parts(
            records,
            Deadly(FolderStaging(self.home / "staged"), lottery, "put", "remove"),
            Deadly(SqliteCountdown(self.home), lottery, "done"),
            lottery,
            assembly,
            lambda _: Opened(FolderSource(self.docs), Audience.PUBLIC),
            lambda _: self.embedder,
            recognition=self._recognition(records),
        )
        self.runs = Runs(records)
        self.steps = Steps(self.runs, self.parts, ended=lambda run, _: self.ended.append(run))

    def _recognition(self, records: Records) -> Recognition | None:
        if self.recognizer is None:
            return None
        deadly = Deadly(self.recognizer, self.lottery, "start", "forget")
        return Recognition(cast(Recognizer, deadly), records, price=0.02, ask_above=0.1)

    @property
    def source(self) -> SourceName:
        return FolderSource(self.docs).name

    def begin(self, run: str, *, full: bool = False, agreed: bool = False) -> None:
        deaths, self.lottery.deaths = self.lottery.deaths, 0  # who asks is told whether it was taken
        self.steps.begin(self.source, ADA, run=RunId(run), full=full, agreed=agreed)
        self.lottery.deaths = deaths

    def ingest(self, run: str, *, full: bool = False, between: Callable[[], None] = lambda: None) -> RunRecord:
        self.begin(run, full=full)
        self.lottery.run(self.steps.work, between)
        found = self.runs.current(self.source, RunId(run))
        assert found is not None
        return found


Make = Callable[..., Crew]


def deadly_requests(assembly: OpenSearchAssembly, lottery: Lottery, asked: list[str]) -> None:
    """Every request that changes something in OpenSearch may be a worker's last, also between its two halves."""
    node = assembly._node
    send = node.send

    def deadly(method: str, path: str, *given: Any, **named: Any) -> Any:
        asked.append(f"{method} {path}")
        changes = method in ("PUT", "DELETE") or path.endswith(("_bulk", "_aliases"))
        if changes:
            lottery.may_die()
        answer = send(method, path, *given, **named)
        if changes:
            lottery.may_die()
        return answer

    node.send = deadly  # type: ignore[method-assign]
