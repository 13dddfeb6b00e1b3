"""The Zendesk page without a browser, as somebody without JavaScript uses it."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from bot.app import App
from tests.bot.local.conftest import EXAMPLES, visited
from tests.bot.local.slackview.conftest import PATIENCE, shown


@dataclass
class Desk:
    """An agent's page: what they see, and what is done there."""

    client: httpx.Client
    url: str = "/zendesk"

    def page(self) -> str:
        response = self.client.get(self.url)
        assert response.status_code == 200, response.text
        return response.text

    def open(self, text: str, subject: str = "A question", who: str = "") -> None:
        """As the first customer, unless another is named; its ticket is looked at from then on."""
        customers = re.findall(r'<option value="(\d+)">([^<]*)</option>', self.client.get("/zendesk").text)
        number = next(number for number, name in customers if name.startswith(who))
        self.done("open", {"from": number, "subject": subject, "text": text})

    def say(self, text: str, **more: str) -> None:
        self.done("say", {"ticket": self.url.rpartition("=")[2], "text": text, "as": "reply", **more})

    def done(self, act: str, form: dict[str, str]) -> None:
        response = self.client.post(f"/zendesk/{act}", data=form)
        assert response.status_code == 200, response.text
        self.url = response.url.raw_path.decode()

    def sees(self, words: str) -> str:
        """The page, once these words stand on it."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if words in shown(page := self.page()):
                return page
            time.sleep(0.05)
        raise AssertionError(f"{words!r} does not come; there is: {shown(page)[-2000:]}")


@pytest.fixture
def desk(built: App) -> Iterator[Desk]:
    with visited(built, EXAMPLES) as client:
        yield Desk(client)
