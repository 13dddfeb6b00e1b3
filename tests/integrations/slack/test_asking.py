"""A question in Slack, end to end: real Bolt and SDK against the simulated Slack."""

from pathlib import Path

import pytest

from integrations.slack.modals import ChannelSettings
from rag_core.domain import Audience, Deadline, QuestionId
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from tests.integrations.slack.office import TEXT, Office, office, words


def test_a_mention_is_answered_in_its_thread(here: Office) -> None:
    asked = here.mention("how do I reset &lt;SSO&gt;, <@U123|kim>? See <https://help.example|this>")
    here.work()
    assert TEXT.split(" [1]")[0] in words(here.only(asked))
    assert here.core.asked_texts == ["how do I reset <SSO>, @kim? See this (https://help.example)"]
    assert here.core.asked[0].asked_by == f"slack:{here.slack.team.id}:{here.ada.id}"
    assert here.core.asked[0].channel == "slack"
    [post] = here.slack.calls("chat.postMessage")
    assert (post.arguments["unfurl_links"], post.arguments["unfurl_media"]) == (False, False)


def test_the_mention_that_slack_sends_twice_is_answered_once(here: Office) -> None:
    asked = here.mention("how do I reset SSO?")
    assert len(here.queue.jobs) == 2
    here.work()
    here.only(asked)
    assert len(here.core.asked) == 1


def test_an_event_that_comes_again_much_later_is_not_answered_again(here: Office) -> None:
    asked = here.mention("how do I reset SSO?")
    job = here.queue.jobs[0]
    here.work()
    here.core.now = 13 * 24 * 3600
    here.finish(job)
    here.only(asked)
    assert len(here.core.asked) == 1


def test_somebody_sees_at_once_that_it_is_worked_on(here: Office) -> None:
    seen: list[object] = []
    asked = here.mention("how?")
    here.core.during = lambda: seen.append(dict(here.slack.world.sessions[(here.help.id, asked.ts)]))
    here.work()
    assert [each["status"] for each in seen if isinstance(each, dict)] == ["processing"]
    assert here.slack.world.sessions[(here.help.id, asked.ts)]["status"] == "active"


def test_where_no_status_can_be_shown_there_is_a_placeholder(here: Office) -> None:
    here.slack.faults.error("agents.sessions.setStatus", "not_allowed", times=None)
    seen: list[str] = []
    asked = here.mention("how?")
    here.core.during = lambda: seen.append(words(here.only(asked)))
    here.work()
    assert "Reading the question" in seen[0]
    assert TEXT.split(" [1]")[0] in words(here.only(asked))


def test_a_direct_message_needs_no_mention(here: Office) -> None:
    asked = here.slack.say(here.slack.direct(here.ada), here.ada, "reset SSO")
    here.work()
    assert TEXT.split(" [1]")[0] in words(here.only(asked))


def test_a_greeting_is_greeted_and_thanks_are_left_alone(here: Office) -> None:
    direct = here.slack.direct(here.ada)
    hello, thanks = here.slack.say(direct, here.ada, "hello"), here.slack.say(direct, here.ada, "thank you so much!")
    here.work()
    assert "Ask me a question" in words(here.only(hello))
    assert here.replies(thanks) == []
    assert not here.core.asked


def test_a_mention_alone_is_asked_what_it_wants(here: Office) -> None:
    asked = here.mention("")
    here.work()
    assert "What would you like to know?" in words(here.only(asked))


def test_a_mention_alone_in_a_thread_asks_what_the_thread_is_about(here: Office) -> None:
    root = here.slack.say(here.help, here.ben, "how do I reset SSO?")
    here.work()
    assert not here.core.asked
    here.mention("", thread=root)
    here.work()
    assert here.core.asked_texts == ["how do I reset SSO?"]


class TestIgnored:
    def test_edits_and_deletions(self, here: Office) -> None:
        asked = here.mention("how?")
        here.work()
        here.slack.edit(here.ada, asked, f"<@{here.slack.bot.id}> how do I?")
        here.work()
        assert len(here.core.asked) == 1

    @pytest.mark.parametrize(
        "event",
        [
            {"subtype": "bot_message", "bot_id": "B0OTHER"},
            {"bot_id": "B0OTHER", "user": "U0OTHERBOT"},
            {"user": "USLACKBOT"},
            {"subtype": "channel_join", "user": "U0KIM"},
            {"subtype": "message_changed", "message": {"text": "how?"}},
            {"subtype": "message_deleted"},
            {},
        ],
    )
    @pytest.mark.parametrize("kind", ["message", "app_mention"])
    def test_what_no_person_wrote(self, here: Office, event: dict[str, object], kind: str) -> None:
        text = f"<@{here.slack.bot.id}> how?"
        event = {"type": kind, "channel": here.help.id, "ts": "1700000000.000100", "text": text, **event}
        here.worker.work(here.event(**event), deadline(), False)
        assert not here.core.asked

    def test_what_we_wrote_ourselves(self, here: Office) -> None:
        event = {"type": "message", "channel": here.help.id, "ts": "1700000000.000100", "user": here.slack.bot.id}
        here.worker.work(here.event(**event, text=f"<@{here.slack.bot.id}> how?"), deadline(), False)
        assert not here.core.asked


