"""`/supportbot reingest` from the command to the summary: real folders, the simulated Slack, every part in between."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient

from bot.app import App
from bot.ingest_job import IngestJobs, SlackIngestions
from bot.local.workspace.nouns import Message
from bot.local.workspace.workspace import Workspace
from bot.observability import Telemetry
from bot.settings import Settings
from bot.slack import SlackCore
from integrations.slack.access import SlackAccess
from integrations.slack.calling import Slack
from integrations.slack.commanding import Commanding
from integrations.slack.fetching import Web
from integrations.slack.identifying import FixedInstallation
from integrations.slack.listening import SlackWorker
from integrations.slack.needs import Week
from integrations.slack.turns import Turns
from rag_core.backends.embedded.writer import EmbeddedWriter
from rag_core.backends.local_queue import LocalQueue
from rag_core.domain import NEVER, Deadline, PersonId, SourceName
from rag_core.errors import RejectedError, UnavailableError
from rag_core.jobs import Job, JobId, JobKind
from rag_core.running import Runs
from rag_core.runs import IngestionRun, RunId, RunRecord, RunState
from tests.making import write

REPORT = "https://bot.example/report"


class Bot:
    """The app of one home, an admin in Slack, and the message that shows an ingestion."""

    def __init__(self, slack: Workspace, home: Path, docs: Path, app: type[App] = App) -> None:
        self.slack, self.docs = slack, docs
        self.app = app(Settings(home=str(home), embedding_model="none"), notice=lambda _: None)
        self.ada = slack.add_person("Ada", role="admin")
        self.channel = slack.direct(self.ada)
        self.jobs = IngestJobs(self.app, self.calls, report_url=REPORT, every=0.02)
        self.source = SourceName(str(docs))

    def calls(self, _team: str, deadline: Deadline) -> Slack:
        client = WebClient(token=self.slack.token, base_url=self.slack.url, retry_handlers=[])
        return Slack(client, deadline, bot_user=self.slack.bot.id, sleep=lambda seconds: time.sleep(min(seconds, 0.01)))

    def job(self, name: str = "r1", **more: str) -> Job:
        """Of a message that waits to show it."""
        posted = self.calls("", NEVER).client.chat_postMessage(channel=self.channel.id, text="…")
        payload = {"source": self.source, "by": f"slack:{self.slack.team.id}:{self.ada.id}", "full": ""}
        payload |= {"team": self.slack.team.id, "channel": self.channel.id, "ts": str(posted["ts"])}
        return Job(JobId(name), JobKind.INGEST, datetime.now(UTC), payload | more)

    def work(self, job: Job, *, last: bool = False) -> None:
        self.jobs.work(job, NEVER, last)

    def shown(self) -> str:
        return "\n".join(text(message) for message in self.slack.messages(self.channel))

    def last_run(self) -> RunRecord:
        return self.app.runs.history(self.source)[0]


def text(message: Message) -> str:
    def gather(each: Any) -> Iterator[str]:
        if isinstance(each, dict) and isinstance(each.get("text"), str):
            yield each["text"]
        for part in each.values() if isinstance(each, dict) else each if isinstance(each, list | tuple) else ():
            yield from gather(part)

    return "\n".join(gather(message.blocks)) or message.text


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Workspace(limits=False) as slack:
        yield slack


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(tmp_path / "docs", refunds="Refunds take thirty days.", spf="SPF is a TXT record.")


@pytest.fixture
def bot(slack: Workspace, tmp_path: Path, docs: Path) -> Bot:
    return Bot(slack, tmp_path / "home", docs)


def many(docs: Path) -> None:
    write(docs, **{f"page{number}": f"# Page {number}\n\n" + "Words and more words. " * 200 for number in range(600)})


class TestTheJob:
    def test_it_ends_in_a_summary(self, bot: Bot, docs: Path) -> None:
        (docs / "broken.pdf").write_bytes(b"no PDF")
        bot.work(bot.job())
        told = bot.shown()
        assert "is up to date, but 1 document could not be read" in told
        assert "*2* written, *0* unchanged, *0* removed, *1* failed" in told
        assert "`broken.pdf`: it is not a PDF" in told
        assert f"<{REPORT}|Open the report>" in told
        run = bot.last_run()
        assert (run.id, run.by, run.state) == ("r1", f"slack:{bot.slack.team.id}:{bot.ada.id}", RunState.DONE)
        assert bot.app.runs.knowledge_as_of() == run.ended

    def test_its_message_moves_while_it_lasts(self, bot: Bot, docs: Path) -> None:
        many(docs)
        bot.work(bot.job())
        steps = [call.arguments["text"] for call in bot.slack.calls("chat.update")]
        assert any("Reading: " in str(step) for step in steps[:-1])
        assert "done" in str(steps[-1])
        assert len(bot.slack.messages(bot.channel)) == 1

    def test_delivered_again_it_only_says_again_how_it_ended(self, bot: Bot) -> None:
        job = bot.job()
        bot.slack.faults.fail("chat.update", times=None)
        with pytest.raises(UnavailableError):  # the run is done, and nobody could be told
            bot.work(job)
        bot.slack.faults.clear()
        bot.work(job)
        assert "*2* written" in bot.shown()
        assert len(bot.app.runs.history(bot.source)) == 1

    def test_full_reads_everything_again(self, bot: Bot) -> None:
        bot.work(bot.job("r1"))
        bot.work(bot.job("r2", full="1"))
        assert bot.shown().count("*2* written, *0* unchanged") == 2

    def test_somebody_cancels_it_halfway(self, bot: Bot, docs: Path) -> None:
        bot.work(bot.job("r1"))
        before = bot.app.index.sources()
        many(docs)
        bot.app.runs = Runs(bot.app.records, every=0.01)  # a quick machine is through before a second has passed
        running = threading.Thread(target=bot.work, args=[bot.job("r2")])
        running.start()
        until(lambda: bot.app.runs.latest()[0].state is RunState.RUNNING)
        bot.app.runs.cancel(bot.source, PersonId("slack:T1:U0BOB"))
        running.join()
        assert bot.last_run().state is RunState.CANCELLED
        assert "<@U0BOB> cancelled it" in bot.shown()
        assert bot.app.index.sources() == before

    def test_one_that_was_cancelled_while_it_waited_reads_nothing(self, bot: Bot) -> None:
        bot.app.runs.request(bot.source, PersonId("ada"), run=RunId("r1"))
        bot.app.runs.cancel(bot.source, PersonId("slack:T1:U0BOB"))
        bot.work(bot.job("r1"))
        assert "<@U0BOB> cancelled it" in bot.shown()
        assert bot.app.runs.latest()[0].result is None

    def test_a_second_run_says_who_is_at_it(self, bot: Bot) -> None:
        bot.app.runs.request(bot.source, PersonId("root"), run=RunId("other"))
        bot.work(bot.job("r1"))
        assert "being read again already: `root` started it <!date^" in bot.shown()

    def test_a_second_delivery_leaves_it_to_the_first(self, bot: Bot) -> None:
        job = bot.job("r1")

        def ingest(_: object) -> IngestionRun:
            with pytest.raises(UnavailableError):  # comes again, should the first one die
                bot.work(job)
            bot.work(job, last=True)
            return IngestionRun(bot.source, 7, 0, 0, (), (), 7, None, 1.0)

        bot.app.runs.record(bot.source, PersonId("ada"), ingest, run=RunId("r1"))
        assert "already" not in bot.shown()
        bot.work(job)
        assert "*7* written" in bot.shown()

    def test_while_another_source_is_read_it_waits(self, bot: Bot) -> None:
        job = bot.job("r1")
        with EmbeddedWriter(bot.app.home, SourceName("/other")):
            with pytest.raises(UnavailableError):
                bot.work(job)
            assert "Not yet: another ingestion into" in bot.shown()
        bot.work(job)
        assert "*2* written" in bot.shown()

    def test_two_sources_are_read_one_after_the_other(self, bot: Bot, docs: Path, tmp_path: Path) -> None:
        many(docs)
        wiki = write(tmp_path / "wiki", dkim="DKIM signs.")
        jobs = [bot.job("r1"), bot.job("r2", source=str(wiki))]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda job: bot.work(job, last=True), jobs))
        assert bot.shown().count("is up to date.") == 2

    def test_on_its_last_delivery_it_says_why_not(self, bot: Bot) -> None:
        with EmbeddedWriter(bot.app.home, SourceName("/other")):
            bot.work(bot.job("r1"), last=True)
        assert "could not be read again: another ingestion into" in bot.shown()

    def test_a_source_that_is_not_here_is_said_and_holds_up_nobody(self, bot: Bot, docs: Path) -> None:
        bot.app.runs.request(bot.source, PersonId("ada"), run=RunId("r1"))
        docs.rename(docs.with_name("elsewhere"))
        bot.work(bot.job("r1"))
        assert "cannot be read from here" in bot.shown()
        assert bot.last_run().state is RunState.FAILED
        bot.app.runs.request(bot.source, PersonId("ada"), run=RunId("r2"))

    def test_a_folder_without_documents_says_that_nothing_was_changed(self, bot: Bot, docs: Path) -> None:
        for file in docs.iterdir():
            file.unlink()
        bot.work(bot.job("r1"))
        assert "nothing was changed" in bot.shown()

    def test_a_flaw_of_ours_is_told_and_raised(self, slack: Workspace, tmp_path: Path, docs: Path) -> None:
        class Flawed(App):
            def ingest(self, source: Path | SourceName, **how: Any) -> IngestionRun:
                def ingest(_: object) -> IngestionRun:
                    raise ValueError("words of a customer")

                return self.runs.record(SourceName(str(source)), how["by"], ingest, run=how["run"])

        bot = Bot(slack, tmp_path / "home", docs, Flawed)
        with pytest.raises(ValueError, match="customer"):
            bot.work(bot.job())
        assert "a flaw of this program (ValueError)" in bot.shown()
        assert "customer" not in bot.shown()

    @pytest.mark.parametrize("missing", ["source", "by", "team", "channel", "ts"])
    def test_a_job_that_is_none_of_ours_is_rejected(self, bot: Bot, missing: str) -> None:
        with pytest.raises(RejectedError, match="names its source"):
            bot.work(bot.job(**{missing: ""}))


def until(holds: Callable[[], object]) -> None:
    ends = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < ends, "it never came to hold"
        time.sleep(0.005)


def test_from_the_command_to_the_summary(bot: Bot, docs: Path, tmp_path: Path) -> None:
    wiki = write(tmp_path / "wiki", dkim="DKIM signs.")
    for folder in (docs, wiki):
        bot.app.ingest(folder)
    write(docs, refunds="Refunds are instant now.")
    with ExitStack() as stack:
        failed: list[Exception] = []
        queue = LocalQueue(
            lambda job, last: bot.work(job, last=last), lambda _job, error: failed.append(error), workers=1
        )
        stack.enter_context(queue)
        access = SlackAccess(bot.app.records)
        commanding = Commanding(
            SlackIngestions(bot.app, queue, survives=False),
            Turns(bot.app.records, bot.app.claims),
            lambda: Week(0, None, None, (), None),
            access,
            Web(bot.slack.url).respond,
        )

        worker = SlackWorker(
            SlackCore(bot.app, Telemetry()),
            FixedInstallation(bot.slack.token),
            access,
            commands=commanding,
            base_url=bot.slack.url,
        )

        def deliver(_headers: object, body: bytes) -> tuple[int, bytes]:
            given = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            if "command" in given:
                worker.work(json.dumps(given), Deadline.within(10), last=False)
            return 200, b""

        bot.slack.deliver_to(deliver)
        bot.slack.command(bot.ada, bot.channel, "/supportbot", "reingest")
    assert failed == []
    told = bot.shown()
    assert "*1* written, *1* unchanged, *0* removed, *0* failed" in told
    assert "*0* written, *1* unchanged, *0* removed, *0* failed" in told
    assert len(bot.slack.messages(bot.channel)) == 2
    assert [(run.state, run.by) for run in bot.app.runs.latest()] == [
        (RunState.DONE, f"slack:{bot.slack.team.id}:{bot.ada.id}")
    ] * 2
