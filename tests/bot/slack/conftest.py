"""A simulated Slack, and the small help center."""

from collections.abc import Iterator

import pytest

from bot.local.workspace.workspace import Workspace
from tests.bot.api.conftest import home, ingested
from tests.bot.slack.desk import Help

__all__ = ["home", "ingested"]


@pytest.fixture
def team() -> Iterator[Workspace]:
    with Workspace() as made:
        yield made


@pytest.fixture
def help_(team: Workspace) -> Help:
    ada = team.add_person("Ada", role="admin")
    return Help(team, ada, team.add_channel("help", ada))