class TestFailing:
    @pytest.mark.parametrize("error", [UnavailableError("the index is down"), ZeroDivisionError()])
    def test_what_fails_for_good_is_said_with_an_id(self, here: Office, error: Exception) -> None:
        here.core.error = error
        asked = here.mention("how?")
        job = here.queue.jobs.popleft()
        here.queue.jobs.clear()
        assert here.finish(job) == 5
        [(named, told)] = here.core.failures
        assert told is error
        assert named in words(here.only(asked))
        here.core.error = None
        here.finish(job)
        here.only(asked)

    @pytest.mark.parametrize("deliveries", [1, 2])
    def test_it_takes_the_place_of_what_was_streamed(self, here: Office, deliveries: int) -> None:
        def fail() -> None:
            raise UnavailableError("the model is down")

        here.core.parts = ("One. ", "Two. ")
        asked = here.mention("how?")
        here.core.during = lambda: fail() if here.slack.calls("chat.startStream") else None
        here.work(deliveries=deliveries)
        reply = here.only(asked)
        assert here.core.failures[0][0] in words(reply)
        assert "One." not in words(reply)
        assert reply.streaming != "open"

    def test_what_will_never_be_answered_is_said_at_once(self, here: Office) -> None:
        here.core.error = RejectedError("a question has at most 4,000 characters")
        asked = here.mention("how?")
        here.deliver(here.queue.jobs[0])
        assert "at most 4,000 characters" in words(here.only(asked))

    def test_an_operators_mistake_is_said_without_its_details(self, here: Office) -> None:
        here.core.error = MisconfiguredError("set SUPPORTBOT_SECRET_THING")
        asked = here.mention("how?")
        here.deliver(here.queue.jobs[0])
        assert "SECRET_THING" not in words(here.only(asked))
        assert isinstance(here.core.failures[0][1], MisconfiguredError)

    def test_where_nothing_may_be_said_the_operator_is_told(self, here: Office) -> None:
        here.mention("how?")
        here.slack.faults.error("chat.postMessage", "is_archived", times=None)
        here.work()
        [(named, _)] = here.core.failures
        assert named

    def test_a_question_is_not_begun_without_time_for_it(self, here: Office) -> None:
        here.mention("how?")
        with pytest.raises(UnavailableError, match="no time"):
            here.deliver(here.queue.jobs[0], seconds=2)
        assert not here.core.asked

    def test_a_token_that_slack_does_not_accept_is_an_operators_affair(self, here: Office) -> None:
        here.mention("how?")
        here.slack.faults.error("*", "invalid_auth", times=None)
        with pytest.raises(MisconfiguredError):
            here.deliver(here.queue.jobs[0])


def test_who_asks_too_much_is_told_kindly(tmp_path: Path) -> None:
    class Stingy:
        def admit(self, team: str, user: str, question_id: QuestionId) -> str | None:
            return "You have asked a lot & I need a rest."

    with office(tmp_path, quotas=Stingy()) as here:
        asked = here.mention("how?")
        here.work()
        assert "a lot &amp; I need" in words(here.only(asked))
        assert not here.core.asked


class TestWelcoming:
    def test_the_messages_tab_has_something_to_begin_with(self, here: Office) -> None:
        here.slack.open_home(here.ada, "messages")
        here.work()
        [prompts] = here.slack.world.prompts.values()
        assert 0 < len(prompts["prompts"]) <= 4

    def test_app_home_shows_the_week_to_admins_alone(self, here: Office) -> None:
        here.access.admins.add(here.ada.id)
        for user in (here.ada, here.ben):
            here.slack.open_home(user, "home")
        here.work()
        shown = [str(view.content) if (view := here.slack.home(user)) else "" for user in (here.ada, here.ben)]
        assert "How do I fly?" in shown[0]
        assert "How do I fly?" not in shown[1]
        assert "What I can do" in shown[1]

    def test_channel_settings_are_kept_for_an_admin_and_shown(self, here: Office) -> None:
        here.access.admins.add(here.ada.id)
        for user in (here.ada, here.ben):
            here.slack.open_home(user, "home")
            here.work()
        home = here.slack.home(here.ada)
        assert home
        here.slack.click(here.ada, home, "open_channel_settings")
        modal = here.slack.modal(here.ada)
        assert modal
        given = {"channel": here.help.id, "audience": "internal", "automatic": ["on"]}
        assert here.slack.submit(here.ada, modal, given).accepted
        here.work()
        assert here.access.settled == [ChannelSettings(here.help.id, Audience.INTERNAL, None, True)]
        home = here.slack.home(here.ada)
        assert home
        assert here.help.id in str(home.content)


def deadline() -> Deadline:
    return Deadline.within(20)
