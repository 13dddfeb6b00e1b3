"""Answers that one person sees: the shortcut and the command; shared by their asker, once."""

import json

import pytest

from bot.local.workspace.nouns import Message, User
from integrations.slack.fetching import Web
from rag_core.domain import Audience, Deadline
from rag_core.errors import RejectedError, UnavailableError
from tests.integrations.slack.office import TEXT, Office, words

ANSWER = TEXT.split(" [1]")[0]


def drafts(here: Office, user: User) -> list[Message]:
    return [each for each in here.slack.whispers(user) if "Asked with `/support`" not in words(each)]


def draft_of(here: Office, text: str = "how do I reset SSO?") -> tuple[Message, Message]:
    """A message of Ben's, and the draft for it that Ada wanted."""
    root = here.slack.say(here.help, here.ben, text)
    here.work()
    here.slack.shortcut(here.ada, root, "answer_message")
    here.work()
    [draft] = drafts(here, here.ada)
    return root, draft


class TestShortcut:
    def test_the_draft_is_shown_to_who_wanted_it_alone(self, here: Office) -> None:
        root, draft = draft_of(here)
        assert ANSWER in words(draft)
        assert here.core.asked[0].text == "how do I reset SSO?"
        assert here.core.asked[0].asked_by.endswith(here.ada.id)
        assert here.slack.thread(root) == []
        assert not here.slack.whispers(here.ben)

    def test_it_works_where_the_bot_is_no_member(self, here: Office) -> None:
        elsewhere = here.slack.add_channel("elsewhere", here.ada, bot=False)
        root = here.slack.say(elsewhere, here.ada, "how do I reset SSO?")
        here.slack.shortcut(here.ada, root, "answer_message")
        here.work()
        assert ANSWER in words(drafts(here, here.ada)[0])

    def test_a_delivery_that_comes_again_shows_nothing_more(self, here: Office) -> None:
        root = here.slack.say(here.help, here.ben, "how?")
        here.slack.shortcut(here.ada, root, "answer_message")
        job = here.queue.jobs[-1]
        here.work()
        here.finish(job)
        assert len(drafts(here, here.ada)) == 1
        assert len(here.core.asked) == 1

    def test_wanted_again_it_is_drafted_again(self, here: Office) -> None:
        root, _ = draft_of(here)
        here.slack.shortcut(here.ada, root, "answer_message")
        here.work()
        assert len(drafts(here, here.ada)) == 2


class TestCommand:
    def test_the_answer_is_shown_to_who_asked_alone(self, here: Office) -> None:
        here.slack.command(here.ada, here.help, "/support", "how do I reset SSO?")
        here.work()
        assert ANSWER in words(drafts(here, here.ada)[0])
        assert not here.slack.whispers(here.ben)
        assert not here.slack.calls("chat.postMessage")

    def test_without_a_question_it_is_told_what_to_do(self, here: Office) -> None:
        here.slack.command(here.ada, here.help, "/support", "")
        here.work()
        assert "What would you like to know?" in words(drafts(here, here.ada)[0])

    def test_where_the_response_url_is_too_old_it_is_shown_all_the_same(self, here: Office) -> None:
        here.slack.command(here.ada, here.help, "/support", "how?")
        here.slack.pass_time(3_600)
        here.work()
        assert ANSWER in words(drafts(here, here.ada)[0])

    def test_where_its_blocks_are_refused_it_is_shown_in_plainer_ones(self, here: Office) -> None:
        here.slack.faults.fail("response_url", status=400)
        here.slack.faults.error("chat.postEphemeral", "channel_not_found", times=None)
        here.slack.command(here.ada, here.help, "/support", "how?")
        here.work()
        [draft] = drafts(here, here.ada)
        assert ANSWER in words(draft)
        assert "markdown" not in {block["type"] for block in draft.blocks}

    def test_a_lost_response_is_no_lost_answer(self, here: Office) -> None:
        here.slack.command(here.ada, here.help, "/support", "how?")
        here.slack.faults.refuse("response_url")
        here.work()
        assert len(drafts(here, here.ada)) == 1
        assert len(here.core.asked) == 1

    def test_what_fails_for_good_is_said(self, here: Office) -> None:
        here.core.error = UnavailableError("the index is down")
        here.slack.command(here.ada, here.help, "/support", "how?")
        here.work()
        [(named, _)] = here.core.failures
        assert named in words(drafts(here, here.ada)[0])

    def test_what_will_never_be_answered_is_said(self, here: Office) -> None:
        here.core.error = RejectedError("too long by far")
        here.slack.command(here.ada, here.help, "/support", "how?")
        here.deliver(here.queue.jobs[-1])
        assert "too long by far" in words(drafts(here, here.ada)[0])


