"""What Zendesk does besides tickets: signing in, limits, keys, and a network that fails."""

import threading
from typing import Any

import pytest
import requests

from bot.local.account.account import Account
from bot.local.account.faults import Kind
from tests.bot.local.account.conftest import Clock

NEW = {"ticket": {"subject": "Help", "comment": {"body": "it broke"}}}


def token(zendesk: Account, **more: str) -> requests.Response:
    own = {"grant_type": "client_credentials", "client_id": zendesk.authority.client_id, "scope": "read write"}
    stated = own | {"client_secret": zendesk.authority.client_secret} | more
    return requests.post(f"{zendesk.url}/oauth/tokens", json=stated, timeout=2)


def signed(zendesk: Account) -> requests.Session:
    session = requests.Session()
    session.auth = (f"{zendesk.authority.email}/token", zendesk.authority.token)
    return session


def create(zendesk: Account, key: str = "", payload: Any = None) -> requests.Response:
    headers = {"Idempotency-Key": key} if key else {}
    with signed(zendesk) as session:
        return session.post(f"{zendesk.url}/api/v2/tickets.json", json=payload or NEW, headers=headers, timeout=2)


def test_a_token_opens_until_it_expires(zendesk: Account, clock: Clock) -> None:
    told = token(zendesk).json()
    headers = {"Authorization": f"Bearer {told['access_token']}"}
    assert requests.get(f"{zendesk.url}/api/v2/users/me.json", headers=headers, timeout=2).status_code == 200
    clock.now += told["expires_in"]
    refused = requests.get(f"{zendesk.url}/api/v2/users/me.json", headers=headers, timeout=2)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("more", "status"),
    [({"client_secret": "x"}, 401), ({"grant_type": "password"}, 400), ({"scope": "read admin"}, 400)],
)
def test_a_token_is_for_the_client_alone(zendesk: Account, more: dict[str, str], status: int) -> None:
    assert token(zendesk, **more).status_code == status


def test_a_token_to_read_with_does_not_write(zendesk: Account) -> None:
    headers = {"Authorization": f"Bearer {token(zendesk, scope='read').json()['access_token']}"}
    refused = requests.post(f"{zendesk.url}/api/v2/tickets.json", json=NEW, headers=headers, timeout=2)
    assert refused.status_code == 403


def test_nobody_else_is_let_in(zendesk: Account) -> None:
    for auth in (None, ("a@example.com/token", "x"), (zendesk.authority.email, zendesk.authority.token)):
        assert requests.get(f"{zendesk.url}/api/v2/users/me.json", auth=auth, timeout=2).status_code == 401


def test_a_key_makes_one_ticket_and_is_forgotten_after_two_hours(zendesk: Account, clock: Clock) -> None:
    first, again = create(zendesk, "k"), create(zendesk, "k")
    assert (first.headers["x-idempotency-lookup"], again.headers["x-idempotency-lookup"]) == ("miss", "hit")
    assert first.json() == again.json()
    clock.now += 7201
    assert create(zendesk, "k").json()["ticket"]["id"] != first.json()["ticket"]["id"]


def test_a_key_is_for_one_payload(zendesk: Account) -> None:
    create(zendesk, "k")
    other = create(zendesk, "k", {"ticket": {"comment": {"body": "another"}}})
    assert (other.status_code, other.json()["error"]) == (400, "IdempotentRequestError")


def test_what_was_refused_does_not_use_up_its_key(zendesk: Account) -> None:
    assert create(zendesk, "k", {"ticket": {"comment": {"body": ""}}}).status_code == 422
    assert create(zendesk, "k").status_code == 201


def test_a_second_request_while_the_first_is_worked_on_is_a_conflict(zendesk: Account) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go.wait(5)

    zendesk.replays.slow = slow
    first = threading.Thread(target=create, args=(zendesk, "k"))
    first.start()
    begun.wait(5)
    assert create(zendesk, "k").status_code == 409
    go.set()
    first.join()
    assert create(zendesk, "k").headers["x-idempotency-lookup"] == "hit"


def test_over_the_plan_it_says_how_long_to_wait(zendesk: Account, clock: Clock) -> None:
    zendesk.limits.plan = 2
    with signed(zendesk) as session:
        seen = [session.get(f"{zendesk.url}/api/v2/tickets.json", timeout=2) for _ in range(3)]
        assert [each.status_code for each in seen] == [200, 200, 429]
        assert [each.headers.get("X-Rate-Limit-Remaining") for each in seen[:2]] == ["1", "0"]
        assert seen[0].headers["ratelimit-reset"] == "60"
        assert seen[2].headers["Retry-After"] == "60"
        clock.now += 60
        assert session.get(f"{zendesk.url}/api/v2/tickets.json", timeout=2).status_code == 200


def test_one_ticket_is_updated_thirty_times_in_ten_minutes(zendesk: Account) -> None:
    number = create(zendesk).json()["ticket"]["id"]
    with signed(zendesk) as session:
        url = f"{zendesk.url}/api/v2/tickets/{number}/tags.json"
        seen = [session.put(url, json={"tags": [f"t{i}"]}, timeout=2) for i in range(31)]
    assert [each.status_code for each in seen] == [200] * 30 + [429]
    assert seen[-1].headers["Retry-After"] == "600"


@pytest.mark.parametrize(("kind", "tickets"), [(Kind.REFUSE, 0), (Kind.LOSE, 1), (Kind.HALF, 1)])
def test_a_connection_that_ends_says_nothing_of_what_was_done(zendesk: Account, kind: Kind, tickets: int) -> None:
    zendesk.faults.add(kind, "POST tickets")
    with pytest.raises(requests.RequestException):
        create(zendesk)
    assert len(zendesk.desk.tickets) == tickets


@pytest.mark.parametrize(
    ("kind", "status", "tickets"), [(Kind.FAIL, 500, 0), (Kind.SPOIL, 502, 1), (Kind.LIMIT, 429, 0)]
)
def test_an_error_of_its_own_says_nothing_of_what_was_done(
    zendesk: Account, kind: Kind, status: int, tickets: int
) -> None:
    zendesk.faults.add(kind, "POST tickets")
    assert create(zendesk).status_code == status
    assert len(zendesk.desk.tickets) == tickets


def test_an_answer_can_come_too_late(zendesk: Account) -> None:
    zendesk.faults.add(Kind.STALL, value=5)
    with signed(zendesk) as session, pytest.raises(requests.ReadTimeout):
        session.get(f"{zendesk.url}/api/v2/users/me.json", timeout=0.2)


def test_what_it_does_not_know_is_not_found(zendesk: Account) -> None:
    with signed(zendesk) as session:
        assert session.get(f"{zendesk.url}/api/v2/nothing.json", timeout=2).json()["error"] == "InvalidEndpoint"
        assert session.post(f"{zendesk.url}/api/v2/tickets.json", data=b"{", timeout=2).status_code == 400
