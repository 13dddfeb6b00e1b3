"""Calling Zendesk: what is repeated, what is waited for, what it says when it goes wrong."""

import logging
import os
import socket
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.local.account.account import Account
from bot.local.account.faults import Kind
from integrations.zendesk.addressing import Site
from integrations.zendesk.authorizing import ApiToken, ClientCredentials
from integrations.zendesk.client import Zendesk
from integrations.zendesk.refusing import ConflictError, LostError, MissingError, RefusedError
from integrations.zendesk.tickets import NewTicket, Tickets
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, UnavailableError
from tests.bot.local.account.conftest import Clock

NEW = NewTicket("q1", "Help", "it broke", ["ours"])


def soon() -> Deadline:
    return Deadline.within(20)


def test_a_ticket_is_made_and_found_by_its_name(tickets: Tickets, zendesk: Account) -> None:
    assert tickets.named("q1", soon()) is None
    number = tickets.create(NEW, soon(), key="q1")
    assert tickets.named("q1", soon()) == number
    assert tickets.address(number) == f"{zendesk.url}/agent/tickets/{number}"
    [comment] = zendesk.desk.tickets[number].comments
    assert (comment.plain, comment.public) == ("it broke", False)


def test_a_name_finds_itself_alone(tickets: Tickets) -> None:
    odd = NewTicket("a&page=2 #%é", "Help", "it broke", [])
    number = tickets.create(odd, soon(), key="odd")
    tickets.create(NEW, soon(), key="q1")
    assert tickets.named(odd.name, soon()) == number


def test_tags_are_added_to_those_of_others(tickets: Tickets, zendesk: Account) -> None:
    number = tickets.create(NEW, soon(), key="q1")
    zendesk.desk.tickets[number].tags.append("theirs")
    zendesk.faults.add(Kind.LOSE, "PUT tickets/{id}/tags")
    tickets.tag(number, ["more"], soon())
    assert zendesk.desk.tickets[number].tags == ["more", "ours", "theirs"]


@pytest.mark.parametrize("kind", [Kind.LOSE, Kind.HALF, Kind.SPOIL, Kind.FAIL, Kind.REFUSE])
def test_what_may_be_repeated_is(tickets: Tickets, zendesk: Account, kind: Kind) -> None:
    for operation in ("POST tickets", "GET tickets"):
        zendesk.faults.add(kind, operation, 2)
    number = tickets.create(NEW, soon(), key="q1")
    assert tickets.named("q1", soon()) == number
    assert len(zendesk.desk.tickets) == 1


def test_and_no_more_than_twice(tickets: Tickets, zendesk: Account) -> None:
    zendesk.faults.add(Kind.FAIL, times=None)
    with pytest.raises(UnavailableError):
        tickets.create(NEW, soon(), key="q1")
    zendesk.faults.clear()
    assert tickets.named("q1", soon()) is None  # it is there again
    zendesk.faults.add(Kind.LOSE, "POST tickets", times=3)
    with pytest.raises(LostError):
        tickets.create(NEW, soon(), key="q1")
    assert (zendesk.count("POST tickets"), len(zendesk.desk.tickets)) == (3, 1)


@pytest.mark.parametrize("kind", [Kind.LOSE, Kind.HALF, Kind.SPOIL, Kind.FAIL])
def test_what_must_not_be_repeated_is_not(client: Zendesk, zendesk: Account, kind: Kind) -> None:
    from zenpy.lib.api_objects import Comment, Ticket

    zendesk.faults.add(kind, "POST tickets")
    with pytest.raises(LostError), client.calling(soon()) as zenpy:
        zenpy.tickets.create(Ticket(comment=Comment(body="it broke")))
    assert zendesk.count("POST tickets") <= 1


def test_it_waits_as_long_as_it_is_asked_to(tickets: Tickets, zendesk: Account, waited: list[float]) -> None:
    zendesk.faults.add(Kind.LIMIT, "POST tickets", 4, value=7)
    tickets.create(NEW, soon(), key="q1")
    assert waited == [7, 7, 7, 7]


def test_a_wait_longer_than_the_time_there_is_is_for_the_caller(
    tickets: Tickets, zendesk: Account, waited: list[float]
) -> None:
    zendesk.faults.add(Kind.LIMIT, "POST tickets", value=93)
    with pytest.raises(UnavailableError) as caught:
        tickets.create(NEW, soon(), key="q1")
    assert (caught.value.retry_after, waited) == (93, [])


def test_a_plan_that_is_used_up_is_waited_for(tickets: Tickets, zendesk: Account, waited: list[float]) -> None:
    zendesk.limits.plan = 2
    for _ in range(5):
        tickets.named("q1", Deadline.within(100))
    assert waited == [60, 60]


def test_a_stall_ends_with_the_deadline(tickets: Tickets, zendesk: Account) -> None:
    tickets.named("q1", soon())
    zendesk.faults.add(Kind.STALL, value=30)
    begun = time.monotonic()
    with pytest.raises(UnavailableError):
        tickets.named("q1", Deadline.within(0.3))
    assert time.monotonic() - begun < 5
    with pytest.raises(UnavailableError):
        tickets.named("q1", Deadline.within(0))


