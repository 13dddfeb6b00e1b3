"""Webhooks are called as the platform calls them: signed, again where it would, and not again where it would not."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from bot.local.account.account import Account
from bot.local.account.breaking import LEAST, PAUSE, WINDOW, Breaker
from bot.local.account.delivering import Invocation
from bot.local.account.desk import CREATED, Ticket
from bot.local.account.faults import Kind
from bot.local.account.webhooks import BY_TRIGGERS, EVENT, Status, Trigger, Webhook
from integrations.zendesk import signing
from integrations.zendesk.receiving import Received, receive
from tests.bot.local.account.conftest import Clock
from tests.bot.local.account.receiver import Receiver, receiver

BOTH = (f"{EVENT}ticket.created", f"{EVENT}ticket.comment_added")


@pytest.fixture
def endpoint() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def hooked(zendesk: Account, endpoint: Receiver, *subscriptions: str) -> Webhook:
    webhook = Webhook("w1", "drafts", endpoint.url, subscriptions or (BY_TRIGGERS,))
    zendesk.webhooks.known[webhook.id] = webhook
    zendesk.courier.hurry = 1_000.0
    return webhook


def statuses(zendesk: Account) -> list[list[int]]:
    assert zendesk.courier.settle(10)
    return [each.statuses for each in zendesk.courier.invocations]


def written(zendesk: Account, text: str = "Where is my parcel?") -> Ticket:
    return zendesk.people.write(zendesk.desk.add_user("Ada", "ada@example.com"), "Parcel", text)


def test_an_event_comes_signed_and_is_read_as_what_it_is(zendesk: Account, endpoint: Receiver, clock: Clock) -> None:
    webhook = hooked(zendesk, endpoint, *BOTH)
    ticket = written(zendesk)
    zendesk.people.follow(zendesk.desk.users[ticket.requester_id], ticket, "And now?")
    assert statuses(zendesk) == [[200], [200]]
    assert len({headers["X-Zendesk-Webhook-Invocation-Id"] for headers, _ in endpoint.came}) == 2
    for headers, body in endpoint.came:
        given = {name.lower(): value for name, value in headers.items()}
        signing.verify(webhook.secret, given[signing.TIMESTAMP], given[signing.SIGNATURE], body, clock.now)
    found = {receive(body) for _, body in endpoint.came}
    assert found == {Received(kind, str(ticket.id)) for kind in ("ticket.created", "ticket.comment_added")}
    told = next(json.loads(body) for _, body in endpoint.came if b"comment_added" in body)
    assert (told["detail"]["status"], told["event"]["comment"]["author"]["is_staff"]) == ("NEW", False)


def test_a_trigger_says_what_it_was_told_to_say_unescaped(zendesk: Account, endpoint: Receiver) -> None:
    hooked(zendesk, endpoint)
    zendesk.webhooks.triggers = {
        1: Trigger(1, "new", "w1", fires=lambda kind, _ticket, _comment: kind == CREATED),
        2: Trigger(2, "off", "w1", active=False),
        3: Trigger(3, "of another", "w2"),
    }
    ticket = written(zendesk)
    zendesk.people.follow(zendesk.desk.users[ticket.requester_id], ticket, "And now?")
    assert statuses(zendesk) == [[200]]
    assert endpoint.came[0][1] == f'{{"ticket_id": "{ticket.id}"}}'.encode()


def test_who_has_subscribed_to_nothing_or_is_switched_off_is_not_called(zendesk: Account, endpoint: Receiver) -> None:
    webhook = hooked(zendesk, endpoint, f"{EVENT}ticket.comment_added")
    written(zendesk)
    webhook.status, webhook.subscriptions = Status.INACTIVE, BOTH
    written(zendesk)
    assert statuses(zendesk) == []


@pytest.mark.parametrize(
    ("answers", "seen"),
    [
        ([(500, {})], [500]),
        ([(401, {})], [401]),
        ([(409, {})], [409] * 4),
        ([(409, {}), (200, {})], [409, 200]),
        ([(503, {"Retry-After": "30"}), (200, {})], [503, 200]),
        ([(429, {"Retry-After": "1"}), (503, {"Retry-After": "59"}), (201, {})], [429, 503, 201]),
        ([(503, {"Retry-After": "30"})], [503] * 5),
        ([(503, {"Retry-After": "60"})], [503]),
        ([(503, {"Retry-After": "soon"})], [503]),
        ([(503, {})], [503]),
        ([(429, {})], [429]),
    ],
)
def test_only_what_the_platform_repeats_is_repeated(
    zendesk: Account, endpoint: Receiver, answers: list[tuple[int, dict[str, str]]], seen: list[int]
) -> None:
    hooked(zendesk, endpoint, *BOTH)
    endpoint.answers = answers
    written(zendesk)
    assert statuses(zendesk) == [seen]
    assert zendesk.courier.invocations[0].lost == (not 200 <= seen[-1] < 300)
    assert len({headers["X-Zendesk-Webhook-Invocation-Id"] for headers, _ in endpoint.came}) == 1


@pytest.mark.parametrize(("kind", "came"), [(Kind.LOSE, 3), (Kind.REFUSE, 1)])
def test_no_answer_in_time_is_tried_again_whatever_was_done(
    zendesk: Account, endpoint: Receiver, kind: Kind, came: int
) -> None:
    hooked(zendesk, endpoint, *BOTH)
    zendesk.faults.add(kind, "webhook", times=2)
    written(zendesk)
    assert statuses(zendesk) == [[0, 0, 200]]
    assert len(endpoint.came) == came
    zendesk.faults.add(kind, "webhook", times=None)
    written(zendesk)
    assert statuses(zendesk)[1] == [0] * 5


def test_nobody_but_this_machine_is_called(zendesk: Account, endpoint: Receiver) -> None:
    webhook = hooked(zendesk, endpoint, *BOTH)
    zendesk.webhooks.known["w1"] = replace(webhook, endpoint="https://bot.example/zendesk/webhook")
    written(zendesk)
    assert statuses(zendesk) == [[0] * 5]


def test_a_webhook_that_mostly_fails_rests_until_one_try_goes_well(zendesk: Account, endpoint: Receiver) -> None:
    webhook = hooked(zendesk, endpoint, *BOTH)
    endpoint.answers = [*([(500, dict[str, str]())] * LEAST), (200, {})]
    for _ in range(LEAST + 5):
        zendesk.courier.send(Invocation(webhook, b"{}"))
    assert sorted(each[0] for each in statuses(zendesk)) == [200] * 5 + [500] * LEAST


def test_the_breaker_opens_at_the_share_or_the_number_and_lets_one_try(clock: Clock) -> None:
    breaker = Breaker(clock)
    for number in range(LEAST - 1):
        breaker.ended(well=number < 3)
    assert breaker.pause() == 0.0
    breaker.ended(well=False)
    assert breaker.pause() == PAUSE
    clock.now += PAUSE
    assert (breaker.pause(), breaker.pause()) == (0.0, PAUSE)
    breaker.ended(well=False)
    assert breaker.pause() == PAUSE
    clock.now += PAUSE
    assert breaker.pause() == 0.0
    breaker.ended(well=True)
    opened = []
    for number in range(4_996):
        opened.append(breaker.open)
        breaker.ended(well=number % 5 > 0)
    assert (any(opened), breaker.open) == (False, True)  # by the thousandth error of one in five


def test_the_breaker_forgets_after_five_minutes(clock: Clock) -> None:
    breaker = Breaker(clock)
    for _ in range(LEAST - 1):
        breaker.ended(well=False)
    clock.now += WINDOW + 1
    breaker.ended(well=False)
    assert not breaker.open


def test_what_an_app_in_this_process_raises_is_told_where_the_account_is_closed(clock: Clock) -> None:
    def broken(_url: str, _headers: Mapping[str, str], _body: bytes) -> tuple[int, Mapping[str, str]]:
        raise RuntimeError("a flaw")

    zendesk = Account(clock=clock).__enter__()
    zendesk.courier.carry = broken
    zendesk.courier.send(Invocation(Webhook("w1", "drafts", "http://127.0.0.1:9/"), b"{}"))
    assert zendesk.courier.settle(5)
    with pytest.raises(RuntimeError, match="a flaw"):
        zendesk.__exit__(None, None, None)


def test_the_desk_is_not_held_up_by_a_slow_endpoint(zendesk: Account, endpoint: Receiver) -> None:
    hooked(zendesk, endpoint, *BOTH)
    go = threading.Event()

    def slow(_url: str, _headers: Mapping[str, str], _body: bytes) -> tuple[int, Mapping[str, str]]:
        go.wait(5)
        return 200, {}

    zendesk.courier.carry = slow
    written(zendesk)
    written(zendesk)
    assert [each.statuses for each in zendesk.courier.invocations] == [[], []]
    go.set()
    assert statuses(zendesk) == [[200], [200]]
