"""What was asked in a thread and how far each answer is, durable: the memory behind exactly one answer.

A turn is a question in its thread, named by the message that asked it: a mention that Slack sends twice, or ten times,
is one turn. A claim keeps two deliveries apart, and ends soon after its holder could have; the record says what the one
before had done. A crash at any step leaves either of them to be read by the next.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from secrets import token_hex

import msgspec

from rag_core.domain import Deadline, QuestionId, Record
from rag_core.errors import HeldError, SupportBotError
from rag_core.ports import Claims, Records

AFTER = 5.0  # seconds by which a claim outlives the time its holder had
AGAIN = 2.0  # seconds after which a delivery that met another one may come again
KEPT = timedelta(days=30)  # longer than any queue delivers, and than most threads live
CLOSED, STOPPED = "~closed", "~stopped"  # names in a thread's group that are no turns'


def question_id(*parts: str) -> QuestionId:
    """The same for the same place: asked again by a second delivery it is the same question."""
    return QuestionId(sha256(":".join(parts).encode()).hexdigest()[:16])


class State(StrEnum):
    """How far a turn is."""

    BEGUN = "begun"  # perhaps something was posted that is not recorded
    PLACED = "placed"  # its reply stands in the thread
    DONE = "done"  # nothing is left to be done


@dataclass(frozen=True, slots=True)
class Turn:
    """One question in its thread, or another thing that is posted there once."""

    team: str
    channel: str
    thread: str  # the ts of the message above it, "" for what is posted at top level
    name: str  # the ts of the message that asks
    question_id: QuestionId
    asked_by: str
    since: str  # a ts before which nothing of it was posted
    state: State = State.BEGUN
    reply: str | None = None  # the ts of the first message that answers
    further: tuple[str, ...] = ()  # of those behind it
    streamed: bool = False  # a stream was begun: until `reply` is known it has no mark of ours
    answered: bool = False  # a question that another can follow up on

    @property
    def key(self) -> str:
        """What our messages carry to be found by."""
        return f"{self.team}:{self.channel}:{self.name}"

    @property
    def group(self) -> str:
        return _group(self.team, self.channel, self.thread)


def _group(team: str, channel: str, thread: str) -> str:
    return f"slack-thread#{team}#{channel}#{thread}"


class Turns:
    """The turns of all threads."""

    def __init__(self, records: Records, claims: Claims) -> None:
        self._records, self._claims = records, claims

    def of_thread(self, team: str, channel: str, thread: str) -> list[Turn]:
        """The questions of a thread, oldest first."""
        listed = self._records.list(_group(team, channel, thread))
        return [_read(record) for name, record in listed if name[:1].isdigit()]

    def find(self, turn: Turn) -> Turn | None:
        """As it was recorded, if it was."""
        record = self._records.get(turn.group, turn.name)
        return _read(record) if record else None

    def begin(self, turn: Turn) -> None:
        """Raises UnavailableError where another was faster, which the claim should have prevented."""
        if not self._records.change(turn.group, turn.name, msgspec.json.encode(turn), seen=None, ttl=KEPT):
            raise _held()

    def keep(self, turn: Turn) -> Turn:
        self._records.put(turn.group, turn.name, msgspec.json.encode(turn), ttl=KEPT)
        return turn

    def forget(self, turn: Turn) -> None:
        """As if it had never begun."""
        self._records.remove(turn.group, turn.name)

    @contextmanager
    def held(self, turn: Turn, deadline: Deadline) -> Iterator[None]:
        """Raises HeldError where another is at it. What is killed keeps its claim until that ends by itself.

        Nobody can tell a dead one's claim from a living one's. What meets either comes again soon, and then less and
        less soon, as its queue has it (`bot.batching`): longer than any claim lasts.
        """
        key, owner = f"slack:{turn.key}", token_hex(8)
        if not self._claims.claim(key, ttl=timedelta(seconds=deadline.remaining + AFTER), owner=owner):
            raise _held()
        try:
            yield
        except Exception:
            self._release(key, owner)
            raise
        self._release(key, owner)

    def _release(self, key: str, owner: str) -> None:
        with suppress(SupportBotError):  # it ends by itself
            self._claims.release(key, owner=owner)

    def stop(self, team: str, channel: str, thread: str, at: str) -> None:
        """A person wants to see no more of what was asked in a thread until then."""
        self._records.put(_group(team, channel, thread), STOPPED, at.encode(), ttl=KEPT)

    def note(self, turn: Turn, name: str, value: str) -> None:
        """Keep that something befell the whole thread."""
        self._records.put(turn.group, name, value.encode(), ttl=KEPT)

    def noted(self, turn: Turn, name: str) -> str | None:
        record = self._records.get(turn.group, name)
        return record.value.decode() if record else None


def _held() -> HeldError:
    return HeldError("another worker is at this question", retry_after=AGAIN)


def _read(record: Record) -> Turn:
    return msgspec.json.decode(record.value, type=Turn)
