"""The pages behind a note's rating links, in a browser: as an agent sees them on one machine."""

import os
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from bot import zendesk as wiring
from bot.app import App
from bot.local.zendesking import application
from bot.observability import Telemetry
from bot.settings import Settings, load
from rag_core.backends.local_queue import LocalQueue
from rag_core.domain import Audience, PersonId, QuestionId
from tests.bot.local.reaching import reached
from tests.bot.local.test_browser import overflows
from tests.making import answer

ANSWER = QuestionId("5f2c0a9be1d04c77")


@pytest.fixture
def stated(tmp_path: Path) -> Settings:
    return load(
        {},
        home=str(tmp_path),
        embedding_model="none",
        zendesk_subdomain="example",
        zendesk_client_id="bot",
        zendesk_client_secret="secret",
        zendesk_webhook_secret="d2ViaG9vaw==",
        public_url="https://bot.example",
    )


def rated(stated: Settings) -> App:
    app = App(stated)
    asked = app.question(
        "How long?", audience=Audience.PUBLIC, asked_by=PersonId("zendesk:example:5"), channel="zendesk"
    )
    kept = type(asked)(ANSWER, asked.text, asked.audience, asked.asked_by, asked.channel, asked.asked_at)
    app.log.record_answer(kept, answer(kept))
    return app


@pytest.fixture
def linked(stated: Settings) -> Iterator[tuple[App, Callable[[bool], str]]]:
    """The app, and a link's path by its vote; the pages are served."""
    app, links = rated(stated), wiring.links(stated)
    telemetry = Telemetry(stream=StringIO(), plain=True, metrics=False)
    with (
        LocalQueue(lambda *_: None, lambda *_: None) as queue,
        reached(application(App(stated), queue, telemetry)) as address,
    ):
        yield app, lambda helpful: links.url(ANSWER, helpful=helpful, ticket=123).replace(stated.public_url, address)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """The test fails on any console message, such as of a style that the policy refuses."""
    context = browser.new_context(viewport={"width": 900, "height": 700})
    context.set_default_timeout(30_000)
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [each for each in complaints if "favicon" not in each] == []


@pytest.mark.browser
def test_an_agent_rates_by_the_link_and_says_why(page: Page, linked: tuple[App, Callable[[bool], str]]) -> None:
    app, link = linked
    page.goto(link(False))
    expect(page.get_by_role("heading", level=1)).to_have_text("Rate this draft")
    assert app.log.answer(ANSWER).ratings == ()
    page.get_by_role("button", name="It did not help").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("on record for the draft in ticket 123")
    page.get_by_label("It is out of date").check()
    page.get_by_label("Comment").fill("It is sixty days now.\nSince May.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("What you added is on record for the draft in ticket 123")
    expect(page.get_by_label("It is out of date")).to_be_checked()
    expect(page.get_by_label("Comment")).to_have_value("It is sixty days now.\nSince May.")
    (rating,) = app.log.answer(ANSWER).ratings
    assert (rating.reason, rating.comment) == ("outdated", "It is sixty days now.\nSince May.")
    page.goto(link(True))
    page.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recorded: the draft helped")
    assert [each.helpful for each in app.log.answer(ANSWER).ratings] == [True]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_narrow_and_light_or_dark_as_wished(
    page: Page, linked: tuple[App, Callable[[bool], str]], scheme: Any, tmp_path: Path
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme=scheme)
    page.goto(linked[1](False))
    assert not overflows(page)
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert back == {"light": "rgb(247, 246, 242)", "dark": "rgb(18, 20, 21)"}[scheme]  # the style sheet is applied
    page.get_by_role("button").click()
    page.get_by_label("Comment").fill("w" * 300)
    page.get_by_role("button", name="Save").click()
    assert not overflows(page)
    page.screenshot(
        path=Path(os.environ.get("SUPPORTBOT_RATING_SCREENSHOTS") or tmp_path) / f"{scheme}.png", full_page=True
    )


@pytest.mark.browser
def test_it_works_without_javascript(browser: Browser, linked: tuple[App, Callable[[bool], str]]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(linked[1](True))
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_be_visible()
    context.close()
