"""`/supportbot ...`: what admins do from Slack.

An ingestion is only asked for here: a job does it, and tells how far it is in one message to whoever asked. That
message is a direct one: the names of documents are for admins, not for everybody in the channel.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from html import unescape
from typing import Any, Protocol

from integrations.slack import escaping, notices, summarising
from integrations.slack.calling import Slack
from integrations.slack.messages import Message, notice, sections
from integrations.slack.needs import Access, Command, Week
from integrations.slack.replying import Reply
from integrations.slack.turns import Turn, Turns
from rag_core.domain import Audience, Deadline, PersonId, QuestionId, SourceName
from rag_core.errors import AlreadyRunningError, RejectedError, UnavailableError
from rag_core.jobs import Job, JobId, JobKind
from rag_core.runs import RunId, RunRecord, RunState

OPTION = re.compile(r"(?:--|[—–])(\S*)")  # a Mac makes one dash of two
OPTIONS = ("full", "agree")
QUOTES = "\"'“”‘’`"
LONGEST = 60  # characters of what was typed that are said again
EARLIER = 300.0  # seconds by which Slack's clock may be behind


class Ingestions(Protocol):
    """The core's runs, and the queue that begins them."""

    def sources(self, *, audience: Audience | None = None) -> Mapping[SourceName, int]:
        """How many documents of each source answer, or of those that an audience may read."""

    def offered(self) -> Sequence[SourceName]:
        """Sources that can be read once they are named, ingested before or not."""

    def request(self, source: SourceName, by: PersonId, *, run: RunId, full: bool) -> RunRecord:
        """Hold the source for this run; once more is the same. Raises AlreadyRunningError; RejectedError for one that
        cannot be read from here.
        """

    def begin(self, job: Job) -> None:
        """Queue it. Raises UnavailableError."""

    def withdraw(self, run: RunRecord, reason: str) -> None: ...

    def cancel(self, source: SourceName, by: PersonId) -> RunRecord:
        """Raises RejectedError where nothing is under way."""

    @property
    def rolls_back(self) -> bool:
        """Whether it can be done here; else a job does it."""

    def roll_back(self, once: str) -> None:
        """The version of the index before answers again; once more for the same `once` does nothing.

        Raises RejectedError where none is kept.
        """

    def latest(self) -> Sequence[RunRecord]:
        """One a source, the newest first."""

    def knowledge_as_of(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Order:
    """A command as it is understood."""

    verb: str
    source: str = ""
    full: bool = False
    agree: bool = False  # to what recognising scanned pages costs


def parse(text: str) -> Order:
    """Raises RejectedError for an option that there is not, in words for whoever typed it."""
    verb, *words = unescape(text).split() or ["help"]
    stated = [found for word in words if (found := OPTION.fullmatch(word))]
    if wrong := [found[0] for found in stated if found[1].lower() not in OPTIONS]:
        raise RejectedError(f"{wrong[0][:LONGEST]} is no option here: there are --full and --agree, for reingest")
    named = [word for word in words if not OPTION.fullmatch(word)]
    full, agree = (any(found[1].lower() == each for found in stated) for each in OPTIONS)
    return Order(verb.lower(), " ".join(named).strip(QUOTES), full, agree)


def chosen(name: str, sources: Sequence[SourceName]) -> SourceName:
    """By its whole name, or the last part of it. Raises RejectedError."""
    wanted = name.rstrip("/").lower()
    found = [each for each in sources if each.lower() == wanted] or [
        each for each in sources if each.rstrip("/").lower().endswith(f"/{wanted}")
    ]
    if len(found) == 1:
        return found[0]
    known = ", ".join(found or sources) or "nothing"
    what = (
        f"{name[:LONGEST]} can be one of several: name one of them in full"
        if found
        else f"there is no {name[:LONGEST]}"
    )
    raise RejectedError(f"{what}; there is {known}")


class Commanding:
    """Commands; `respond` posts to a command's response_url, for whoever typed it alone."""

    def __init__(
        self,
        ingestions: Ingestions,
        turns: Turns,
        week: Callable[[], Week],
        access: Access,
        respond: Callable[[str, Mapping[str, Any], Deadline], None],
    ) -> None:
        self._ingestions, self._turns, self._week, self._access = ingestions, turns, week, access
        self._respond = respond

    def handle(self, command: Command, slack: Slack) -> None:
        message = self._answer(command, slack)
        self._respond(command.response_url, {"response_type": "ephemeral"} | message.body(), slack.deadline)

    def _answer(self, command: Command, slack: Slack) -> Message:
        if not self._access.is_admin(command.team, command.user, slack):
            return notices.refused(f"/supportbot {command.text}".strip())
        verbs: dict[str, Callable[[Order, Command, Slack], Message]] = {
            "reingest": self._reingest,
            "cancel": self._cancel,
            "rollback": self._roll_back,
            "status": self._status,
            "gaps": lambda *_: summarising.gaps(self._week()),
            "help": lambda *_: _lines(summarising.HELP),
        }
        try:
            order = parse(command.text)
            if order.verb not in verbs:
                return _lines((f"There is no {summarising.code(order.verb, LONGEST)}.", *summarising.HELP))
            return verbs[order.verb](order, command, slack)
        except RejectedError as error:
            return notice(f":x: {_sentence(error)}")

    def _status(self, _order: Order, _command: Command, _slack: Slack) -> Message:
        found = self._ingestions
        public = found.sources(audience=Audience.PUBLIC)
        return summarising.status(found.sources(), public, found.latest(), found.knowledge_as_of())

    def _cancel(self, order: Order, command: Command, _slack: Slack) -> Message:
        """What was under way when it was typed; delivered again it says the same, and stops nothing begun since."""
        by, typed = _person(command), command.typed or datetime.now(UTC)
        found = {run.source: run for run in self._ingestions.latest() if _is_meant(run, by, typed)}
        if not found:
            raise RejectedError("nothing is being read again now")
        wanted = [chosen(order.source, list(found))] if order.source else list(found)
        told = [found[source] if found[source].state.over else self._ingestions.cancel(source, by) for source in wanted]
        return _lines([f"{summarising.code(run.source)} {_stopping(run)}" for run in told])

    def _roll_back(self, _order: Order, command: Command, slack: Slack) -> Message:
        """A command may be delivered again: another time would bring the present version back."""
        once = _once(command, "rollback")
        if self._ingestions.rolls_back:
            self._ingestions.roll_back(once)
            return summarising.rolled_back()
        asked, waits = command.typed or datetime.now(UTC), summarising.rolling_back(_person(command))
        channel, ts = self._placed(command, once, asked, waits, slack)
        payload = {"team": command.team, "channel": channel, "ts": ts}
        self._ingestions.begin(Job(JobId(once), JobKind.ROLLBACK, datetime.now(UTC), payload))
        return notice("The version before will answer again; I tell you in our direct message when it does.")

    def _reingest(self, order: Order, command: Command, slack: Slack) -> Message:
        known = list(self._ingestions.sources())
        named = list(dict.fromkeys([*known, *self._ingestions.offered()])) if order.source else known
        if not named:
            raise RejectedError("nothing is ingested yet: run supportbot ingest FOLDER where the documents are, once")
        wanted = [chosen(order.source, named)] if order.source else known
        return _lines([self._begin(source, order, command, slack) for source in wanted])

    def _begin(self, source: SourceName, order: Order, command: Command, slack: Slack) -> str:
        run, by = RunId(_once(command, source)), _person(command)
        try:
            asked = self._ingestions.request(source, by, run=run, full=order.full)
        except AlreadyRunningError as error:
            return summarising.already(source, PersonId(error.by), error.since)
        except RejectedError as error:
            return f":x: {_sentence(error)}"
        if asked.state is not RunState.WAITING:  # this command was delivered before, and worked on
            return f"{summarising.code(source)}: {asked.state.value}."
        try:
            waits = summarising.waiting(source, asked.by, full=asked.full)
            channel, ts = self._placed(command, run, asked.started, waits, slack)
        except RejectedError as error:
            self._ingestions.withdraw(asked, str(error))
            raise
        asked_for = {"full": "1" if order.full else "", "agreed": "1" if order.agree else ""}
        payload = asked_for | {"source": source, "by": by, "team": command.team, "channel": channel, "ts": ts}
        job = Job(JobId(run), JobKind.INGEST, datetime.now(UTC), payload)
        try:
            self._ingestions.begin(job)
        except UnavailableError as error:
            self._ingestions.withdraw(asked, str(error))
            return f":x: {summarising.code(source)} could not be started: {_sentence(error)}"
        return f"{summarising.code(source)} will be read again; I tell you in our direct message how far it is."

    def _placed(self, command: Command, once: str, asked: datetime, waits: Message, slack: Slack) -> tuple[str, str]:
        """Where the message stands that will tell of it, posted once however often this is delivered."""
        channel = str(slack.call(slack.client.conversations_open, users=command.user)["channel"]["id"])
        since = f"{asked.timestamp() - EARLIER:.6f}"
        turn = Turn(command.team, channel, "", f"run-{once}", QuestionId(once), command.user, since)
        with self._turns.held(turn, slack.deadline):
            known = self._turns.find(turn)
            reply = Reply(slack, self._turns, known or turn)
            if known:
                reply.resume()
            else:
                self._turns.begin(turn)
            if reply.turn.reply is None:
                reply.place(waits)
            return channel, str(reply.turn.reply)


def _once(command: Command, what: str) -> str:
    """The same however often the command is delivered."""
    return sha256(f"{command.team}:{command.trigger}:{what}".encode()).hexdigest()[:16]


def _person(command: Command) -> PersonId:
    return PersonId(f"slack:{command.team}:{command.user}")


def _is_meant(run: RunRecord, by: PersonId, typed: datetime) -> bool:
    """By a command to cancel: it was under way then, and still is, or was stopped by that command."""
    if run.started > typed:
        return False
    return not run.state.over or (run.cancelled_by == by and run.ended is not None and run.ended >= typed)


def _stopping(run: RunRecord) -> str:
    """Of one that was told to stop."""
    return "will not begin." if run.state.over else "stops after the document it is at; nothing of it will be visible."


def _sentence(error: Exception) -> str:
    said = escaping.escaped(escaping.inert(str(error), 1_000)).rstrip(".")
    return f"{said[:1].upper()}{said[1:]}."


def _lines(lines: Sequence[str]) -> Message:
    return Message(lines[0], tuple(sections(lines)))
