import ssl
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.api.callbacks import Callbacks
from bot.api.callers import Callback
from bot.api.working import Worker
from rag_core.domain import Answer, Deadline, Outcome, QuestionId
from rag_core.errors import RejectedError, UnavailableError
from rag_core.jobs import Job, JobId, JobKind
from tests.bot.api.asking import REFUND, SECRET, Client, callers
from tests.bot.api.test_callbacks import check, receiving
from tests.bot.api.wired import LATER
from tests.making import NOON, question
from tests.services.certificate import Certificate

ADDRESS = {"url": "https://hooks.example.com/answers", "secret": SECRET}
SOON = 5.0


@dataclass
class Sent(Callbacks):
    """What is outside: the receiver's side of a callback."""

    to: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    down: bool = False

    def send(self, to: Callback, body: bytes, deadline: Deadline) -> None:
        self.to.append(to.url)
        if self.down:
            raise UnavailableError("the callback was not taken: status 500")
        self.bodies.append(msgspec.json.decode(body))


@dataclass
class Desk:
    client: Client
    sent: Sent = field(default_factory=Sent)
    answers: list[Answer] = field(default_factory=list)

    def worker(self, **changes: Any) -> Worker:
        known = callers(**({"callback": ADDRESS} | changes))
        return Worker(self.client.parts, known, self.sent, self.answers.append)

    def job(self, query: str = REFUND, caller: str = "intranet") -> Job:
        self.client.ask(query, caller, later=True)
        return self.client.queue.jobs[-1]

    @property
    def drafts(self) -> int:
        return len(self.client.parts.drafts)


@pytest.fixture
def desk(client: Client) -> Desk:
    return Desk(client)


def within(seconds: float = SOON) -> Deadline:
    return Deadline.within(seconds)


def test_a_question_for_later_is_answered_and_sent_back(desk: Desk) -> None:
    job = desk.job()
    desk.worker().work(job, within())
    found = desk.client.call("GET", f"/answers/{job.id}")
    assert (found.status, found.json["status"], found.json["outcome"]) == (200, "answered", "answered")
    assert (desk.sent.to, desk.sent.bodies) == ([ADDRESS["url"]], [found.json])
    assert len(desk.answers) == 1


def test_a_redelivery_answers_nothing_twice(desk: Desk) -> None:
    job = desk.job()
    desk.worker().work(job, within())
    for _ in range(3):
        desk.worker().work(job, within())
    assert (desk.drafts, len(desk.sent.bodies), len(desk.answers)) == (1, 1, 1)


def test_of_many_deliveries_at_once_one_answers(desk: Desk) -> None:
    job, worker, lost = desk.job(), desk.worker(), []
    _ = desk.client.parts.answering, desk.client.parts.claims

    def deliver() -> None:
        try:
            worker.work(job, within())
        except UnavailableError:
            lost.append(job)

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (desk.drafts, len(desk.sent.bodies)) == (1, 1)
    assert len(lost) <= 7


def test_what_failed_for_now_may_be_tried_at_once(desk: Desk) -> None:
    job = desk.job(f"{REFUND} down")
    for _ in range(2):
        with pytest.raises(UnavailableError, match="choked"):
            desk.worker().work(job, within())
    assert desk.drafts == 2


def test_one_that_ran_out_of_time_is_not_tried_beside_itself(desk: Desk) -> None:
    job = desk.job(f"{REFUND} stall")
    with pytest.raises(UnavailableError, match="deadline"):
        desk.worker().work(job, within(2.1))
    with pytest.raises(UnavailableError, match="another worker"):
        desk.worker().work(job, within())
    assert desk.drafts == 1


def test_with_no_time_left_nothing_is_begun(desk: Desk) -> None:
    job = desk.job()
    with pytest.raises(UnavailableError, match="no time"):
        desk.worker().work(job, within(1))
    assert desk.drafts == 0
    desk.worker().work(job, within())


