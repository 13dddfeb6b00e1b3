"""The Slack page without a browser, as somebody without JavaScript uses it."""

import html
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from bot.app import App
from tests.bot.local.conftest import EXAMPLES, visited

PATIENCE = 30.0  # seconds


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@dataclass
class Desk:
    """One person's page: what they see, and what they do there."""

    client: httpx.Client
    url: str = "/slack"

    def page(self) -> str:
        response = self.client.get(self.url)
        assert response.status_code == 200, response.text
        return response.text

    def be(self, person: str, place: str = "help") -> "Desk":
        """Somebody else, in a channel or on the Home tab."""
        if address := _link(self.page(), person):
            self.url = address
        found = _link(self.page(), place)
        assert found, f"{person} sees no {place}"
        self.url = found
        return self

    def places(self) -> list[str]:
        tabs = self.page().partition('aria-label="Channels"')[2].partition("</nav>")[0]
        return re.findall(r"<span>([\w -]+)</span>", tabs)

    def do(self, act: str, **form: str) -> httpx.Response:
        query = dict(httpx.URL(self.url).params)
        return self.client.post(f"/slack/{act}", data=query | form)

    def say(self, text: str) -> None:
        """What opens a thread is followed there."""
        response = self.do("say", text=text)
        assert response.status_code == 200, response.text
        self.url = str(response.url)

    def sees(self, words: str) -> str:
        """The page, once these words stand on it."""
        return self._until(lambda shown: words in shown, f"{words!r} does not come")

    def no_longer_sees(self, words: str) -> str:
        return self._until(lambda shown: words not in shown, f"{words!r} does not go")

    def _until(self, true: Callable[[str], bool], otherwise: str) -> str:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if true(shown(page := self.page())):
                return page
            time.sleep(0.05)
        raise AssertionError(f"{otherwise}; there is: {shown(page)[-2000:]}")

    def press(self, label: str) -> httpx.Response:
        """The last button that says so."""
        page = self.page()
        buttons = re.findall(r"<button[^>]*value='([^']*)'[^>]*>(.*?)</button>", page, re.DOTALL)
        value = [html.unescape(value) for value, words in buttons if shown(words) == label][-1]
        before = page[: page.rindex(f"value='{value}'")]
        messages = re.findall(r'name="message" value="([^"]*)"', before)
        return self.do("press", press=value, message=messages[-1] if messages else "")


def shown(page: str) -> str:
    """Its words, without what makes it a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", page)).split())


def _link(page: str, label: str) -> str:
    page = page.partition('class="side"')[2]
    links = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', page, re.DOTALL)
    return next((html.unescape(url) for url, words in links if shown(words).startswith(label)), "")


@pytest.fixture
def desk(built: App) -> Iterator[Desk]:
    with visited(built, EXAMPLES) as client:
        yield Desk(client)
