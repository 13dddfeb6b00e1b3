"""OAuth tokens: one for all, renewed before they end, and when they end all the same."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.local.account.account import Account
from bot.local.account.faults import Kind
from integrations.zendesk.addressing import Site
from integrations.zendesk.authorizing import ClientCredentials
from integrations.zendesk.client import Zendesk
from integrations.zendesk.tickets import NewTicket, Tickets
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, UnavailableError
from tests.bot.local.account.conftest import Clock

ASKED = "POST oauth/tokens"


@pytest.fixture
def credentials(zendesk: Account, clock: Clock) -> ClientCredentials:
    own = zendesk.authority
    return ClientCredentials(Site.of("", zendesk.url), own.client_id, own.client_secret, clock)


@pytest.fixture
def tickets(zendesk: Account, credentials: ClientCredentials) -> Tickets:
    return Tickets(Zendesk(Site.of("", zendesk.url), credentials))


def soon() -> Deadline:
    return Deadline.within(10)


def test_threads_share_one_token(credentials: ClientCredentials, zendesk: Account) -> None:
    with ThreadPoolExecutor(8) as pool:
        headers = set(pool.map(lambda _: credentials.header(soon()), range(32)))
    assert (len(headers), zendesk.count(ASKED)) == (1, 1)


def test_it_is_renewed_before_it_ends(credentials: ClientCredentials, zendesk: Account, clock: Clock) -> None:
    first = credentials.header(soon())
    clock.now += zendesk.authority.lifetime * 0.79
    assert credentials.header(soon()) == first
    clock.now += zendesk.authority.lifetime * 0.02
    assert credentials.header(soon()) != first


def test_one_that_cannot_be_renewed_yet_is_used_to_its_end(
    credentials: ClientCredentials, zendesk: Account, clock: Clock
) -> None:
    first = credentials.header(soon())
    zendesk.faults.add(Kind.FAIL, ASKED, times=None)
    clock.now += zendesk.authority.lifetime * 0.9
    assert credentials.header(soon()) == first
    clock.now += zendesk.authority.lifetime * 0.1
    with pytest.raises(UnavailableError):
        credentials.header(soon())


def test_one_that_was_revoked_is_replaced_once(tickets: Tickets, zendesk: Account) -> None:
    tickets.named("q1", soon())
    zendesk.authority.revoke()
    number = tickets.create(NewTicket("q1", "Help", "it broke", []), soon(), key="q1")
    assert tickets.named("q1", soon()) == number
    assert zendesk.count(ASKED) == 2


def test_one_that_is_never_accepted_ends_the_call(tickets: Tickets, zendesk: Account) -> None:
    zendesk.authority.lifetime = 0.0
    with pytest.raises(MisconfiguredError):
        tickets.named("q1", soon())
    assert zendesk.count("GET tickets") == 2


def test_a_client_without_the_scopes_says_so(tickets: Tickets, zendesk: Account) -> None:
    zendesk.authority.scopes = frozenset({"read"})
    with pytest.raises(MisconfiguredError, match=r"invalid_scope.*read write"):
        tickets.named("q1", soon())


def test_the_secret_goes_nowhere_but_into_the_sign_in(tickets: Tickets, zendesk: Account) -> None:
    tickets.named("q1", soon())
    secret = zendesk.authority.client_secret.encode()
    assert [zendesk.operation(each) for each in zendesk.requests if secret in each.body] == [ASKED]
    assert secret.decode() not in str([each.headers for each in zendesk.requests])


@pytest.mark.parametrize("kind", [Kind.LOSE, Kind.HALF, Kind.REFUSE, Kind.LIMIT])
def test_a_sign_in_that_fails_now_may_succeed_later(tickets: Tickets, zendesk: Account, kind: Kind) -> None:
    zendesk.faults.add(kind, ASKED, times=2, value=0)
    assert tickets.named("q1", soon()) is None
