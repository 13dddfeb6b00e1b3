"""An ingestion sits out an outage, but does not wait for a Zendesk that was never there."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.local.account.account import Account
from bot.local.account.faults import Kind
from integrations.zendesk.addressing import Site
from integrations.zendesk.authorizing import Access, ApiToken, ClientCredentials
from integrations.zendesk.client import Zendesk
from integrations.zendesk.patience import PAUSES, Patience
from integrations.zendesk.reaching import UnreachedError
from rag_core.errors import UnavailableError

SHORT = 2.0  # seconds: no wait of an ingestion's own is as short


@pytest.fixture
def patience(client: Zendesk, waited: list[float]) -> Patience:
    return Patience(client, waited.append)


def me(patience: Patience) -> str:
    return patience.ask(lambda zenpy: str(zenpy.users.me().role))


@pytest.mark.parametrize("scheme", ["oauth", "api token"])
def test_what_was_never_reached_is_said_at_once_with_its_host_and_what_to_check(scheme: str) -> None:
    with socket.socket() as nobody:  # bound and not listening: refused
        nobody.bind(("127.0.0.1", 0))
        site = Site.of("", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        access: Access = ClientCredentials(site, "id", "canary") if scheme == "oauth" else ApiToken("a@b.c", "canary")
        waited: list[float] = []
        with pytest.raises(UnreachedError) as caught:
            me(Patience(Zendesk(site, access, waited.append), waited.append))
    assert sum(waited) < SHORT
    said = str(caught.value)
    assert said.startswith(f"{site.netloc} cannot be reached")
    assert "SUPPORTBOT_ZENDESK_SUBDOMAIN" in said
    assert "canary" not in said


def test_a_name_that_nobody_has_is_said_at_once() -> None:
    waited: list[float] = []
    unknown = Zendesk(Site.of("", "http://nobody.invalid"), ApiToken("a@b.c", "canary"), waited.append)
    with pytest.raises(UnreachedError, match=r"nobody\.invalid cannot be reached"):
        me(Patience(unknown, waited.append))
    assert sum(waited) < SHORT


def test_what_was_reached_before_is_waited_for(patience: Patience, zendesk: Account, waited: list[float]) -> None:
    with ThreadPoolExecutor(1) as pool:  # a thread's own connection, which the other's call does not find open
        assert pool.submit(me, patience).result()
    zendesk.__exit__(None, None, None)
    waited.clear()
    with pytest.raises(UnreachedError):
        me(patience)
    assert [each for each in waited if each >= SHORT] == list(PAUSES)


def test_one_that_answers_with_an_error_of_its_own_is_there(
    patience: Patience, zendesk: Account, waited: list[float]
) -> None:
    zendesk.faults.add(Kind.FAIL, times=None, value=503)
    with pytest.raises(UnavailableError):
        me(patience)
    assert [each for each in waited if each >= SHORT] == list(PAUSES)