def test_what_is_refused_is_recorded_and_told(desk: Desk) -> None:
    job = desk.job(f"{REFUND} reject")
    desk.worker().work(job, within())
    found = desk.client.call("GET", f"/answers/{job.id}").json
    assert (found["outcome"], "cannot be answered" in found["text"]) == (Outcome.UNSUPPORTED, True)
    assert desk.sent.bodies == [found]


def test_a_callback_that_fails_is_tried_again_without_answering_again(desk: Desk) -> None:
    job, worker = desk.job(), desk.worker()
    desk.sent.down = True
    for _ in range(2):
        with pytest.raises(UnavailableError, match="not taken"):
            worker.work(job, within())
    desk.sent.down = False
    worker.work(job, within())
    assert (desk.drafts, len(desk.sent.to), len(desk.sent.bodies)) == (1, 3, 1)


def test_a_callback_goes_to_who_asked_only(desk: Desk) -> None:
    desk.worker().work(desk.job(caller="website"), within())
    assert desk.sent.to == []


def test_a_caller_that_is_gone_gets_no_callback(desk: Desk) -> None:
    job = desk.job()
    desk.worker(name="renamed").work(job, within())
    assert (desk.sent.to, desk.drafts) == ([], 1)


def test_an_address_in_a_message_is_not_looked_at(desk: Desk) -> None:
    job = desk.job()
    forged = Job(job.id, job.kind, job.enqueued_at, {"callback": "https://evil.example/"}, job.question)
    desk.worker().work(forged, within())
    assert desk.sent.to == [ADDRESS["url"]]


def test_work_of_others_is_not_done(desk: Desk) -> None:
    for job in (
        Job(JobId("i"), JobKind.INGEST, NOON, {"source": "help"}),
        Job(JobId("q"), JobKind.ANSWER, NOON, {}, question(REFUND)),
    ):
        with pytest.raises(RejectedError):
            desk.worker().work(job, within())
    assert desk.drafts == 0


def test_a_claim_on_a_callback_ends_before_that_on_its_question(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that whoever holds the second may take the first for what was sent."""
    lasting: dict[str, float] = {}
    claim = desk.client.parts.claims.claim

    def watched(key: str, *, ttl: timedelta, owner: str = "") -> bool:
        lasting.setdefault(key.partition(":")[0], ttl.total_seconds())
        return claim(key, ttl=ttl, owner=owner)

    monkeypatch.setattr(desk.client.parts.claims, "claim", watched)
    desk.worker().work(desk.job(), within())
    assert SOON < lasting["callback"] < lasting["answer"] - 1


def test_an_answer_of_a_worker_that_died_before_its_callback_is_sent(desk: Desk, home: Path) -> None:
    job = desk.job()
    assert job.question
    desk.client.parts.answering.answer(job.question)  # recorded; then it died, holding both claims
    for key in ("answer", "callback"):
        desk.client.parts.claims.claim(f"{key}:{job.id}", ttl=timedelta(seconds=10))
    with pytest.raises(UnavailableError):
        desk.worker().work(job, within())
    (home / LATER).touch()
    desk.worker().work(job, within())
    assert (desk.drafts, [each["question_id"] for each in desk.sent.bodies]) == (1, [QuestionId(job.id)])


def test_an_answer_goes_all_the_way_to_its_receiver(desk: Desk, tls: Certificate) -> None:
    callbacks = Callbacks(private=True, context=ssl.create_default_context(cafile=str(tls.authority)))
    job = desk.job()
    with receiving(tls) as receiver:
        known = callers(callback={"url": receiver.url(), "secret": SECRET})
        receiver.status = 500
        with pytest.raises(UnavailableError):
            Worker(desk.client.parts, known, callbacks).work(job, within())
        receiver.status = 200
        for _ in range(3):
            Worker(desk.client.parts, known, callbacks).work(job, within())
    assert (len(receiver.got), desk.drafts) == (2, 1)
    _, headers, body = receiver.got[-1]
    assert check(headers, body, SECRET, time.time())
    assert msgspec.json.decode(body) == desk.client.call("GET", f"/answers/{job.id}").json
