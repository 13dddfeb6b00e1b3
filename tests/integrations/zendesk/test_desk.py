"""Ask a human: one ticket a question, whatever the network does."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.local.account.account import Account
from bot.local.account.desk import Ticket
from bot.local.account.faults import Kind
from integrations.zendesk.addressing import Site
from integrations.zendesk.authorizing import ClientCredentials
from integrations.zendesk.client import Zendesk
from integrations.zendesk.desk import ZendeskDesk
from integrations.zendesk.tickets import Tickets
from rag_core.domain import QuestionId
from rag_core.errors import UnavailableError
from tests.bot.local.account.conftest import Clock


def opened(desk: ZendeskDesk, question: str = "q1", transcript: str = "ann: it broke", subject: str = "SSO") -> str:
    return desk.open(question_id=QuestionId(question), subject=subject, transcript=transcript, asked_by="slack:T1:U1")


def only(zendesk: Account) -> Ticket:
    [ticket] = zendesk.desk.tickets.values()
    return ticket


def test_the_ticket_holds_the_transcript_in_private(desk: ZendeskDesk, zendesk: Account) -> None:
    url = opened(desk)
    ticket = only(zendesk)
    assert url == f"{zendesk.url}/agent/tickets/{ticket.id}"
    assert (ticket.fields["subject"], ticket.fields["external_id"]) == ("SSO", "supportbot-q1")
    assert ticket.tags == ["supportbot", "supportbot_escalated"]
    [comment] = ticket.comments
    assert comment.plain.endswith("\n\nann: it broke")
    assert "slack:T1:U1" in comment.plain
    assert not ticket.is_public


def test_it_is_the_same_ticket_however_often_and_long_after(desk: ZendeskDesk, zendesk: Account, clock: Clock) -> None:
    urls = {opened(desk), opened(desk, transcript="ann: it broke\n\nben: same here")}
    clock.now += 3 * 3600
    urls.add(opened(desk))
    assert len(urls) == len(zendesk.desk.tickets) == 1


def test_another_question_is_another_ticket(desk: ZendeskDesk, zendesk: Account) -> None:
    assert opened(desk, "q1") != opened(desk, "q2")
    assert len(zendesk.desk.tickets) == 2


@pytest.mark.parametrize("kind", [Kind.LOSE, Kind.HALF, Kind.SPOIL])
@pytest.mark.parametrize("times", [1, 3])
def test_a_lost_response_opens_no_second_ticket(
    desk: ZendeskDesk, zendesk: Account, clock: Clock, kind: Kind, times: int
) -> None:
    zendesk.faults.add(kind, "POST tickets", times)
    if times == 3:
        with pytest.raises(UnavailableError):
            opened(desk)
        clock.now += 3 * 3600  # the key is forgotten, the external id is not
    assert opened(desk).endswith(f"/{only(zendesk).id}")


def test_a_stall_opens_no_second_ticket(tickets: Tickets, zendesk: Account) -> None:
    zendesk.faults.add(Kind.STALL, "POST tickets", value=30)
    with pytest.raises(UnavailableError):
        opened(ZendeskDesk(tickets, patience=1.5))
    assert opened(ZendeskDesk(tickets)).endswith(f"/{only(zendesk).id}")


def test_two_who_open_at_once_get_one_ticket(client: Zendesk, zendesk: Account) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go.wait(10)

    zendesk.replays.slow = slow
    other = ZendeskDesk(Tickets(client), sleep=lambda _: go.set())
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(opened, ZendeskDesk(Tickets(client)))
        begun.wait(10)
        second = opened(other)  # while the first is worked on, and with the same words
    assert first.result() == second == f"{zendesk.url}/agent/tickets/{only(zendesk).id}"


def test_who_comes_with_a_longer_thread_gets_the_ticket_that_is_there(client: Zendesk, zendesk: Account) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go.wait(10)

    zendesk.replays.slow = slow
    other = ZendeskDesk(Tickets(client), sleep=lambda _: go.set())
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(opened, ZendeskDesk(Tickets(client)))
        begun.wait(10)
        second = opened(other, transcript="ann: it broke\n\nben: same here")
    assert first.result() == second
    assert "same here" not in only(zendesk).comments[0].plain


def test_who_waits_for_nothing_is_told_to_come_again(desk: ZendeskDesk, zendesk: Account) -> None:
    zendesk.faults.add(Kind.FAIL, "POST tickets", times=None, value=409)
    with pytest.raises(UnavailableError) as caught:
        opened(ZendeskDesk(desk._tickets, sleep=lambda _: None))
    assert caught.value.retry_after


def test_many_questions_through_a_bad_network_are_one_ticket_each(zendesk: Account) -> None:
    site, own = Site.of("", zendesk.url), zendesk.authority
    desks = [
        ZendeskDesk(
            Tickets(Zendesk(site, ClientCredentials(site, own.client_id, own.client_secret), lambda _: None)),
            sleep=lambda _: time.sleep(0.01),
        )
        for _ in range(3)
    ]
    for kind, share in (
        (Kind.LOSE, 0.1),
        (Kind.LIMIT, 0.05),
        (Kind.FAIL, 0.05),
        (Kind.SPOIL, 0.05),
        (Kind.REFUSE, 0.05),
    ):
        zendesk.faults.add(kind, times=None, value=0, probability=share)

    def persistently(number: int) -> tuple[int, str]:
        question = number % 40
        while True:
            try:
                return question, opened(desks[number % 3], f"q{question}", transcript=f"told {number} times")
            except UnavailableError:
                continue

    with ThreadPoolExecutor(12) as pool:
        told = set(pool.map(persistently, range(240)))
    assert len(told) == len(zendesk.desk.tickets) == 40
    assert len({url for _, url in told}) == 40


def test_whatever_is_written_is_taken(desk: ZendeskDesk, zendesk: Account) -> None:
    opened(desk, transcript="\x00\ud800<b>&amp;</b> {{ticket.id}}\n" + "é" * 70_000 + "the end", subject=" \x00 ")
    ticket = only(zendesk)
    said = ticket.comments[0].plain
    assert said.endswith("ééthe end")
    assert "beginning is left out" in said
    assert len(said.encode()) < 65_535
    assert ticket.fields["subject"] == "A question for a person"
    opened(desk, "q2", transcript="<b>&amp;</b> <@U1>")
    assert zendesk.desk.tickets[max(zendesk.desk.tickets)].comments[0].plain.endswith("<b>&amp;</b> <@U1>")


def test_any_question_id_is_a_key(desk: ZendeskDesk, zendesk: Account) -> None:
    odd = "a b&c=" * 100
    assert opened(desk, odd) == opened(desk, odd) != opened(desk, odd + "d")
    assert len(zendesk.desk.tickets) == 2