class TestSharing:
    def test_it_is_posted_in_the_thread_once(self, here: Office) -> None:
        root, draft = draft_of(here)
        here.slack.click(here.ada, draft, "share")
        job = here.queue.jobs[-1]
        here.work()
        here.finish(job)
        reply = here.only(root)
        assert ANSWER in words(reply)
        assert f"<@{here.ada.id}>" in words(reply)
        assert "Shared to" in words(drafts(here, here.ada)[0])

    def test_from_a_command_it_is_posted_in_the_channel_once(self, here: Office) -> None:
        here.slack.command(here.ada, here.help, "/support", "how?")
        here.work()
        here.slack.faults.lose("chat.postMessage")
        here.slack.click(here.ada, drafts(here, here.ada)[0], "share")
        here.work()
        [posted] = here.slack.messages(here.help)
        assert ANSWER in words(posted)

    def test_another_cannot(self, here: Office) -> None:
        root, draft = draft_of(here)
        here.slack.click(here.ada, draft, "share")
        job = here.queue.jobs.pop()
        assert job.event
        payload = json.loads(job.event)
        payload["user"] = {"id": here.ben.id, "team_id": here.slack.team.id}
        here.worker.work(json.dumps(payload), Deadline.within(20), False)
        assert here.replies(root) == []

    def test_not_where_others_read_than_it_was_made_for(self, here: Office) -> None:
        here.access.audience = Audience.INTERNAL
        root, draft = draft_of(here)
        here.access.audience = Audience.PUBLIC
        here.slack.click(here.ada, draft, "share")
        here.work()
        assert here.replies(root) == []

    def test_not_into_another_channel(self, here: Office) -> None:
        root, draft = draft_of(here)
        here.slack.click(here.ada, draft, "share")
        job = here.queue.jobs.pop()
        other = here.slack.add_channel("other", here.ada)
        assert job.event
        payload = json.loads(job.event)
        value = json.loads(payload["actions"][0]["value"]) | {"channel": other.id, "thread_ts": None}
        payload["actions"][0]["value"] = json.dumps(value)
        here.worker.work(json.dumps(payload), Deadline.within(20), False)
        assert here.slack.messages(other) == []
        assert here.replies(root) == []

    def test_where_we_are_not_it_is_said_and_can_be_pressed_again(self, here: Office) -> None:
        elsewhere = here.slack.add_channel("elsewhere", here.ada, bot=False)
        root = here.slack.say(elsewhere, here.ada, "how?")
        here.slack.shortcut(here.ada, root, "answer_message")
        here.work()
        draft = drafts(here, here.ada)[0]
        here.slack.click(here.ada, draft, "share")
        here.work()
        assert any("could not share" in words(each) for each in drafts(here, here.ada))
        here.slack.invite(elsewhere, here.slack.bot)
        here.slack.click(here.ada, draft, "share")
        here.work()
        assert ANSWER in words(here.only(root))

    def test_discarded_it_is_gone(self, here: Office) -> None:
        root, draft = draft_of(here)
        here.slack.click(here.ada, draft, "discard")
        here.work()
        assert drafts(here, here.ada) == []
        assert here.slack.thread(root) == []


LONG = tuple(f"Step {number} of many: open Settings and choose what is written there. [1]\n\n" for number in range(400))


