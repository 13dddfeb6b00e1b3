"""`/supportbot`, typed in the simulated Slack."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient

from bot.local.workspace.nouns import Channel, Message, User
from bot.local.workspace.workspace import Workspace
from integrations.slack.access import SlackAccess
from integrations.slack.calling import Pace, Slack
from integrations.slack.commanding import Commanding, Order, chosen, parse
from integrations.slack.fetching import Web
from integrations.slack.needs import Command, Week
from integrations.slack.turns import Turns
from rag_core.backends.sqlite.claims import SqliteClaims
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.domain import Audience, Deadline, PersonId, SourceName
from rag_core.errors import RejectedError, UnavailableError
from rag_core.jobs import Job, JobKind
from rag_core.running import Runs
from rag_core.runs import Failure, IngestionRun, RunId, RunRecord, RunState

DOCS, WIKI, FAQ = SourceName("/srv/docs"), SourceName("/srv/wiki"), SourceName("/srv/old/faq <b>")


class Asked:
    """Real runs, and jobs that nobody does; what a test says about the rest."""

    def __init__(self, runs: Runs) -> None:
        self.runs, self.jobs = runs, list[Job]()
        self.known: dict[SourceName, int] = {DOCS: 80, WIKI: 1}
        self.full, self.unreadable = False, set[SourceName]()
        self.rolls_back = True

    def offered(self) -> Sequence[SourceName]:
        return ()

    def sources(self, *, audience: Audience | None = None) -> Mapping[SourceName, int]:
        return {DOCS: 60} if audience is Audience.PUBLIC else self.known

    def request(self, source: SourceName, by: PersonId, *, run: RunId, full: bool) -> RunRecord:
        if source in self.unreadable:
            raise RejectedError(f"{source} cannot be read from here")
        return self.runs.request(source, by, run=run, full=full)

    def begin(self, job: Job) -> None:
        if self.full:
            raise UnavailableError("too many jobs wait: try again soon")
        self.jobs.append(job)

    def withdraw(self, run: RunRecord, reason: str) -> None:
        self.runs.withdraw(run, reason)

    def roll_back(self, once: str) -> None:
        raise RejectedError(f"no version before is kept for {once}")

    def cancel(self, source: SourceName, by: PersonId) -> RunRecord:
        return self.runs.cancel(source, by)

    def latest(self) -> Sequence[RunRecord]:
        return self.runs.latest()

    def knowledge_as_of(self) -> datetime | None:
        return self.runs.knowledge_as_of()


class Desk:
    """The workspace, the command behind it, and two people."""

    def __init__(self, slack: Workspace, home: Path) -> None:
        self.slack, self.records = slack, SqliteRecords(home)
        self.asked = Asked(Runs(self.records))
        self.ada = slack.add_person("Ada", role="admin")
        self.bob = slack.add_person("Bob")
        self.help = slack.add_channel("help", self.ada, self.bob)
        self.week = Week(0, None, None, (), None)
        self.lost = 0  # the answers to be forgotten
        self.commanding = Commanding(
            self.asked,
            Turns(self.records, SqliteClaims(home)),
            lambda: self.week,
            SlackAccess(self.records),
            Web(slack.url).respond,
        )
        self.last: Command | None = None
        slack.deliver_to(self._deliver)

    def _deliver(self, _headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        fields = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        if "command" in fields:
            where = fields["team_id"], fields["channel_id"], fields["user_id"]
            self.last = Command(*where, fields["text"], fields["response_url"], fields["trigger_id"])
            self.work(self.last)
        return 200, b""

    def work(self, command: Command) -> None:
        client = WebClient(token=self.slack.token, base_url=self.slack.url, retry_handlers=[])
        slack = Slack(
            client,
            Deadline.within(10),
            bot_user=self.slack.bot.id,
            bot=self.slack.team.bot_id,
            pace=Pace(0),
            sleep=lambda _: None,
        )
        self.commanding.handle(command, slack)

    def type(self, text: str, user: User | None = None, channel: Channel | None = None) -> str:
        """What the person is answered, to be seen by nobody else."""
        user = user or self.ada
        before = len(self.slack.whispers(user))
        self.slack.command(user, channel or self.help, "/supportbot", text)
        (whisper,) = self.slack.whispers(user)[before:]
        return shown(whisper)

    def direct(self, user: User | None = None) -> list[Message]:
        return self.slack.messages(self.slack.direct(user or self.ada))

    def end(self, job: Job, failures: int = 0) -> None:
        failed = tuple(Failure(f"{n}.pdf", "it is not a PDF") for n in range(failures))
        source = SourceName(job.payload["source"])
        result = IngestionRun(source, 3, 75, 1, failed, (), 520, None, 2.5)
        self.asked.runs.record(source, PersonId(job.payload["by"]), lambda _: result, run=RunId(job.id))


def shown(message: Message) -> str:
    """All that a person reads of it."""
    return "\n".join(_texts(message.blocks)) or message.text


def _texts(found: Any) -> Iterator[str]:
    if isinstance(found, Mapping):
        if isinstance(found.get("text"), str):
            yield found["text"]
        for each in found.values():
            yield from _texts(each)
    elif isinstance(found, list | tuple):
        for each in found:
            yield from _texts(each)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Workspace(limits=False) as slack:
        yield Desk(slack, tmp_path)


class TestWho:
    @pytest.mark.parametrize("text", ["reingest", "reingest docs --full", "status", "cancel", "gaps", "help", ""])
    def test_only_admins_are_served(self, desk: Desk, text: str) -> None:
        assert "for admins of this bot only" in desk.type(text, desk.bob)
        assert desk.asked.jobs == []
        assert desk.direct(desk.bob) == []

    def test_what_was_typed_calls_nobody(self, desk: Desk) -> None:
        for text in (
            "<!channel>",
            "`<@U123>` <!here>",
            "reingest <!channel>",
            "cancel <!channel>",
            "reingest --<!here>",
        ):
            for user in (desk.ada, desk.bob):
                told = desk.type(text, user)
                assert "<!" not in told
                assert "<@" not in told

    def test_nothing_is_said_to_the_channel(self, desk: Desk) -> None:
        desk.type("reingest docs")
        desk.type("status")
        assert desk.slack.messages(desk.help) == []


class TestReingest:
    def test_a_job_is_queued_and_one_message_waits_to_show_it(self, desk: Desk) -> None:
        assert "will be read again" in desk.type("reingest docs --full")
        (job,) = desk.asked.jobs
        (message,) = desk.direct()
        assert job.payload == {
            "source": DOCS,
            "by": f"slack:{desk.slack.team.id}:{desk.ada.id}",
            "full": "1",
            "agreed": "",
            "team": desk.slack.team.id,
            "channel": message.channel,
            "ts": message.ts,
        }
        assert "waits to be read again (every document)" in shown(message)
        assert desk.asked.latest()[0].state is RunState.WAITING

    @pytest.mark.parametrize("text", ["reingest", "reingest --full", "reingest —full"])
    def test_without_a_name_it_is_every_source(self, desk: Desk, text: str) -> None:
        desk.type(text)
        assert [job.payload["source"] for job in desk.asked.jobs] == [DOCS, WIKI]
        assert {job.payload["full"] for job in desk.asked.jobs} == {"1" if "full" in text else ""}
        assert len({job.payload["ts"] for job in desk.asked.jobs}) == 2

    @pytest.mark.parametrize("text", ["reingest docs --agree", "reingest docs —agree --full"])
    def test_who_agrees_to_a_price_says_so(self, desk: Desk, text: str) -> None:
        desk.type(text)
        (job,) = desk.asked.jobs
        assert (job.payload["agreed"], job.payload["full"]) == ("1", "1" if "full" in text else "")

    def test_a_second_one_is_told_who_began_and_when(self, desk: Desk) -> None:
        eve = desk.slack.add_person("Eve", role="owner")
        desk.type("reingest docs")
        told = desk.type("reingest docs", eve)
        assert "being read again already" in told
        assert f"<@{desk.ada.id}> started it <!date^" in told
        assert len(desk.asked.jobs) == 1
        assert desk.direct(eve) == []

    def test_delivered_again_it_is_the_same(self, desk: Desk) -> None:
        desk.type("reingest docs")
        assert desk.last
        desk.work(desk.last)
        assert len(desk.direct()) == 1
        assert len({job.id for job in desk.asked.jobs}) == 1
        desk.end(desk.asked.jobs[0])
        desk.work(desk.last)
        assert len(desk.direct()) == 1
        assert len(desk.asked.jobs) == 2

    def test_a_message_whose_answer_was_lost_is_found_again(self, desk: Desk) -> None:
        desk.slack.faults.lose("chat.postMessage", 1)
        desk.type("reingest docs")
        (message,) = desk.direct()
        assert desk.asked.jobs[0].payload["ts"] == message.ts

    def test_a_queue_that_takes_nothing_is_said_and_holds_up_nobody(self, desk: Desk) -> None:
        desk.asked.full = True
        assert "could not be started: Too many jobs wait" in desk.type("reingest docs")
        desk.asked.full = False
        assert "will be read again" in desk.type("reingest docs")

    def test_one_who_cannot_be_written_to_holds_up_nobody(self, desk: Desk) -> None:
        desk.slack.faults.error("conversations.open", "cannot_dm_bot")
        assert ":x:" in desk.type("reingest docs")
        desk.slack.faults.clear()
        assert "will be read again" in desk.type("reingest docs")

    def test_a_source_that_cannot_be_read_from_here_is_said(self, desk: Desk) -> None:
        desk.asked.unreadable = {WIKI}
        told = desk.type("reingest")
        assert "/srv/wiki cannot be read from here" in told
        assert [job.payload["source"] for job in desk.asked.jobs] == [DOCS]

    def test_before_anything_was_ingested_it_says_what_to_do(self, desk: Desk) -> None:
        desk.asked.known = {}
        assert "supportbot ingest FOLDER" in desk.type("reingest")
        assert "supportbot ingest FOLDER" in desk.type("status")


class TestCancel:
    def test_what_runs_is_told_to_stop(self, desk: Desk) -> None:
        desk.type("reingest")
        assert "/srv/docs` will not begin" in desk.type("cancel docs")
        states = {run.source: (run.state, run.cancelled_by) for run in desk.asked.latest()}
        assert states[DOCS] == (RunState.CANCELLED, f"slack:{desk.slack.team.id}:{desk.ada.id}")
        assert states[WIKI] == (RunState.WAITING, None)
        assert "/srv/wiki` will not begin" in desk.type("cancel")
        assert "Nothing is being read again now" in desk.type("cancel")

    def test_only_what_runs_can_be(self, desk: Desk) -> None:
        desk.type("reingest docs")
        assert "there is no wiki" in desk.type("cancel wiki").lower()


class TestLooking:
    def test_status_names_every_source_and_its_last_run(self, desk: Desk) -> None:
        desk.asked.known[FAQ] = 2
        assert "not on record" in desk.type("status")
        desk.type("reingest docs")
        assert "waiting, started by" in desk.type("status")
        desk.end(desk.asked.jobs[0], failures=2)
        told = desk.type("status")
        assert f"done, started by <@{desk.ada.id}> <!date^" in told
        assert "3 written, 1 removed, 2 failed" in told
        assert "What I know is from <!date^" in told
        assert "`/srv/wiki`*: 1 document, 0 public and 1 internal\n" in told
        assert "`/srv/old/faq &lt;b&gt;`" in told

    def test_gaps_are_the_weeks(self, desk: Desk) -> None:
        assert "No gaps this week" in desk.type("gaps")
        desk.week = replace(desk.week, gaps=("How do I <!here> fly?", "And swim?"))
        told = desk.type("gaps")
        assert "fly?" in told
        assert "And swim?" in told
        assert "<!here>" not in told
        desk.week = replace(desk.week, gaps=None)
        assert "several workspaces" in desk.type("gaps")

    @pytest.mark.parametrize("text", ["help", "", "dance"])
    def test_help_names_every_verb(self, desk: Desk, text: str) -> None:
        told = desk.type(text)
        for verb in ("reingest", "status", "cancel", "gaps", "help", "--full", "--agree"):
            assert verb in told
        assert ("There is no `dance`" in told) == (text == "dance")


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("reingest", Order("reingest")),
        ("  REINGEST  Help Center --FULL ", Order("reingest", "Help Center", full=True)),
        ("reingest --full “docs”", Order("reingest", "docs", full=True)),
        ("reingest –full a&amp;b", Order("reingest", "a&b", full=True)),
        ("reingest —Agree docs", Order("reingest", "docs", agree=True)),
        ("reingest docs --full --agree", Order("reingest", "docs", full=True, agree=True)),
        ("", Order("help")),
    ],
)
def test_a_command_is_understood_as_it_is_typed(text: str, order: Order) -> None:
    assert parse(text) == order


def test_an_unknown_option_is_no_source() -> None:
    with pytest.raises(RejectedError, match="--fast is no option"):
        parse("reingest docs --fast")


def test_a_source_is_named_by_its_end_unless_that_is_another_s_too() -> None:
    sources = [DOCS, WIKI, SourceName("/home/docs"), SourceName("docs")]
    assert chosen("wiki/", sources) == WIKI
    assert chosen("/SRV/docs", sources) == DOCS
    assert chosen("docs", sources) == "docs"
    for name, reason in (("docs", "one of several"), ("ocs", "there is no ocs"), ("", "there is no")):
        with pytest.raises(RejectedError, match=reason):
            chosen(name, sources[:3])


class TestRollingBack:
    def test_where_it_is_done_here_it_says_so(self, desk: Desk) -> None:
        done: list[str] = []
        desk.asked.roll_back = done.append  # type: ignore[method-assign, assignment]
        assert "The version before answers now" in desk.type("rollback")
        assert desk.last is not None
        desk.work(desk.last)  # delivered again
        assert len(done) == 2
        assert len(set(done)) == 1

    def test_else_a_job_does_it_and_tells_in_the_direct_message(self, desk: Desk) -> None:
        desk.asked.rolls_back = False
        assert "I tell you in our direct message" in desk.type("rollback")
        assert desk.last is not None
        desk.work(desk.last)
        (first, second) = desk.asked.jobs
        assert (first.id, first.kind, first.payload) == (second.id, JobKind.ROLLBACK, second.payload)
        (message,) = desk.direct()
        assert first.payload["ts"] == message.ts
        assert "will answer again" in shown(message)