def test_a_race_is_told_from_what_is_wrong(client: Zendesk, tickets: Tickets, zendesk: Account, clock: Clock) -> None:
    from zenpy.lib.api_objects import Comment, Ticket

    number = tickets.create(NEW, soon(), key="q1")
    with client.calling(soon()) as zenpy:
        stamp = zenpy.tickets(id=number).updated_at
    clock.now += 1
    tickets.tag(number, ["meanwhile"], soon())
    note = Ticket(id=number, comment=Comment(body="x", public=False), safe_update=True, updated_stamp=stamp)
    with pytest.raises(ConflictError), client.calling(soon(), repeat=True) as zenpy:
        zenpy.tickets.update(note)
    assert zendesk.count("PUT tickets/{id}") == 1
    with pytest.raises(MissingError), client.calling(soon()) as zenpy:
        zenpy.tickets(id=4711)
    with pytest.raises(RefusedError) as caught:
        tickets.create(NewTicket("q2", "Help", " ", []), soon(), key="q2")
    assert (caught.value.status, caught.value.code) == (422, "RecordInvalid")


def test_nothing_is_remembered_between_calls(client: Zendesk, tickets: Tickets, zendesk: Account) -> None:
    number = tickets.create(NEW, soon(), key="q1")
    for _ in range(2):
        with client.calling(soon()) as zenpy:
            zenpy.tickets(id=number)
    assert zendesk.count("GET tickets/{id}") == 2


def test_each_thread_has_its_own_connection(client: Zendesk) -> None:
    gate = threading.Barrier(4)

    def mine(_: int) -> int:
        with client.calling(soon()) as zenpy:
            gate.wait(10)
            return id(zenpy)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(mine, range(4)))) == 4
    with client.calling(soon()) as first, client.calling(soon()) as second:
        assert first is second


def test_another_host_is_not_called(client: Zendesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", "elsewhere.example")
    with pytest.raises(MisconfiguredError, match="ZENPY_FORCE_NETLOC"), client.calling(soon()) as zenpy:
        zenpy.tickets(id=1)


def test_nothing_of_a_ticket_or_a_secret_is_logged_or_told(
    tickets: Tickets, zendesk: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    new = NewTicket("canary-name", "canary-subject", "canary-text", ["canary-tag"])
    number = tickets.create(new, soon(), key="canary")
    for kind in (Kind.LOSE, Kind.SPOIL, Kind.FAIL, Kind.REFUSE):
        zendesk.faults.add(kind, "GET tickets", times=3)
        try:
            tickets.named(new.name, soon())
        except UnavailableError:
            logging.getLogger("app").exception("failed")
        tickets.tag(number, new.tags, soon())
    own = zendesk.authority
    assert caplog.text.count("UnavailableError") + caplog.text.count("LostError") >= 4
    for secret in ("canary", own.client_secret, own.token, own.email, *own.issued):
        assert secret not in caplog.text


def test_what_zenpy_says_of_a_failure_is_not_passed_on(client: Zendesk) -> None:
    from zenpy.lib.exception import ZenpyException

    with pytest.raises(LostError) as caught, client.calling(soon()):
        raise ZenpyException("Could not handle response: canary")
    assert caught.value.__suppress_context__
    assert "canary" not in str(caught.value)


def test_nobody_there_is_told_without_what_was_asked() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        site = Site.of("", f"http://127.0.0.1:{taken.getsockname()[1]}")
    name = "canary"
    with pytest.raises(UnavailableError) as caught:
        Tickets(Zendesk(site, ApiToken("a@example.com", "t"), lambda _: None)).named(name, soon())
    assert name not in "".join(traceback.format_exception(caught.value))


def test_a_variable_of_zenpys_does_not_turn_on_the_logs_of_all(zendesk: Account) -> None:
    own = zendesk.authority
    program = f"""
import logging
from tests.integrations.zendesk.test_client import *
site = Site.of("", {zendesk.url!r})
Tickets(Zendesk(site, ApiToken({own.email!r}, {own.token!r}))).create(NEW, soon(), key="q1")
assert (logging.getLogger().level, logging.getLogger().handlers) == (logging.WARNING, [])
"""
    environment = {**os.environ, "DEBUG_LOG": "1"}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("scheme", ["oauth", "token"])
def test_a_wrong_sign_in_says_what_to_do(zendesk: Account, scheme: str) -> None:
    site = Site.of("", zendesk.url)
    wrong = ClientCredentials(site, "supportbot", "wrong") if scheme == "oauth" else ApiToken("a@example.com", "wrong")
    with pytest.raises(MisconfiguredError, match="does not accept the sign-in"):
        Tickets(Zendesk(site, wrong)).named("q1", soon())


def test_an_account_that_never_was_says_what_to_do(tickets: Tickets, zendesk: Account) -> None:
    tickets.named("q1", soon())
    for status in (404, 301):
        zendesk.faults.add(Kind.FAIL, "GET tickets", value=status)
        with pytest.raises(MisconfiguredError, match="SUBDOMAIN"):
            tickets.named("q1", soon())


def test_a_page_instead_of_json_is_no_answer(tickets: Tickets, zendesk: Account) -> None:
    zendesk.faults.add(Kind.SPOIL, "GET tickets", times=3, value=200)
    with pytest.raises(LostError, match="JSON"):
        tickets.named("q1", soon())


@pytest.mark.parametrize("subdomain", ["", "a.b", "https://a", "a/b", "-a", "a@b"])
def test_a_subdomain_is_one_word(subdomain: str) -> None:
    with pytest.raises(MisconfiguredError, match="SUBDOMAIN"):
        Site.of(subdomain)


def test_an_account_is_called_by_https() -> None:
    site = Site.of("example")
    assert site.own("https://example.zendesk.com/api/v2/tickets.json").startswith("https://example.zendesk.com/")
    assert site.ticket(7) == "https://example.zendesk.com/agent/tickets/7"