class TestParts:
    """A draft that is longer than one message."""

    @pytest.fixture
    def draft(self, here: Office) -> Message:
        here.core.parts = LONG
        _, draft = draft_of(here)
        return draft

    def press(self, here: Office, draft: Message, name: str) -> None:
        here.slack.click(here.ada, draft, name)
        here.work()

    def test_its_parts_take_turns_in_one_message(self, here: Office, draft: Message) -> None:
        seen = [words(draft)]
        while "later_part" in words(draft):
            self.press(here, draft, "later_part")
            assert drafts(here, here.ada) == [draft]
            seen.append(words(draft))
        assert len(seen) > 2
        for number in range(len(LONG)):
            assert sum(f"Step {number} of many" in each for each in seen) == 1
        self.press(here, draft, "earlier_part")
        assert words(draft) == seen[-2]
        assert len(here.core.asked) == 1

    def test_a_turn_that_is_delivered_again_changes_nothing(self, here: Office, draft: Message) -> None:
        here.slack.click(here.ada, draft, "later_part")
        job = here.queue.jobs[-1]
        here.work()
        shown = words(draft)
        here.finish(job)
        assert words(draft) == shown

    def test_discarded_all_of_it_is_gone(self, here: Office, draft: Message) -> None:
        self.press(here, draft, "later_part")
        self.press(here, draft, "discard")
        assert drafts(here, here.ada) == []

    def test_shared_from_any_part_the_whole_is_posted(self, here: Office, draft: Message) -> None:
        root = next(each for each in here.slack.messages(here.help) if each.user == here.ben.id)
        self.press(here, draft, "later_part")
        self.press(here, draft, "share")
        posted = "".join(map(words, here.replies(root)))
        assert all(f"Step {number} of many" in posted for number in range(len(LONG)))
        [left] = drafts(here, here.ada)
        assert "Shared to" in words(left)

    def test_another_cannot_turn_it(self, here: Office, draft: Message) -> None:
        before = words(draft)
        here.slack.click(here.ada, draft, "later_part")
        job = here.queue.jobs.pop()
        payload = json.loads(job.event or "")
        payload["user"] = {"id": here.ben.id, "team_id": here.slack.team.id}
        here.worker.work(json.dumps(payload), Deadline.within(20), False)
        assert words(draft) == before

    def test_once_others_read_there_its_parts_are_not_shown(self, here: Office) -> None:
        here.core.parts, here.access.audience = LONG, Audience.INTERNAL
        _, draft = draft_of(here)
        here.access.audience = Audience.PUBLIC
        before = words(draft)
        self.press(here, draft, "later_part")
        assert words(draft) == before
        assert any("somebody else may read here now" in words(each) for each in drafts(here, here.ada))

    def test_where_its_blocks_are_refused_a_part_is_shown_in_plainer_ones(self, here: Office, draft: Message) -> None:
        here.slack.faults.fail("response_url", status=400)
        self.press(here, draft, "later_part")
        assert "Part 2 of" in words(draft)
        assert "markdown" not in {block["type"] for block in draft.blocks}

    def test_an_image_that_was_not_read_is_said_in_the_same_message(self, here: Office) -> None:
        root = here.slack.say(here.help, here.ben, "how?", files={"screen.png": b"\x89PNG"})
        here.work()
        here.slack.shortcut(here.ada, root, "answer_message")
        here.work()
        [draft] = drafts(here, here.ada)
        assert "screen.png" in words(draft)
        self.press(here, draft, "discard")
        assert drafts(here, here.ada) == []

    def test_beside_a_long_draft_that_is_said_on_the_part_that_is_read_first(self, here: Office) -> None:
        here.core.parts = LONG
        root = here.slack.say(here.help, here.ben, "how?", files={"screen.png": b"\x89PNG"})
        here.work()
        here.slack.shortcut(here.ada, root, "answer_message")
        here.work()
        [draft] = drafts(here, here.ada)
        assert "Part 1 of" in words(draft)
        assert "screen.png" in words(draft)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://hooks.slack.com/x",
        "https://hooks.slack.com.evil.example/x",
        "https://hooks.slack.com@evil.example/x",
        "https://hooks.slack.com:8443/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_response_url_that_is_not_slacks_is_not_called(url: str) -> None:
    with pytest.raises(RejectedError):
        Web().respond(url, {}, Deadline.within(5))


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://files.slack.com/x",
        "https://files.slack.com.evil.example/x",
        "https://a\\.slack.com/x",
        "https://files.slack.com@evil.example/x",
        "https://evilslack.com/x",
        "",
    ],
)
def test_a_file_that_is_not_slacks_is_not_fetched(url: str) -> None:
    with pytest.raises(RejectedError):
        Web().download(url, "xoxb-secret", 10, Deadline.within(5))
