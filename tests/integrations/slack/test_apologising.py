"""Never silent: whatever fails for good is told to whoever waits for it, with an id, and to the operator."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Settings
from bot.zendesk import desk
from integrations.slack.commanding import Commanding
from integrations.slack.fetching import Web
from integrations.slack.turns import Turns
from rag_core.domain import QuestionId
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from rag_core.running import Runs
from tests.integrations.slack.office import Office, office, words
from tests.integrations.slack.test_commanding import Asked

DOWN = UnavailableError("it is down")


def fail(error: Exception = DOWN) -> Callable[..., Any]:
    def failing(*_: object, **__: object) -> Any:
        raise error

    return failing


def told(here: Office) -> list[str]:
    """What Ada was told alone, here or directly."""
    found = [*here.slack.whispers(here.ada), *here.slack.messages(here.slack.direct(here.ada))]
    return [words(each) for each in found if "Asked with `/support`" not in words(each)]


def with_commands(here: Office, asked: Asked) -> None:
    core = here.core
    here.access.admins |= {here.ada.id, here.ben.id}
    turns, respond = Turns(core.records, core.claims), Web(here.slack.url).respond
    here.worker = here.hire(commands=Commanding(asked, turns, core.week, here.access, respond))


class TestOverrun:
    """The time is over before it can be said that there is no answer."""

    def test_a_question_is_apologised_for_all_the_same(self, here: Office) -> None:
        here.core.during = lambda: time.sleep(1.3)
        asked = here.mention("how?")
        here.deliver(here.queue.jobs[0], seconds=1, last=True)
        [(named, _)] = here.core.failures
        assert named in words(here.only(asked))
        assert here.slack.world.sessions[(here.help.id, asked.ts)]["status"] == "active"

    def test_a_draft_too(self, here: Office) -> None:
        here.core.during = lambda: time.sleep(1.3)
        here.slack.command(here.ada, here.help, "/support", "how?")
        here.deliver(here.queue.jobs[0], seconds=1, last=True)
        [(named, _)] = here.core.failures
        assert named in told(here)[0]

    def test_a_question_for_a_person_too(self, tmp_path: Path) -> None:
        class Slow:
            def open(self, **_: object) -> str:
                time.sleep(1.3)
                raise DOWN

        with office(tmp_path, desk=Slow()) as here:
            root = here.mention("how?")
            here.work()
            here.slack.click(here.ada, here.only(root), "ask_human")
            here.deliver(here.queue.jobs.popleft(), seconds=1, last=True)
            assert "could not pass this on" in told(here)[0]
            assert [error for _, error in here.core.failures] == [DOWN]


class TestEveryListener:
    @pytest.mark.parametrize("text", ["status", "reingest", "cancel", "gaps"])
    @pytest.mark.parametrize("error", [DOWN, MisconfiguredError("set SUPPORTBOT_X"), ZeroDivisionError()])
    def test_a_command(self, here: Office, text: str, error: Exception) -> None:
        class Broken(Asked):
            sources = latest = knowledge_as_of = staticmethod(fail(error))

        here.core.week = fail(error)  # type: ignore[method-assign]
        with_commands(here, Broken(Runs(here.core.records)))
        here.slack.command(here.ada, here.help, "/supportbot", text)
        deliveries = here.finish(here.queue.jobs.popleft())
        assert deliveries == (1 if isinstance(error, MisconfiguredError) else 5)
        [(named, failure)] = here.core.failures
        [said] = told(here)
        assert (named in said, failure, "SUPPORTBOT_X" in said) == (True, error, False)

    @pytest.mark.parametrize("by_url", [True, False])
    def test_a_rating(self, here: Office, by_url: bool) -> None:
        root = here.mention("how?")
        here.work()
        here.core.rate = fail()  # type: ignore[method-assign]
        here.slack.click(here.ada, here.only(root), "rate", f"helpful:{here.core.asked[0].id}")
        here.slack.faults.fail("chat.postEphemeral" if by_url else "response_url", times=None)
        here.work()
        [said] = here.slack.whispers(here.ada)  # beside the answer, not in a direct message
        assert here.core.failures[0][0] in words(said)

    def test_a_draft_that_is_shared(self, here: Office) -> None:
        here.slack.command(here.ada, here.help, "/support", "how?")
        here.work()
        draft = here.slack.whispers(here.ada)[-1]
        here.slack.faults.fail("chat.postMessage", times=None)
        here.slack.click(here.ada, draft, "share")
        here.work()
        assert any(here.core.failures[0][0] in each for each in told(here))

    def test_app_home_and_what_is_set_there(self, here: Office) -> None:
        here.access.admins.add(here.ada.id)
        here.core.week = fail()  # type: ignore[method-assign]
        here.slack.open_home(here.ada)
        here.work()
        [said] = told(here)
        assert here.core.failures[0][0] in said

    def test_what_concerns_nobody_who_waits_comes_again(self, here: Office) -> None:
        here.access.is_automatic = fail()  # type: ignore[method-assign]
        here.slack.say(here.help, here.ada, "how do I reset SSO?")
        with pytest.raises(UnavailableError):
            here.work()
        assert told(here) == []

    def test_a_mention_before_its_turn_is_known(self, here: Office) -> None:
        here.core.records.list = here.core.records.get = fail()
        here.mention("how?")
        job = next(job for job in here.queue.jobs if '"app_mention"' in str(job.event))
        here.finish(job)
        [said] = told(here)
        assert here.core.failures[0][0] in said

    def test_where_nobody_can_be_told_it_comes_again(self, here: Office) -> None:
        with_commands(here, Asked(Runs(here.core.records)))
        here.core.week = fail()  # type: ignore[method-assign]
        here.worker = here.hire(commands=None)
        here.slack.faults.fail("*", times=None)
        here.slack.open_home(here.ada)
        with pytest.raises(UnavailableError):
            here.work()
        assert here.core.failures == []

    def test_what_will_never_do_is_told_at_once_and_once(self, here: Office) -> None:
        root = here.mention("how?")
        here.work()
        here.slack.click(here.ada, here.only(root), "rate", f"helpful:{here.core.asked[0].id}")
        job = here.queue.jobs.popleft()
        assert job.event
        job = replace(job, event=job.event.replace("helpful:", "splendid:"))
        assert here.finish(job) == 1
        assert "not one of a rating" in told(here)[0]


def test_zenpy_that_is_not_installed_is_an_operators_affair(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "zenpy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "zenpy", None)
    made = desk(Settings(zendesk_subdomain="example", zendesk_email="a@example.com", zendesk_token="t"))
    assert made
    with pytest.raises(MisconfiguredError, match=r"supportbot\[zendesk\]"):
        made.open(question_id=QuestionId("q1"), subject="s", transcript="t", asked_by="slack:T1:U1")


def test_a_person_sees_that_it_is_worked_on_before_access_is_looked_up(here: Office) -> None:
    seen: list[str] = []
    real = here.access.scope

    def scope(*given: Any) -> Any:
        seen.extend(each["status"] for each in here.slack.world.sessions.values())
        return real(*given)

    here.access.scope = scope  # type: ignore[assignment, method-assign]
    asked = here.mention("how?")
    here.work()
    here.only(asked)
    assert seen == ["processing"]
    assert len(here.slack.calls("agents.sessions.setStatus")) == 2


class TestPerson:
    def test_in_a_direct_message_it_is_said_who_does_not_read_there(self, tmp_path: Path) -> None:
        with office(tmp_path, humans="S0HUMANS") as here:
            asked = here.slack.say(here.slack.direct(here.ada), here.ada, "how?")
            here.work()
            here.slack.click(here.ada, here.only(asked), "ask_human")
            here.work()
            answer, said = map(words, here.replies(asked))
            assert "does not read" in said
            assert "No team is set up" not in said
            assert "Passed on" not in answer

    def test_what_people_wrote_is_named_as_such_to_the_operator(self, tmp_path: Path) -> None:
        class Desk:
            def open(self, **_: object) -> str:
                raise RejectedError("it does not like: I have that too")

        quoted = list[str]()
        with office(tmp_path, desk=Desk()) as here:
            here.core.failed = lambda *given: quoted.extend(given[2])  # type: ignore[method-assign]
            root = here.mention("how do I reset SSO?")
            here.work()
            here.slack.say(here.help, here.ben, "I have that too", thread=root)
            here.queue.jobs.clear()
            here.slack.click(here.ada, here.only(root), "ask_human")
            here.work()
        assert "how do I reset SSO?" in quoted
        assert any("I have that too" in each for each in quoted)
