"""Ratings: one a person and answer, the newest counts, in whatever order the clicks arrive."""

import json
from random import Random

import pytest

from bot.local.workspace.nouns import Message, User
from integrations.reasons import REASON_LABELS
from rag_core.domain import Deadline, Rating
from rag_core.jobs import Job
from tests.integrations.slack.office import Office, words


@pytest.fixture
def reply(here: Office) -> Message:
    asked = here.mention("how do I reset SSO?")
    here.work()
    return here.only(asked)


def click(here: Office, user: User, reply: Message, verdict: str) -> Job:
    here.slack.click(user, reply, "rate", f"{verdict}:{here.core.asked[0].id}")
    return here.queue.jobs[-1]


def ratings(here: Office) -> list[Rating]:
    return list(here.core.log.answer(here.core.asked[0].id).ratings)


def verdicts(here: Office) -> dict[str, bool]:
    return {rating.person.rpartition(":")[2]: rating.helpful for rating in ratings(here)}


def test_a_rating_is_recorded_and_shown_to_the_rater_alone(here: Office, reply: Message) -> None:
    click(here, here.ada, reply, "helpful")
    here.work()
    assert verdicts(here) == {here.ada.id: True}
    [shown] = here.slack.whispers(here.ada)
    assert "Recorded: helpful" in words(shown)
    assert not here.slack.whispers(here.ben)


def test_each_person_has_one_and_may_change_it(here: Office, reply: Message) -> None:
    for user, verdict in ((here.ada, "helpful"), (here.ben, "not_helpful"), (here.ada, "not_helpful")):
        click(here, user, reply, verdict)
        here.work()
    assert verdicts(here) == {here.ada.id: False, here.ben.id: False}


@pytest.mark.parametrize("seed", range(5))
def test_the_newest_click_counts_in_whatever_order_they_arrive(here: Office, reply: Message, seed: int) -> None:
    clicks = [click(here, here.ada, reply, verdict) for verdict in ("helpful", "not_helpful", "helpful", "not_helpful")]
    here.queue.jobs.clear()
    clicks = [*clicks, *clicks]
    Random(seed).shuffle(clicks)  # noqa: S311
    for job in clicks:
        here.finish(job)
    assert verdicts(here) == {here.ada.id: False}


def test_the_modal_adds_why(here: Office, reply: Message) -> None:
    late = click(here, here.ada, reply, "not_helpful")
    modal = here.slack.modal(here.ada)
    assert modal
    assert here.slack.submit(here.ada, modal, {"reason": "outdated", "comment": "it is called SAML now"}).accepted
    here.queue.jobs.popleft()  # the click comes after what was submitted
    here.work()
    here.finish(late)
    [rating] = ratings(here)
    assert (rating.helpful, rating.reason, rating.comment) == (False, "outdated", "it is called SAML now")
    shown = next(each for each in here.slack.whispers(here.ada) if REASON_LABELS["outdated"] in words(each))
    assert shown.thread_ts == reply.thread_ts  # beside the answer, not in the channel


def test_pressed_again_the_reason_that_was_given_stays(here: Office, reply: Message) -> None:
    click(here, here.ada, reply, "not_helpful")
    modal = here.slack.modal(here.ada)
    assert modal
    here.slack.submit(here.ada, modal, {"reason": "outdated", "comment": ""})
    here.work()
    here.slack.pass_time(5)
    job = click(here, here.ada, reply, "not_helpful")
    assert job.event
    payload = json.loads(job.event)
    payload["actions"][0]["action_ts"] = f"{int(float(payload['actions'][0]['action_ts'])) + 60}.000100"
    here.queue.jobs.clear()
    here.worker.work(json.dumps(payload), Deadline.within(20), False)
    assert ratings(here)[0].reason == "outdated"


def test_a_later_change_of_mind_is_not_undone_by_a_modal_that_arrives_late(here: Office, reply: Message) -> None:
    click(here, here.ada, reply, "not_helpful")
    modal = here.slack.modal(here.ada)
    assert modal
    here.slack.submit(here.ada, modal, {"reason": "wrong", "comment": ""})
    submitted = here.queue.jobs.pop()
    assert submitted.event
    here.work()
    click(here, here.ada, reply, "helpful")
    here.work()
    here.worker.work(submitted.event, Deadline.within(20), False)
    assert verdicts(here) == {here.ada.id: True}


def test_a_rating_of_an_answer_that_is_forgotten_is_told(here: Office, reply: Message) -> None:
    job = click(here, here.ada, reply, "helpful")
    assert job.event
    here.queue.jobs.clear()
    here.worker.work(job.event.replace(here.core.asked[0].id, "0" * 16), Deadline.within(20), False)
    assert "could not be recorded" in words(here.slack.whispers(here.ada)[0])


def test_where_the_rater_cannot_be_told_it_is_recorded(here: Office, reply: Message) -> None:
    here.slack.faults.error("chat.postEphemeral", "user_not_in_channel", times=None)
    here.slack.faults.fail("response_url", None, status=404)
    click(here, here.ada, reply, "helpful")
    here.work()
    assert verdicts(here) == {here.ada.id: True}
