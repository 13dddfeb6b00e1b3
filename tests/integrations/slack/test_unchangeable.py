"""Where a workspace lets nobody edit messages, some minutes later or at once, or delete them: one whole answer."""

from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from bot.local.workspace.nouns import Message
from integrations.slack.replying import INSTEAD
from rag_core.errors import UnavailableError
from tests.integrations.slack.office import TEXT, Office, office, words
from tests.integrations.slack.test_crashing import LATER, LONG, first_job, killed_at

PARTS = ("Open Settings. ", "Choose Reset. ", "Done. [1]")
REPLACED = INSTEAD.partition(":")[0]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    """Without statuses and streams: what is shown first is a message that has to be changed."""
    with office(tmp_path) as made:
        made.slack.faults.error("agents.sessions.setStatus", "not_allowed", times=None)
        made.slack.faults.error("chat.startStream", "not_allowed", times=None)
        made.slack.team.edit_window = 0
        yield made


def is_whole(replies: list[Message], parts: tuple[str, ...] = PARTS) -> bool:
    """Each part of the answer in one message, in its order, and nothing that is still waited for."""
    said = [words(reply) for reply in replies]
    where = [[at for at, each in enumerate(said) if part.split("[1]")[0].strip()[:25] in each] for part in parts]
    once = all(len(found) == 1 for found in where)
    return once and where == sorted(where) and not any("hourglass" in each for each in said)


def test_the_answer_stands_in_the_place_of_the_placeholder(here: Office) -> None:
    here.core.parts = PARTS
    asked = here.mention("how?")
    here.work()
    assert is_whole([here.only(asked)])
    assert REPLACED not in words(here.only(asked))


def test_within_the_time_it_is_changed_as_everywhere(here: Office) -> None:
    here.slack.team.edit_window = 60
    asked = here.mention("how?")
    here.work()
    assert TEXT.split(" [1]")[0] in words(here.only(asked))
    assert len(here.slack.calls("chat.postMessage")) == 1
    assert not here.slack.calls("chat.delete")


def test_what_comes_too_late_for_the_placeholder_is_there_once(here: Office) -> None:
    here.slack.team.edit_window = 60
    asked = here.mention("how?")
    job = first_job(here)
    here.core.error = UnavailableError("the index is down")
    with pytest.raises(UnavailableError):
        here.deliver(job)
    assert "hourglass" in words(here.only(asked))
    here.core.error = None
    here.slack.pass_time(61)
    here.finish(job)
    assert is_whole([here.only(asked)], (TEXT,))


def test_an_apology_takes_its_place_too(here: Office) -> None:
    asked = here.mention("how?")
    here.core.error = UnavailableError("the index is down")
    here.work()
    [(named, _)] = here.core.failures
    assert named in words(here.only(asked))


def test_a_long_answer_keeps_its_order(here: Office) -> None:
    """Its first part may not be changed any more, the second might be: that one too goes, and both are posted anew."""
    here.slack.team.edit_window = 60
    here.core.parts = LONG
    for step in count(1):
        asked = here.mention("how?")
        job = first_job(here)
        killed_at(here, step, after=True, work=partial(here.deliver, job))
        if len(here.replies(asked)) == 2:
            break
        here.core.now += LATER
        here.finish(job)
    first, second = here.replies(asked)
    first.kept -= 61
    assert first.metadata
    first.metadata["event_payload"]["said"] = "something else"
    here.core.now += LATER
    here.finish(job)
    assert is_whole(here.replies(asked), LONG)
    assert not {first.ts, second.ts} & {each.ts for each in here.replies(asked)}


def test_where_nothing_may_be_deleted_it_is_below_and_says_so(here: Office) -> None:
    here.slack.team.may_delete = False
    here.core.parts = PARTS
    asked = here.mention("how?")
    here.work()
    first, last = here.replies(asked)
    assert "hourglass" in words(first)
    assert is_whole([last])
    assert REPLACED in words(last)


def answers(here: Office, asked: Message) -> list[Message]:
    """What is said in the thread, but for a placeholder that has to stay."""
    replies = here.replies(asked)
    return [each for each in replies if here.slack.team.may_delete or "hourglass" not in words(each)]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("how", ["short", "long", "short, undeletable", "long, undeletable"])
def test_killed_at_any_step_it_is_there_once(here: Office, how: str, after: bool) -> None:
    here.core.parts = LONG if how.startswith("long") else PARTS
    here.slack.team.may_delete = "undeletable" not in how
    for step in count(1):
        asked = here.mention(f"how do I reset SSO? ({step})")
        job = first_job(here)
        died = killed_at(here, step, after=after, work=partial(here.deliver, job))
        if died:
            here.core.now += LATER
            here.finish(job)
        here.core.now += LATER
        here.finish(job)
        assert is_whole(answers(here, asked), here.core.parts), step
        if not died:
            break
    assert step > 4


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update", "chat.delete", "conversations.replies"])
@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("how", ["lose", "refuse", "lose, undeletable", "refuse, undeletable"])
def test_a_lost_response_does_not_post_twice(here: Office, method: str, times: int, how: str) -> None:
    here.core.parts, here.slack.team.may_delete = PARTS, "undeletable" not in how
    asked = here.mention("how?")
    job = first_job(here)
    getattr(here.slack.faults, how.partition(",")[0])(method, times)
    here.finish(job)
    assert is_whole(answers(here, asked))


def test_a_placeholder_that_has_to_stay_is_not_taken_for_an_answer_that_never_came(here: Office) -> None:
    here.slack.team.may_delete = False
    here.core.during = lambda: here.slack.faults.refuse("chat.postMessage")
    asked = here.mention("how?")
    job = first_job(here)
    with pytest.raises(UnavailableError):
        here.deliver(job)
    here.core.during = lambda: None
    here.finish(job)
    assert is_whole(answers(here, asked), (TEXT,))


def test_who_marks_it_as_resolved_is_told_where_the_answer_cannot_say_it(here: Office) -> None:
    asked = here.mention("how?")
    here.work()
    here.slack.click(here.ben, here.only(asked), "resolved")
    here.work()
    [told] = here.slack.whispers(here.ben)
    assert "Marked as resolved" in words(told)
