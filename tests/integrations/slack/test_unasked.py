"""Answers to what mentions nobody: a follow-up in a thread, and whatever is asked where it is switched on."""

import pytest

from rag_core.domain import Audience, Outcome
from rag_core.errors import UnavailableError
from tests.integrations.slack.office import Office


class TestFollowUp:
    def test_it_needs_no_mention_and_knows_what_was_asked_before(self, here: Office) -> None:
        root = here.mention("how do I reset SSO?")
        here.work()
        here.slack.say(here.help, here.ada, "and for guests?", thread=root)
        here.work()
        assert here.core.asked_texts == ["how do I reset SSO?", "and for guests?"]
        assert here.core.asked[1].previous == "how do I reset SSO?"
        assert len(here.replies(root)) == 2

    @pytest.mark.parametrize("text", ["thanks!", "<@U0BEN> what do you think?", "We shipped it", ":tada:"])
    def test_what_asks_nothing_of_us_is_left_alone(self, here: Office, text: str) -> None:
        root = here.mention("how do I reset SSO?")
        here.work()
        here.slack.say(here.help, here.ada, text, thread=root)
        here.work()
        assert len(here.core.asked) == 1

    def test_only_who_asked_is_followed(self, here: Office) -> None:
        root = here.mention("how do I reset SSO?")
        here.work()
        here.slack.say(here.help, here.ben, "and what about guests?", thread=root)
        here.work()
        assert len(here.core.asked) == 1

    def test_a_thread_that_we_are_not_in_is_left_alone(self, here: Office) -> None:
        root = here.slack.say(here.help, here.ada, "how do I reset SSO?")
        here.slack.say(here.help, here.ada, "and what about guests?", thread=root)
        here.work()
        assert not here.core.asked

    def test_what_was_asked_for_other_readers_is_not_followed_up_on(self, here: Office) -> None:
        here.access.audience = Audience.INTERNAL
        root = here.mention("what is the secret?")
        here.work()
        here.access.audience = Audience.PUBLIC
        here.slack.say(here.help, here.ada, "and who knows it?", thread=root)
        here.work()
        assert here.core.asked[1].previous is None
        assert here.core.asked[1].audience is Audience.PUBLIC

    def test_an_abstention_is_nothing_to_follow_up_on(self, here: Office) -> None:
        here.core.outcome = Outcome.NO_EVIDENCE
        root = here.mention("how do I fly?")
        here.work()
        here.slack.say(here.help, here.ada, "and how do I swim?", thread=root)
        here.work()
        assert here.core.asked[1].previous is None

    @pytest.mark.parametrize("button", ["resolved", "ask_human"])
    def test_after_it_is_settled_only_a_mention_is_answered(self, here: Office, button: str) -> None:
        root = here.mention("how do I reset SSO?")
        here.work()
        here.slack.click(here.ada, here.only(root), button)
        here.work()
        here.slack.say(here.help, here.ada, "and what about guests?", thread=root)
        here.work()
        assert len(here.core.asked) == 1
        here.mention("and what about guests?", thread=root)
        here.work()
        assert len(here.core.asked) == 2

    def test_what_was_begun_is_gone_on_with_whatever_happened_since(self, here: Office) -> None:
        root = here.mention("how do I reset SSO?")
        here.work()
        here.slack.say(here.help, here.ada, "and for guests?", thread=root)
        job = here.queue.jobs.popleft()
        here.core.error = UnavailableError("the index is down")
        with pytest.raises(UnavailableError):
            here.deliver(job)
        here.core.error = None
        here.slack.click(here.ben, here.replies(root)[0], "resolved")
        here.work()
        here.finish(job)
        assert len(here.replies(root)) == 2


class TestAutomatic:
    @pytest.fixture(autouse=True)
    def _automatic(self, here: Office) -> None:
        here.access.automatic.add(here.help.id)

    def test_every_top_level_question_is_answered(self, here: Office) -> None:
        asked = here.slack.say(here.help, here.ada, "Login fails with an error since today")
        here.work()
        here.only(asked)

    @pytest.mark.parametrize(
        "text",
        [
            "thanks",
            "Thanks, that helped!",
            "good morning everyone",
            "lunch?",
            ":tada:",
            "We released 1.2 today",
            "<@U0BEN> can you look at this?",
        ],
    )
    def test_chatter_is_not(self, here: Office, text: str) -> None:
        here.slack.say(here.help, here.ada, text)
        here.work()
        assert not here.core.asked
        assert not here.slack.calls("chat.postMessage")

    def test_only_where_it_is_configured(self, here: Office) -> None:
        other = here.slack.add_channel("other", here.ada)
        here.slack.say(other, here.ada, "how do I reset SSO?")
        here.work()
        assert not here.core.asked
