"""What comes again or late: it shows nothing that may not be shown any more, and undoes nothing newer."""

from dataclasses import replace
from typing import Any

import pytest

from bot.local.workspace.nouns import Role
from integrations.slack.access import SlackAccess
from rag_core.domain import Audience, SourceName
from rag_core.errors import UnavailableError
from rag_core.jobs import Job
from rag_core.running import Runs
from tests.integrations.slack.office import TEXT, Office, OpenAccess, words
from tests.integrations.slack.test_apologising import told, with_commands
from tests.integrations.slack.test_commanding import DOCS, Asked


class Restricted(OpenAccess):
    """What a channel is told, and from which sources, as the test says."""

    def scope(self, place: Any, slack: Any) -> Any:
        return replace(super().scope(place, slack), sources=self.sources)

    sources: frozenset[SourceName] | None = None


class TestRecorded:
    """An answer is there, and meanwhile it may not be shown any more."""

    @pytest.fixture
    def access(self, here: Office) -> Restricted:
        here.access = access = Restricted(audience=Audience.INTERNAL)
        here.worker = here.hire()
        return access

    @pytest.mark.parametrize("narrowed", ["audience", "sources"])
    def test_a_question_is_answered_anew(self, here: Office, access: Restricted, narrowed: str) -> None:
        here.core.parts = ("SECRET [1]",)
        asked = here.mention("how?")
        job = here.queue.jobs.popleft()
        here.queue.jobs.clear()
        self.lose(here, job, "chat.update", "chat.postMessage", "chat.startStream")
        self.narrow(access, narrowed)
        here.core.parts = (TEXT,)
        here.finish(job)
        assert "SECRET" not in words(here.only(asked))
        assert here.core.asked[1].audience is access.audience

    def test_what_still_may_be_is_shown_as_it_is(self, here: Office, access: Restricted) -> None:
        asked = here.mention("how?")
        job = here.queue.jobs.popleft()
        here.queue.jobs.clear()
        self.lose(here, job, "chat.update", "chat.postMessage", "chat.startStream")
        here.finish(job)
        assert TEXT.split(" [1]")[0] in words(here.only(asked))
        assert len(here.core.asked) == 1

    @pytest.mark.parametrize("narrowed", ["audience", "sources"])
    def test_a_draft_is_made_anew(self, here: Office, access: Restricted, narrowed: str) -> None:
        here.core.parts = ("SECRET [1]",)
        here.slack.command(here.ada, here.help, "/support", "how?")
        job = here.queue.jobs.popleft()
        self.lose(here, job, "response_url")
        self.narrow(access, narrowed)
        here.core.parts = (TEXT,)
        here.finish(job)
        assert not any("SECRET" in each for each in told(here))

    @pytest.mark.parametrize("narrowed", ["audience", "sources", None])
    def test_a_draft_is_shared_only_where_it_may_be(
        self, here: Office, access: Restricted, narrowed: str | None
    ) -> None:
        here.slack.command(here.ada, here.help, "/support", "how?")
        here.work()
        if narrowed:
            self.narrow(access, narrowed)
        here.slack.click(here.ada, here.slack.whispers(here.ada)[-1], "share")
        here.work()
        assert len(here.slack.messages(here.help)) == (0 if narrowed else 1)

    @staticmethod
    def lose(here: Office, job: Job, *methods: str) -> None:
        for method in methods:
            here.slack.faults.fail(method, times=None)
        with pytest.raises(UnavailableError):
            here.deliver(job)
        here.slack.faults.clear()
        assert len(here.core.asked) == 1

    @staticmethod
    def narrow(access: Restricted, what: str) -> None:
        if what == "audience":
            access.audience = Audience.PUBLIC
        else:
            access.sources = frozenset({SourceName("faq")})


class TestCancel:
    """Delivered again it stops nothing that was begun since."""

    def test_anothers_run_goes_on(self, here: Office) -> None:
        runs = Runs(here.core.records)
        with_commands(here, Asked(runs))
        here.slack.command(here.ada, here.help, "/supportbot", "reingest docs")
        here.work()
        here.slack.command(here.ada, here.help, "/supportbot", "cancel")
        job = here.queue.jobs.popleft()
        here.slack.faults.fail("response_url")
        with pytest.raises(UnavailableError):
            here.deliver(job)
        here.finish(job)
        assert "will not begin" in told(here)[-2]  # before the message of the run
        here.slack.command(here.ben, here.help, "/supportbot", "reingest docs")
        here.work()
        here.finish(job)
        [run] = [run for run in runs.latest() if run.source == DOCS]
        assert not run.state.over
        assert run.cancelled_by is None


def submitted(here: Office, audience: str) -> Job:
    home = here.slack.home(here.ada)
    assert home
    here.slack.click(here.ada, home, "open_channel_settings")
    modal = here.slack.modal(here.ada)
    assert modal
    here.queue.jobs.clear()
    assert here.slack.submit(here.ada, modal, {"channel": here.help.id, "audience": audience}).accepted
    return here.queue.jobs.popleft()


class TestSettings:
    @pytest.fixture
    def home(self, here: Office) -> Office:
        here.ada.role = Role.ADMIN
        here.access = SlackAccess(here.core.records)  # type: ignore[assignment]
        here.worker = here.hire()
        here.slack.open_home(here.ada)
        here.work()
        return here

    def kept(self, here: Office) -> list[Audience]:
        return [each.audience for each in here.access.channels(here.slack.team.id)]

    def test_what_was_submitted_last_is_kept_in_whatever_order_it_comes(self, home: Office) -> None:
        first, second = submitted(home, "internal"), submitted(home, "public")
        for job in (second, first, second):
            home.finish(job)
        assert self.kept(home) == [Audience.PUBLIC]

    def test_a_home_that_cannot_be_shown_keeps_them_once(self, home: Office) -> None:
        job = submitted(home, "internal")
        home.slack.faults.fail("views.publish", times=None)
        before = home.core.records.list(f"slack-channels#{home.slack.team.id}")
        with pytest.raises(UnavailableError):
            home.deliver(job)
        [(_, kept)] = home.core.records.list(f"slack-channels#{home.slack.team.id}")
        home.deliver(job, last=True)
        assert not before
        assert home.core.records.list(f"slack-channels#{home.slack.team.id}") == [(home.help.id, kept)]
        assert "settings are kept" in told(home)[-1]
