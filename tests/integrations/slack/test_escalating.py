"""Ask a human: one ticket, one line in the thread, however often it is pressed and delivered."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from rag_core.domain import Outcome, QuestionId
from rag_core.errors import UnavailableError
from rag_core.jobs import Job
from tests.integrations.slack.office import Office, office, words
from tests.integrations.slack.test_crashing import LATER, killed_at


class Desk:
    """Tickets, one a question."""

    def __init__(self) -> None:
        self.tickets: dict[QuestionId, tuple[str, str, str]] = {}
        self.calls = 0
        self.error: Exception | None = None

    def open(self, *, question_id: QuestionId, subject: str, transcript: str, asked_by: str) -> str:
        self.calls += 1
        if self.error:
            raise self.error
        self.tickets.setdefault(question_id, (subject, transcript, asked_by))
        return f"https://desk.example/tickets/{len(self.tickets)}"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def here(tmp_path: Path, desk: Desk) -> Iterator[Office]:
    with office(tmp_path) as made:
        made.hire = lambda **options: Office.hire(made, desk=desk, **options)  # type: ignore[method-assign]
        made.worker = made.hire()
        yield made


def test_a_ticket_holds_the_thread_and_is_linked_there(here: Office, desk: Desk) -> None:
    root = here.mention("how do I reset SSO?")
    here.work()
    here.slack.say(here.help, here.ben, "I have that too", thread=root)
    here.slack.click(here.ada, here.only(root), "ask_human")
    here.work()
    answer, link = here.replies(root)
    assert "https://desk.example/tickets/1" in words(link)
    assert "ask_human" not in words(answer)
    assert "rate" in words(answer)
    [(subject, transcript, asked_by)] = desk.tickets.values()
    assert subject == "how do I reset SSO?"
    assert transcript.index("how do I reset SSO?") < transcript.index("Open Settings") < transcript.index("that too")
    assert asked_by.endswith(here.ada.id)


def test_pressed_twice_it_is_one_ticket(here: Office, desk: Desk) -> None:
    root = here.mention("how?")
    here.work()
    answer = here.only(root)
    for user in (here.ada, here.ada, here.ben):
        here.slack.click(user, answer, "ask_human")
    jobs = [*here.queue.jobs] * 2

    def deliver(job: Job) -> None:
        with suppress(UnavailableError):
            here.deliver(job)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(deliver, jobs))
    here.work()
    assert len(here.replies(root)) == 2
    assert desk.calls == 1


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_step_it_is_one_ticket_and_one_line(here: Office, desk: Desk, after: bool) -> None:
    for step in range(1, 20):
        root = here.mention("how?")
        here.work()
        here.core.now += LATER
        here.slack.click(here.ada, here.only(root), "ask_human")
        job = here.queue.jobs.pop()
        died = killed_at(here, step, after=after, work=partial(here.deliver, job))
        here.core.now += LATER
        here.finish(job)
        assert len(here.replies(root)) == 2
        assert len(desk.tickets) == step
        if not died:
            break
    assert step > 4


def test_a_desk_that_is_down_is_asked_again_and_then_it_is_said(here: Office, desk: Desk) -> None:
    root = here.mention("how?")
    here.work()
    desk.error = UnavailableError("Zendesk is down")
    here.slack.click(here.ada, here.only(root), "ask_human")
    here.work()
    assert desk.calls == 5
    assert "could not pass this on" in words(here.slack.whispers(here.ada)[0])
    desk.error = None
    here.slack.click(here.ada, here.only(root), "ask_human")
    here.work()
    assert "desk.example" in words(here.replies(root)[-1])


def test_without_a_desk_a_group_is_called(tmp_path: Path) -> None:
    with office(tmp_path, humans="S0HUMANS") as here:
        root = here.mention("how?")
        here.work()
        here.slack.click(here.ada, here.only(root), "ask_human")
        here.work()
        assert "<!subteam^S0HUMANS>" in words(here.replies(root)[-1])


def test_after_an_abstention_of_a_draft_its_asker_alone_is_told(here: Office, desk: Desk) -> None:
    here.core.outcome = Outcome.NO_EVIDENCE
    here.slack.command(here.ada, here.help, "/support", "how do I fly?")
    here.work()
    draft = here.slack.whispers(here.ada)[-1]
    here.slack.click(here.ada, draft, "ask_human")
    here.work()
    assert any("desk.example" in words(each) for each in here.slack.whispers(here.ada))
    assert here.slack.messages(here.help) == []
    [(_, transcript, _)] = desk.tickets.values()
    assert "how do I fly?" in transcript


def test_resolved_is_shown_and_done_again_does_no_harm(here: Office) -> None:
    root = here.mention("how?")
    here.work()
    here.slack.click(here.ben, here.only(root), "resolved")
    job = here.queue.jobs[-1]
    here.work()
    here.finish(job)
    said = words(here.only(root))
    assert f"resolved by <@{here.ben.id}>" in said
    assert said.count("resolved by") == 1
    assert "ask_human" not in said


def test_a_transcript_keeps_the_newest_of_a_long_thread(here: Office, desk: Desk) -> None:
    root = here.mention("how?")
    here.work()
    for number in range(230):
        here.slack.say(here.help, here.ben, f"message {number}.", thread=root)
    here.queue.jobs.clear()
    here.slack.click(here.ada, here.only(root), "ask_human")
    here.work()
    [(_, transcript, _)] = desk.tickets.values()
    assert "message 229." in transcript
    assert "message 100." not in transcript
