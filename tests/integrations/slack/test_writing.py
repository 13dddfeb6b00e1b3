"""An answer on its way: streamed where Slack's rate allows, else changed now and then; whole at the end either way."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.local.workspace.nouns import Message
from integrations.slack.starting import Starts
from integrations.slack.writing import QUICK
from rag_core.domain import Answer
from tests.integrations.slack.office import Office, office, words

PARTS = ("Open Settings. ", "Choose Reset. ", "b" * 600 + ". ", "Then wait. [1]")
LONG = tuple(f"Paragraph {number}. " + "word " * 150 + "[1]\n\n" for number in range(30))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, echo=False) as made:
        made.core.parts = PARTS
        yield made


def ask(here: Office) -> Message:
    asked = here.mention("how do I reset SSO?")
    here.queue.jobs.pop()
    return asked


def methods(here: Office) -> list[str]:
    return [call.method for call in here.slack.calls() if call.method.startswith("chat.")]


def is_whole(reply: Message) -> bool:
    said = words(reply)
    return all(said.count(part.strip()) >= 1 for part in ("Open Settings.", "Choose Reset.", "Then wait."))


def test_it_is_streamed(here: Office) -> None:
    asked = ask(here)
    here.work()
    reply = here.only(asked)
    assert is_whole(reply)
    assert methods(here) == ["chat.startStream", "chat.appendStream", "chat.stopStream"]
    assert reply.streaming == "ended"
    assert reply.metadata
    start = here.slack.calls("chat.startStream")[0].arguments
    assert (start["recipient_user_id"], start["recipient_team_id"]) == (here.ada.id, here.slack.team.id)
    assert "not_helpful:" in words(reply)


def test_what_comes_in_one_piece_is_posted(here: Office) -> None:
    here.core.parts = ("Done. [1]",)
    here.only(ask_and_work(here))
    assert methods(here) == ["chat.postMessage"]


def test_the_first_words_of_a_slow_answer_wait_for_no_others(here: Office) -> None:
    seen: list[str] = []
    asked, answer = ask(here), here.core.answer

    def slow(*args: Any, **more: Any) -> Answer:
        time.sleep(QUICK)
        return answer(*args, **more)

    here.core.answer = slow  # type: ignore[method-assign]
    here.core.during = lambda: seen.extend(words(reply) for reply in here.replies(asked))
    here.work()
    assert "Open Settings." in seen[0]
    assert "Choose Reset." not in seen[0]
    assert is_whole(here.only(asked))


def ask_and_work(here: Office) -> Message:
    asked = ask(here)
    here.work()
    return asked


@pytest.mark.parametrize("code", ["ratelimited", "not_allowed_token_type", "channel_type_not_supported"])
def test_without_a_stream_a_message_is_changed(here: Office, code: str) -> None:
    if code == "ratelimited":
        here.slack.faults.limit("chat.startStream", None, retry_after=30)
    else:
        here.slack.faults.error("chat.startStream", code, times=None)
    reply = here.only(ask_and_work(here))
    assert is_whole(reply)
    assert methods(here)[0] == "chat.postMessage"
    assert methods(here)[-1] == "chat.update"


def test_our_own_count_of_streams_keeps_below_slacks_limit(tmp_path: Path) -> None:
    with office(tmp_path, limits=True, echo=False, starts=Starts(2)) as here:
        here.core.parts = PARTS
        channels = [here.slack.add_channel(f"c{number}", here.ada) for number in range(4)]
        asked = [here.mention("how?", channel=channel) for channel in channels]
        here.work()
        assert len(here.slack.calls("chat.startStream")) == 2
        assert all(is_whole(here.only(each)) for each in asked)


def test_starts_are_counted_by_the_minute() -> None:
    now = [0.0]
    starts = Starts(2, clock=lambda: now[0])
    assert [starts.take("T1"), starts.take("T1"), starts.take("T1"), starts.take("T2")] == [True, True, False, True]
    now[0] = 61
    assert starts.take("T1")


@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream"])
@pytest.mark.parametrize("code", ["message_not_in_streaming_state", "msg_too_long"])
def test_a_stream_that_ends_early_leaves_the_whole_answer(here: Office, method: str, code: str) -> None:
    asked = ask(here)
    if code == "message_not_in_streaming_state":
        here.core.during = lambda: here.slack.pass_time(400) if here.slack.calls("chat.startStream") else None
    else:
        here.slack.faults.error(method, code)
    here.work()
    reply = here.only(asked)
    assert is_whole(reply)
    assert "not_helpful:" in words(reply)
    assert words(reply).count("Choose Reset.") <= 2


@pytest.mark.parametrize("fault", ["lose", "refuse", "fail", "limit"])
def test_an_append_that_is_lost_is_not_said_twice(here: Office, fault: str) -> None:
    asked = ask(here)
    getattr(here.slack.faults, fault)("chat.appendStream", None)
    here.work()
    reply = here.only(asked)
    assert is_whole(reply)
    assert str(reply.blocks).count("b" * 600) == 1


def test_who_presses_stop_is_left_with_what_there_is(here: Office) -> None:
    asked = ask(here)
    here.core.during = lambda: (
        here.slack.stop(here.ada, here.help, asked) if len(here.slack.calls("chat.startStream")) else None
    )
    here.work()
    reply = here.only(asked)
    assert "Choose Reset" in words(reply)
    assert "Then wait" not in words(reply)
    assert here.slack.world.sessions[(here.help.id, asked.ts)]["status"] == "active"
    here.work()
    assert here.slack.thread(asked) == [reply]


def test_stop_before_anything_was_shown_says_so(here: Office) -> None:
    here.core.parts = ("Done. [1]",)
    asked = ask(here)

    def stop() -> None:
        here.slack.stop(here.ada, here.help, asked)
        here.finish(here.queue.jobs.pop())

    here.core.during = stop
    here.work()
    assert "Stopped" in words(here.only(asked))
    here.core.during = lambda: None
    again = here.mention("and now?", thread=asked)
    here.work()
    assert "Done." in words(here.replies(again)[-1])


@pytest.mark.parametrize("is_told", [True, False])
def test_stop_is_seen_before_the_model_has_ended(here: Office, is_told: bool) -> None:
    """Whether the event has come already, or only the stream takes no more."""
    here.core.parts = ("Open Settings. ", "b" * 600 + ". ", "c" * 600 + ". ", "Then wait. [1]")
    asked, statuses = ask(here), list[str]()

    def stop() -> None:
        if len(statuses) == 1:  # the stream has begun
            assert here.slack.calls("chat.startStream")
            here.slack.stop(here.ada, here.help, asked)
            stopped = here.queue.jobs.pop()
            here.finish(stopped) if is_told else None
        statuses.append(here.slack.world.sessions[here.help.id, asked.ts]["status"])

    here.core.during = stop
    here.work()
    assert statuses[-1] == "active"
    assert "Open Settings" in words(here.only(asked))


def test_stop_before_anything_was_shown_is_said_before_the_model_has_ended(here: Office) -> None:
    asked, said = ask(here), list[str]()

    def stop() -> None:
        if not said:
            here.slack.stop(here.ada, here.help, asked)
            here.finish(here.queue.jobs.pop())
        said.append(" ".join(map(words, here.replies(asked))))

    here.core.during = stop
    here.work()
    assert "Stopped" in said[-1]
    assert "Stopped" in words(here.only(asked))


def test_what_was_changed_now_and_then_says_that_it_was_stopped(here: Office) -> None:
    here.slack.faults.error("chat.startStream", "not_allowed", times=None)
    asked = ask(here)

    def stop() -> None:
        if here.replies(asked):
            here.slack.stop(here.ada, here.help, asked)
            while here.queue.jobs:
                here.finish(here.queue.jobs.pop())

    here.core.during = stop
    here.work()
    said = words(here.only(asked))
    assert "Choose Reset" in said
    assert "Then wait" not in said
    assert "Stopped" in said
    assert "Still writing" not in str(here.only(asked).blocks)


@pytest.mark.parametrize("is_streamed", [True, False])
def test_a_long_answer_goes_on_in_further_messages(here: Office, is_streamed: bool) -> None:
    here.core.parts = LONG
    if not is_streamed:
        here.slack.faults.error("chat.startStream", "not_allowed", times=None)
    replies = here.replies(ask_and_work(here))
    said = " ".join(str(reply.blocks) for reply in replies)
    assert len(replies) > 1
    assert [said.count(f"Paragraph {number}. ") for number in range(30)] == [1] * 30
    assert ["not_helpful:" in words(reply) for reply in replies] == [False] * (len(replies) - 1) + [True]
    assert all(reply.metadata for reply in replies)


def test_a_reply_that_somebody_deleted_stays_away(here: Office) -> None:
    here.slack.faults.error("agents.sessions.setStatus", "not_allowed", times=None)
    asked = ask(here)
    here.slack.faults.error("chat.startStream", "not_allowed", times=None)
    here.slack.faults.error("chat.update", "message_not_found", times=None)
    here.work()
    assert len(here.slack.calls("chat.postMessage")) == 1
    here.only(asked)
