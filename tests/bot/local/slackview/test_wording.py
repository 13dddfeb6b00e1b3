"""What is typed becomes what Slack's client sends."""

from collections.abc import Iterator

import pytest

from bot.local.slackview.office import Office, office
from bot.local.slackview.wording import mentions_app, written
from bot.local.workspace.workspace import Workspace


@pytest.fixture
def here() -> Iterator[Office]:
    with Workspace() as slack:
        yield office(slack, lambda: 0)


def test_known_names_become_mentions(here: Office) -> None:
    app = here.slack.bot.id
    ada = next(iter(here.people))
    assert written(here, "@supportbot ask @Ada in #help") == f"<@{app}> ask <@{ada}> in <#{next(iter(here.places))}>"
    assert mentions_app(here, written(here, "hey @SupportBot"))


@pytest.mark.parametrize("text", ["ada@supportbot.example", "@nobody", "#nowhere", "@supportbotx"])
def test_other_names_stay_words(here: Office, text: str) -> None:
    assert written(here, text) == text


def test_the_signs_of_markup_are_escaped(here: Office) -> None:
    assert written(here, "a < b && <!channel>") == "a &lt; b &amp;&amp; &lt;!channel&gt;"
