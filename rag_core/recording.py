"""How runs are kept: the latest of each source, and those that ended before.

A run that ended names the first of its failures and the number of all: a record is small.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from rag_core.domain import Record, SourceName
from rag_core.errors import MisconfiguredError
from rag_core.ports import Records
from rag_core.runs import Failure, RunId, RunRecord

KEPT = 50  # runs a source
NAMED, SKIPPED = 100, 50  # of a run's failures, and of what it skipped
LONGEST_NAME, LONGEST_REASON = 200, 300  # characters
LATEST, FACTS, AS_OF = "run-latest", "run-facts", "knowledge-as-of"
TURN = "turn"  # among the facts
BEYOND = 10**17  # microseconds: later than any year

Noun = TypeVar("Noun")


class Held(msgspec.Struct, frozen=True):
    """The latest run of a source, and until when it counts as alive although nothing more is heard of it."""

    run: RunRecord
    until: datetime
    process: str = ""  # that it dies with; empty: with none


class Book:
    """Of one installation, in its records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def latest(self, source: SourceName) -> tuple[Record | None, Held | None]:
        """As it is kept, to be changed as it was seen."""
        found = self._records.get(LATEST, _key(source))
        return found, _read(found.value, Held) if found else None

    def all_latest(self) -> list[Held]:
        return [_read(record.value, Held) for _, record in self._records.list(LATEST)]

    def hold(self, held: Held, *, seen: Record | None) -> bool:
        return self._records.change(LATEST, _key(held.run.source), msgspec.json.encode(held), seen=seen)

    def ended(self, source: SourceName) -> list[RunRecord]:
        """The newest first."""
        return [_read(record.value, RunRecord) for _, record in self._records.list(_past(source), limit=KEPT)]

    def archive(self, run: RunRecord, *, unless_told: bool = False) -> None:
        """`unless_told`: by the run itself, whose word counts."""
        group, name, value = _past(run.source), _when(run.started, run.id), msgspec.json.encode(fitting(run))
        if unless_told:
            self._records.change(group, name, value, seen=None)
        else:
            self._records.put(group, name, value)
        for old, _ in self._records.list(group, limit=KEPT + 10)[KEPT:]:
            self._records.remove(group, old)

    def forget(self, run: RunRecord) -> None:
        """That it ended: it goes on after all."""
        self._records.remove(_past(run.source), _when(run.started, run.id))

    def turn(self) -> tuple[Record, tuple[str, str]] | None:
        """Whose it is to make the next version of the index, by source and run."""
        found = self._records.get(FACTS, TURN)
        return (found, _read(found.value, tuple[str, str])) if found else None

    def take_turn(self, whose: tuple[str, str], *, seen: Record | None) -> bool:
        return self._records.change(FACTS, TURN, msgspec.json.encode(whose), seen=seen)

    def brought_up_to_date(self, at: datetime, *, now: datetime) -> None:
        """The newest such moment stays, whoever writes first; none that is still to come, as of a clock ahead."""
        at = min(at, now)
        while True:
            seen = self._records.get(FACTS, AS_OF)
            if seen and at <= _read(seen.value, datetime) <= now:
                return
            if self._records.change(FACTS, AS_OF, msgspec.json.encode(at), seen=seen):
                return

    def set_back(self, at: datetime | None) -> None:
        """Older than what was said before, or not known."""
        if at:
            self._records.put(FACTS, AS_OF, msgspec.json.encode(at))
        else:
            self._records.remove(FACTS, AS_OF)

    def as_of(self) -> datetime | None:
        found = self._records.get(FACTS, AS_OF)
        return _read(found.value, datetime) if found else None


def fitting(run: RunRecord) -> RunRecord:
    """With as many names and reasons as a record has room for."""
    if run.result is None:
        return replace(run, reason=run.reason[:LONGEST_REASON])
    failures = tuple(
        Failure(each.document[-LONGEST_NAME:], each.reason[:LONGEST_REASON]) for each in run.result.failures[:NAMED]
    )
    skipped = tuple(name[-LONGEST_NAME:] for name in run.result.skipped[:SKIPPED])
    return replace(run, result=replace(run.result, failures=failures, skipped=skipped))


def outlined(run: RunRecord) -> RunRecord:
    """As it stands among the latest of every source, which are read together."""
    result = run.result and replace(run.result, failures=run.result.failures[:5], skipped=())
    return fitting(replace(run, result=result))


def _read(value: bytes, kind: type[Noun]) -> Noun:
    try:
        return msgspec.json.decode(value, type=kind)
    except msgspec.DecodeError as error:
        raise MisconfiguredError(
            f"what is kept of the ingestions is damaged, or of a later version ({error})"
        ) from error


def _key(source: SourceName) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:32]


def _past(source: SourceName) -> str:
    return f"runs#{_key(source)}"


def _when(started: datetime, run: RunId) -> str:
    """Sorts the newest first."""
    passed = (started.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return f"{BEYOND - passed:017}-{run}"
