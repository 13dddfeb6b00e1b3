"""One message that shows how far an ingestion is, in the simulated Slack."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.local.workspace.nouns import Message
from bot.local.workspace.workspace import Workspace
from integrations.slack import summarising
from integrations.slack.calling import RefusedError, Slack
from integrations.slack.escaping import JOINER
from integrations.slack.progressing import ProgressMessage
from rag_core.domain import Deadline, PersonId, SourceName
from rag_core.errors import MisconfiguredError, UnavailableError
from rag_core.runs import Failure, IngestionRun, Progress, RunId, RunRecord, RunState
from tests.making import NOON

DOCS = SourceName("/srv/docs")
HOSTILE = "<!channel> `<@U1>` *b* & co.md"


class Line:
    """A message in a conversation, and who changes it."""

    def __init__(self, slack: Workspace) -> None:
        self.slack = slack
        self.ada = slack.add_person("Ada", role="admin")
        self.by = PersonId(f"slack:{slack.team.id}:{self.ada.id}")
        self.channel = slack.direct(self.ada)
        first = summarising.waiting(DOCS, self.by, full=False)
        posted = self.calls(Deadline.within(5)).client.chat_postMessage(channel=self.channel.id, **first.payload())
        self.ts = str(posted["ts"])

    def calls(self, deadline: Deadline) -> Slack:
        client = WebClient(token=self.slack.token, base_url=self.slack.url, retry_handlers=[])
        return Slack(client, deadline, bot_user=self.slack.bot.id, sleep=lambda seconds: time.sleep(min(seconds, 0.01)))

    def message(self, every: float = 0.05) -> ProgressMessage:
        return ProgressMessage(self.calls, self.channel.id, self.ts, DOCS, self.by, every=every)

    def shown(self) -> str:
        (message,) = self.slack.messages(self.channel)
        return text(message)

    def updates(self) -> int:
        return len(self.slack.calls("chat.update"))


def text(message: Message) -> str:
    found: list[str] = []

    def gather(each: Any) -> None:
        for part in each.values() if isinstance(each, dict) else each if isinstance(each, list | tuple) else ():
            gather(part)
        if isinstance(each, dict) and isinstance(each.get("text"), str):
            found.append(each["text"])

    gather(message.blocks)
    return "\n".join(found)


def run(state: RunState = RunState.DONE, failed: int = 0, **more: Any) -> RunRecord:
    failures = tuple(Failure(f"{n} {HOSTILE}", "it is <no> PDF") for n in range(failed))
    result = IngestionRun(DOCS, 1200, 75, 1, failures, ("a.png",), 5200, None, 75.25)
    return replace(
        RunRecord(RunId("r1"), DOCS, PersonId("slack:T1:U0ADA"), NOON, ended=NOON + timedelta(seconds=75)),
        state=state,
        result=result if state is RunState.DONE else None,
        failed=failed,
        skipped=1,
        **more,
    )


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Workspace(limits=False) as slack:
        yield Line(slack)


def until(line: Line, holds: Callable[[], bool]) -> None:
    assert line.slack.wait_for(holds)


class TestProgress:
    def test_a_bar_counts_and_the_current_document(self, line: Line) -> None:
        with line.message() as message:
            message.progress(Progress("reading", 45, 1500, "billing/refunds.md"))
            until(line, lambda: line.updates() == 1)
            told = line.shown()
            assert "░" * 20 in told
            assert " 3%" in told
            assert "Reading: 45 of 1,500 documents" in told
            assert "billing/refunds.md" in told
            assert f"<@{line.ada.id}>" in told
            message.progress(Progress("embedding", 1500, 1500))
            until(line, lambda: line.updates() == 2)
            assert "█" * 20 in line.shown()
            assert "Embedding: 1,500 of 1,500 chunks" in line.shown()

    def test_it_is_changed_seldom_however_often_it_is_told(self, line: Line) -> None:
        with line.message(every=0.1) as message:
            started = time.monotonic()
            while line.updates() < 3 and time.monotonic() - started < 30:
                message.progress(Progress("reading", int(time.monotonic() * 1000), 10**9))
            took = time.monotonic() - started
        assert 3 <= line.updates() <= took / 0.1 + 2

    def test_what_has_not_changed_is_not_sent_again(self, line: Line) -> None:
        with line.message(every=0.01) as message:
            message.progress(Progress("reading", 1, 9))
            time.sleep(0.2)
        assert line.updates() == 1

    def test_who_tells_it_waits_for_nobody(self, line: Line) -> None:
        line.slack.faults.stall("chat.update", seconds=1)
        with line.message() as message:
            slowest = 0.0
            for number in range(100):
                started = time.monotonic()
                message.progress(Progress("reading", number, 100))
                slowest = max(slowest, time.monotonic() - started)
                time.sleep(0.001)
            assert slowest < 0.7

    @pytest.mark.parametrize("how", ["fail", "lose", "limit"])
    def test_a_step_that_slack_does_not_take_comes_again(self, line: Line, how: str) -> None:
        getattr(line.slack.faults, how)("chat.update", times=4)
        with line.message() as message:
            message.progress(Progress("reading", 1, 9))
            until(line, lambda: "Reading: 1 of 9" in line.shown())
            message.progress(Progress("reading", 2, 9))
            until(line, lambda: "Reading: 2 of 9" in line.shown())

    def test_a_token_that_is_not_accepted_any_more_is_the_end_s_affair(self, line: Line) -> None:
        line.slack.faults.error("chat.update", "token_revoked", times=None)
        with line.message(every=0.01) as message:
            for number in range(10):
                message.progress(Progress("reading", number, 10))
                time.sleep(0.02)
        with pytest.raises(MisconfiguredError):
            message.end(summarising.ended(run()))

    def test_others_words_are_no_markup(self, line: Line) -> None:
        with line.message() as message:
            message.progress(Progress("reading", 1, 9, HOSTILE))
            until(line, lambda: line.updates() == 1)
        shown = line.shown().replace(JOINER, "")
        assert "`&lt;!channel&gt; '&lt;@U1&gt;' *b* &amp; co.md`" in shown


class TestTheEnd:
    @pytest.mark.parametrize("how", ["limit", "lose", "fail"])
    def test_it_arrives_also_when_slack_has_trouble(self, line: Line, how: str) -> None:
        getattr(line.slack.faults, how)("chat.update", times=2)
        line.message().end(summarising.ended(run()))
        assert "is up to date" in line.shown()

    def test_where_slack_is_down_the_job_hears_of_it(self, line: Line) -> None:
        line.slack.faults.fail("chat.update", times=None)
        with pytest.raises(UnavailableError):
            line.message().end(summarising.ended(run()))

    def test_a_message_that_somebody_deleted_is_not_posted_again(self, line: Line) -> None:
        line.calls(Deadline.within(5)).client.chat_delete(channel=line.channel.id, ts=line.ts)
        with line.message() as message:
            message.progress(Progress("reading", 1, 9))
        message.end(summarising.ended(run()))
        assert line.slack.messages(line.channel) == []

    def test_another_refusal_is_an_error(self, line: Line) -> None:
        line.slack.faults.error("chat.update", "invalid_blocks")
        with pytest.raises(RefusedError):
            line.message().end(summarising.ended(run()))

    def test_the_summary_counts_and_names_what_failed(self, line: Line) -> None:
        line.message().end(summarising.ended(run(failed=25), "https://bot.example/report"))
        told = line.shown()
        assert "*1,200* written, *75* unchanged, *1* removed, *25* failed, *1* skipped in 75.2 s" in told
        assert "up to date, but 25 documents could not be read" in told
        assert told.count("it is &lt;no&gt; PDF") == 10
        assert "… and 15 more documents" in told
        assert "<https://bot.example/report|Open the report>" in told
        assert "<!channel>" not in told
        assert "Started by <@U0ADA>, <!date^" in told

    def test_the_longest_summary_is_one_message(self, line: Line) -> None:
        long = Failure("語" * 5000, "<" * 5000)
        result = IngestionRun(DOCS, 1, 1, 1, (long,) * 100, (), 1, None, 1.0)
        line.message().end(summarising.ended(replace(run(), result=result, failed=100)))
        assert "… and 90 more documents" in line.shown()

    def test_one_that_failed_says_why_and_one_that_was_cancelled_by_whom(self, line: Line) -> None:
        line.message().end(summarising.ended(run(RunState.FAILED, reason="no <room> is left")))
        assert "could not be read again: no &lt;room&gt; is left" in line.shown()
        line.message().end(summarising.ended(run(RunState.CANCELLED, cancelled_by=PersonId("slack:T1:U0BOB"))))
        assert "<@U0BOB> cancelled it. What answered before still answers." in line.shown()

    def test_one_begun_at_a_terminal_names_its_user(self, line: Line) -> None:
        line.message().end(summarising.ended(replace(run(), by=PersonId("root"))))
        assert "Started by `root`" in line.shown()


class TestWhereNothingMayBeChanged:
    """A workspace may forbid to edit messages, after some minutes or at once."""

    @pytest.fixture
    def line(self, line: Line) -> Line:
        line.slack.team.edit_window = 0
        return line

    def test_the_end_stands_in_the_place_of_the_message(self, line: Line) -> None:
        with line.message() as message:
            message.progress(Progress("reading", 1, 9))
        message.end(summarising.ended(run()))
        assert "is up to date" in line.shown()

    def test_an_end_that_is_told_again_stands_there_once(self, line: Line) -> None:
        for _ in range(3):
            line.message().end(summarising.ended(run()))
        assert "is up to date" in line.shown()

    def test_the_end_follows_upon_that_it_has_to_wait(self, line: Line) -> None:
        line.message().end(summarising.waiting(DOCS, line.by, full=False, reason="the model is away"))
        assert "the model is away" in line.shown()
        line.message().end(summarising.ended(run()))
        assert "is up to date" in line.shown()

    def test_what_stands_there_is_changed_where_it_may_be(self, line: Line) -> None:
        line.slack.team.edit_window = 60
        line.slack.pass_time(61)
        line.message().end(summarising.waiting(DOCS, line.by, full=False))
        line.message().end(summarising.ended(run()))
        assert "is up to date" in line.shown()
        assert len(line.slack.calls("chat.postMessage")) == 2

    def test_what_somebody_deleted_is_not_posted_again(self, line: Line) -> None:
        line.message().end(summarising.waiting(DOCS, line.by, full=False))
        (standing,) = line.slack.messages(line.channel)
        line.calls(Deadline.within(5)).client.chat_delete(channel=line.channel.id, ts=standing.ts)
        line.message().end(summarising.ended(run()))
        assert line.slack.messages(line.channel) == []

    def test_where_nothing_may_be_deleted_the_end_stands_below(self, line: Line) -> None:
        line.slack.team.may_delete = False
        line.message().end(summarising.ended(run()))
        first, last = line.slack.messages(line.channel)
        assert first.ts == line.ts
        assert "is up to date" in text(last)
