"""Our client and desk before a fake account."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.local.account.account import Account
from integrations.zendesk.addressing import Site
from integrations.zendesk.authorizing import Access, ApiToken, ClientCredentials
from integrations.zendesk.client import Zendesk
from integrations.zendesk.desk import ZendeskDesk
from integrations.zendesk.tickets import Tickets
from tests.bot.local.account.conftest import Clock
from tests.integrations.zendesk.office import Office, office


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def zendesk(clock: Clock) -> Iterator[Account]:
    with Account(clock=clock) as made:
        yield made


@pytest.fixture
def waited() -> list[float]:
    """What our own waits were; they take no time, but the account's clock is moved by them."""
    return []


@pytest.fixture(params=["oauth", "api token"])
def access(request: pytest.FixtureRequest, zendesk: Account, clock: Clock) -> Access:
    own = zendesk.authority
    if request.param == "api token":
        return ApiToken(own.email, own.token)
    return ClientCredentials(Site.of("", zendesk.url), own.client_id, own.client_secret, clock)


@pytest.fixture
def client(zendesk: Account, access: Access, waited: list[float], clock: Clock) -> Zendesk:
    def sleep(seconds: float) -> None:
        waited.append(seconds)
        clock.now += seconds

    return Zendesk(Site.of("", zendesk.url), access, sleep)


@pytest.fixture
def tickets(client: Zendesk) -> Tickets:
    return Tickets(client)


@pytest.fixture
def desk(tickets: Tickets) -> ZendeskDesk:
    return ZendeskDesk(tickets)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as made:
        yield made
