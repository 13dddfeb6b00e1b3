"""Real zenpy before the fake; its environment variables are what lead it to another host than Zendesk's."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from bot.local.account.account import Account


class Clock:
    """Stands, until it is moved."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def zendesk(clock: Clock) -> Iterator[Account]:
    with Account(clock=clock) as made:
        yield made


@pytest.fixture
def zenpy(zendesk: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from zenpy import Zenpy

    monkeypatch.setenv("ZENPY_FORCE_NETLOC", zendesk.url.removeprefix("http://"))
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    with requests.Session() as session:
        session.auth = (f"{zendesk.authority.email}/token", zendesk.authority.token)
        yield Zenpy(subdomain="example", session=session, anonymous=True, disable_cache=True, timeout=2)
