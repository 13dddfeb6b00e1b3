"""Killed at every step, answered by nobody but once: whatever the one before left is found by the next."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from bot.local.workspace.nouns import Message
from integrations.slack.calling import Pace
from integrations.slack.turns import HeldError, Turn, Turns
from rag_core.domain import Deadline, Outcome, QuestionId
from rag_core.errors import UnavailableError
from rag_core.jobs import Job
from tests.integrations.slack.crashing import Fuse, Mined
from tests.integrations.slack.office import TEXT, Killed, Office, office, words

LATER = 600  # seconds: the claim of whoever was killed has ended
LONG = tuple(f"Paragraph {number}. " + "word " * 150 + "[1]\n\n" for number in range(20))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, echo=False) as made:
        yield made


def killed_at(here: Office, step: int, *, after: bool, work: Callable[[], object]) -> bool:
    """Whether the worker died: it did not when it has fewer steps."""
    core, fuse = here.core, Fuse(step, after=after)
    kept = core.records, core.claims, core.log
    core.records, core.claims = Mined(core.records, fuse), Mined(core.claims, fuse)
    core.log = Mined(core.log, fuse)
    here.worker = here.hire()
    try:
        work()
    except Killed:
        return True
    finally:
        core.records, core.claims, core.log = kept
        here.worker = here.hire()
    return False


def first_job(here: Office) -> Job:
    job = here.queue.jobs.popleft()
    here.queue.jobs.clear()
    return job


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    "how", ["in one piece", "streamed", "with a placeholder", "changed now and then", "long", "abstaining"]
)
def test_killed_at_any_step_it_is_answered_once(here: Office, how: str, after: bool) -> None:
    here.core.parts = {"in one piece": (TEXT,), "long": LONG}.get(
        how, ("Open Settings. ", "Choose Reset. ", "Done. [1]")
    )
    if how == "abstaining":
        here.core.outcome = Outcome.NO_EVIDENCE
    if how in ("with a placeholder", "changed now and then"):
        here.slack.faults.error("agents.sessions.setStatus", "not_allowed", times=None)
        here.slack.faults.error("chat.startStream", "not_allowed", times=None)
    for step in count(1):
        asked = here.mention(f"how do I reset SSO? ({step})")
        job = first_job(here)
        died = killed_at(here, step, after=after, work=partial(here.deliver, job))
        if died:
            here.core.now += LATER
            here.finish(job)
        here.core.now += LATER
        here.finish(job)
        check(here, asked, how)
        if not died:
            break
    assert step > 4


def check(here: Office, asked: Message, how: str) -> None:
    replies = here.replies(asked)
    said = " ".join(map(words, replies))
    for part in here.core.parts if how != "abstaining" else ("I don't know",):
        assert said.count(part.split("[1]")[0].strip()[:25]) in (1, 2)  # in the blocks, and in the fallback
    if how != "long":
        assert len(replies) == 1
    else:
        assert len(replies) == len({reply.ts for reply in replies}) == 2
    assert not any(reply.grows for reply in replies)


@pytest.mark.parametrize(
    "method",
    [
        "chat.postMessage",
        "chat.startStream",
        "chat.appendStream",
        "chat.stopStream",
        "chat.update",
        "conversations.replies",
        "agents.sessions.setStatus",
        "auth.test",
    ],
)
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_lost_response_does_not_post_twice(here: Office, method: str, times: int) -> None:
    for parts in ((TEXT,), ("Open Settings. ", "Choose Reset. ", "Then wait. ", "x" * 600, " [1]")):
        here.core.parts = parts
        asked = here.mention("how?")
        job = first_job(here)
        here.slack.faults.lose(method, times)
        deliveries = here.finish(job)
        here.slack.faults.clear()
        assert deliveries == 1 or times > 2  # what was done is found, or done again where that does no harm
        assert parts[-1].strip() in words(here.only(asked))


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.startStream", "chat.stopStream", "chat.update", "*"])
def test_too_many_requests_are_waited_for(here: Office, method: str) -> None:
    here.core.parts = ("Open Settings. ", "Choose Reset. ", "Done. [1]")
    asked = here.mention("how?")
    here.slack.faults.limit(method, 2, retry_after=0.1)
    here.finish(first_job(here))
    assert "Choose Reset" in words(here.only(asked))


def test_deliveries_in_parallel_make_one_answer(here: Office) -> None:
    asked = [here.mention(f"how? ({number})") for number in range(4)]
    jobs = [*here.queue.jobs] * 4

    def deliver(job: Job) -> None:
        with suppress(UnavailableError):  # another is at it
            here.deliver(job)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(deliver, jobs))
    assert all(len(here.replies(each)) == 1 for each in asked)
    assert len(here.core.asked) == 4


def test_who_is_killed_keeps_the_others_out_until_its_time_is_over(here: Office) -> None:
    here.mention("how?")
    job = first_job(here)
    assert killed_at(here, 3, after=True, work=partial(here.deliver, job))
    with pytest.raises(UnavailableError) as met:
        here.deliver(job)
    assert met.value.retry_after


def test_a_click_that_meets_the_one_before_it_comes_again_soon(here: Office) -> None:
    turns, deadline = Turns(here.core.records, here.core.claims), Deadline.within(20)
    click = Turn("T1", "C1", "", "rate#q1#U1", QuestionId("q1"), "U1", since="0")
    with turns.held(click, deadline), pytest.raises(HeldError) as met, turns.held(click, deadline):
        pass
    assert met.value.retry_after == 2


def test_two_streams_of_one_thread_are_never_mixed_up(here: Office) -> None:
    """Both die right after their stream has begun; each goes on with its own."""
    here.core.parts = ("This is on QUESTION. ", "Two. ", "Three. [1]")
    root = here.mention("first")
    here.mention("second", by=here.ben, thread=root)
    jobs = {job.id: job for job in here.queue.jobs if job.event and '"app_mention"' in job.event}
    here.queue.jobs.clear()
    for job in jobs.values():
        here.slack.faults.lose("chat.startStream")
        here.slack.faults.refuse("conversations.replies", 3)
        with suppress(UnavailableError):
            here.deliver(job)
        here.slack.faults.clear()
    for job in reversed(jobs.values()):
        here.finish(job)
    first, second = here.replies(root)
    assert "This is on first. Two. Three." in words(first)
    assert "This is on second. Two. Three." in words(second)
    assert len(here.core.asked) == 2


def test_a_channel_is_posted_in_once_a_second() -> None:
    waits: list[float] = []
    pace = Pace(1.0, clock=lambda: 100.0)
    waits += [pace.wait("C1", 10), pace.wait("C1", 10), pace.wait("C2", 10), pace.wait("C1", 10)]
    assert waits == [0, 1, 0, 2]
    with pytest.raises(UnavailableError) as met:
        pace.wait("C1", 2)
    assert met.value.retry_after == 3
