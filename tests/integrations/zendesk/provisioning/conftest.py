"""An account whose bot is an admin, and a set-up of it."""

import pytest

from bot.local.account.account import Account
from integrations.zendesk.addressing import Site
from integrations.zendesk.administering import Administration
from integrations.zendesk.authorizing import ApiToken
from integrations.zendesk.client import Zendesk
from integrations.zendesk.provisioning import Provisioning
from tests.integrations.zendesk.provisioning.plans import provisioning


@pytest.fixture
def zendesk(zendesk: Account) -> Account:
    zendesk.bot["role"] = "admin"
    return zendesk


@pytest.fixture
def administration(zendesk: Account) -> Administration:
    own = zendesk.authority
    return Administration(Zendesk(Site.of("", zendesk.url), ApiToken(own.email, own.token), lambda _: None))


@pytest.fixture
def found(administration: Administration, zendesk: Account) -> Provisioning:
    return provisioning(administration, zendesk)
