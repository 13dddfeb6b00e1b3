"""List and read a source that one reader alone may read, in as many steps as that takes.

What is read is staged and noted as it goes, so that the next step, or whoever comes after one that was killed, asks for
nothing twice. Of two that are at it together the one that notes second leaves.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from secrets import token_hex
from typing import Protocol, runtime_checkable

import msgspec

from rag_core.documenting import Listed, believe
from rag_core.errors import HeldError, MisconfiguredError, PausedError, RejectedError, UnavailableError
from rag_core.fanning.plans import KEPT, Parts, Store, Wanted
from rag_core.ports import DocumentSource
from rag_core.runs import Progress, RunId, SourceItem
from rag_core.timing import Deadline

GATHERED = "gathered-runs"
MOST, LONGEST = 100, 60.0  # documents, and seconds, that a step which is killed may lose
SPARE = 90.0  # seconds of a step that are left for its last request, its retries and its notes


@runtime_checkable
class Interruptible(Protocol):
    """A DocumentSource that another one of its kind goes on with, in another process."""

    def go_on(self, place: bytes | None, seconds: float) -> None:
        """From there, for so long: then `items` and `read` raise PausedError, rather than begin what may be lost.

        `items` gives what follows the items before `place`.
        """

    def place(self) -> bytes:
        """Where it stands, whenever it tells `listed` or has raised: behind the last item after which it was asked."""


class Taken(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item as it was listed, and what became of it. Neither failed nor staged: it need not be read."""

    item: SourceItem
    failed: str = ""  # why it could not be read
    version: str = ""  # as it was read
    content: str = ""  # where it is staged


class Head(msgspec.Struct, frozen=True):
    """What is noted of a run: the names of its parts, each a list of Taken and, of the last, a place."""

    version: str | None  # of the index that it was compared with
    began: datetime
    parts: list[str] = msgspec.field(default_factory=list)


class Gathering:
    """One step of a run. `version`: of the index that answers."""

    def __init__(
        self, parts: Parts, store: Store, run: RunId, source: DocumentSource, version: str | None, now: datetime
    ) -> None:
        self._parts, self._store, self._run, self._source = parts, store, run, source
        self._resumable = source if isinstance(source, Interruptible) else None
        self._seen = parts.records.get(GATHERED, run)
        head = msgspec.json.decode(self._seen.value, type=Head) if self._seen else Head(version, now)
        same = head.version == version  # else it was rolled back meanwhile: from the beginning
        self._head = head if same else Head(version, now)
        self._taken: list[Taken] = []
        self._noted, self._at = 0, time.monotonic()

    @property
    def began(self) -> datetime:
        """Just before anything was listed."""
        return self._head.began

    def all(
        self,
        found: Listed,
        is_known: Callable[[SourceItem], bool],
        progress: Callable[[Progress], None],
        deadline: Deadline,
        *,
        full: bool,
    ) -> tuple[Listed, list[Wanted]]:
        """What it lists, and of that what is to be written, staged.

        Raises PausedError where that is not all yet, HeldError where another is at it, MisconfiguredError.
        """
        if self._resumable:
            self._go_on(self._resumable, found, deadline)
        try:
            for item in self._source.items(full=full, listed=partial(self._listed, progress)):
                found.add(item)
                needed = found.items.get(item.id) is item and not is_known(item)
                self._taken.append(self._read(item) if needed else Taken(item))
        except HeldError:  # the other's notes stand
            raise
        except (PausedError, UnavailableError, MisconfiguredError):
            self._note()
            raise
        for each in self._taken:
            if each.failed:
                found.fail(each.item, each.failed)
        believe(self._source, found)
        read = (each for each in self._taken if each.content)
        return found, [
            Wanted(replace(each.item, version=each.item.version or each.version), content=each.content) for each in read
        ]

    def _go_on(self, source: Interruptible, found: Listed, deadline: Deadline) -> None:
        for name in self._head.parts:
            self._taken += self._store.read(self._run, _part(name), list[Taken])
        for each in self._taken:
            found.add(each.item)
        self._noted, last = len(self._taken), self._head.parts[-1:]
        place = self._parts.staging.get(self._run, _place(last[0])) if last else None
        source.go_on(place, deadline.remaining - SPARE)

    def _listed(self, progress: Callable[[Progress], None], done: int, total: int) -> None:
        name = self._taken[-1].item.name if self._taken else ""
        progress(Progress("reading" if self._taken else "listing", done, total, name))
        if len(self._taken) - self._noted >= MOST or time.monotonic() - self._at >= LONGEST:
            self._note()

    def _read(self, item: SourceItem) -> Taken:
        try:
            content, version = self._source.read(item)
        except RejectedError as error:
            return Taken(item, failed=str(error))
        except OSError as error:
            return Taken(item, failed=f"it cannot be opened: {error}")
        blob = f"gathered/original/{len(self._taken)}-{token_hex(4)}"  # another delivery has its own
        self._parts.staging.put(self._run, blob, content)
        return Taken(item, version=version, content=blob)

    def _note(self) -> None:
        if self._resumable is None:
            return
        name = token_hex(4)
        self._parts.staging.put(self._run, _place(name), self._resumable.place())
        self._store.put(self._run, _part(name), self._taken[self._noted :])
        self._head = Head(self._head.version, self.began, [*self._head.parts, name])
        value = msgspec.json.encode(self._head)
        kept = self._parts.records.change(GATHERED, self._run, value, seen=self._seen, ttl=KEPT)
        self._seen = self._parts.records.get(GATHERED, self._run)
        if not kept or self._seen is None or self._seen.value != value:
            raise HeldError("another worker reads the same source for the same run")
        self._noted, self._at = len(self._taken), time.monotonic()


def _part(name: str) -> str:
    return f"gathered/taken/{name}"


def _place(name: str) -> str:
    return f"gathered/place/{name}"
