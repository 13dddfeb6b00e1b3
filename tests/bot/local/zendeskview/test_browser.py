"""The Zendesk page in a real browser: a ticket, the sidebar's draft put into the reply, sent, and counted."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from bot.app import App
from bot.settings import load
from rag_core.domain import Use
from tests.bot.local.conftest import EXAMPLES, served
from tests.bot.local.test_browser import overflows
from tests.bot.local.zendeskview.test_pages import until
from tests.making import app
from tests.shared import DEMO

pytestmark = pytest.mark.browser
REFUNDS = "How long do refunds take?"


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """As every page of the playground; the sidebar is at this machine's other name."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    page, complaints = context.new_page(), list[str]()
    own = (address, address.replace("127.0.0.1", "localhost"))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(own) else complaints.append(sent.url))
    yield page
    context.close()
    assert complaints == []


def opened(page: Page, text: str = REFUNDS, subject: str = "Refunds") -> FrameLocator:
    """The sidebar of a new ticket."""
    page.goto("/zendesk")
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Message").fill(text)
    page.get_by_role("button", name="Submit ticket").click()
    expect(page.get_by_role("heading", name=subject)).to_be_visible()
    expect(page.locator("#composer [contenteditable]")).to_be_visible()  # the script has put it in the field's place
    return page.frame_locator("#app")


def test_a_draft_comes_is_inserted_sent_and_counted(page: Page, built: App) -> None:
    sidebar = opened(page)
    note = page.get_by_role("log", name="Comments").get_by_role("article").nth(1)
    expect(note).to_contain_text("thirty days")
    sidebar.get_by_role("button", name="Insert into reply").click()
    field = page.get_by_role("textbox", name="Your comment")
    expect(field).to_contain_text("thirty days")
    expect(field).not_to_contain_text("[1]")
    page.get_by_label("Submit as solved").check()
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("log", name="Comments").get_by_role("article")).to_have_count(3)
    expect(page.get_by_role("list", name="Tags")).to_contain_text("supportbot_assisted")
    expect(page.locator("#about")).to_contain_text("solved")
    until(lambda: any(day.uses.get(Use.AS_IS) for day in built.log.tally()))


def test_a_rating_in_the_sidebar_is_recorded(page: Page, built: App) -> None:
    sidebar = opened(page)
    sidebar.get_by_role("button", name="Yes").click()
    until(lambda: sum(day.helpful for day in built.log.tally()) == 1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_rating_link_of_a_note_records_and_looks_like_the_playground(page: Page, built: App, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    opened(page)
    accent = "getComputedStyle(document.documentElement).getPropertyValue('--accent').trim()"
    ours = page.evaluate(accent)
    page.get_by_role("log", name="Comments").get_by_role("link", name="Yes").click()
    page.get_by_role("button", name="It helped").click()
    expect(page.get_by_role("heading", name="Recorded: the draft helped")).to_be_visible()
    assert sum(day.helpful for day in built.log.tally()) == 1
    page.get_by_label("Comment").fill("Short and right")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("What you added is on record")
    assert page.evaluate(accent) == ours
    assert not overflows(page)


def test_it_follows_without_being_loaded_again_and_keeps_what_is_written(page: Page, address: str) -> None:
    opened(page)
    page.evaluate("window.stayed = true")
    page.get_by_role("textbox", name="Your comment").fill("half a sentence")
    other = page.context.browser.new_context(base_url=address).new_page()  # type: ignore[union-attr]
    other.goto(page.url)
    other.get_by_label("As Ada Okafor").check()
    expect(other.locator("#composer [contenteditable]")).to_be_visible()
    other.get_by_role("textbox", name="Your comment").fill("Still there?")
    other.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("log", name="Comments")).to_contain_text("Still there?")
    expect(page.get_by_role("textbox", name="Your comment")).to_have_text("half a sentence")
    assert page.evaluate("window.stayed")
    other.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_a_narrow_screen(page: Page, scheme: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto("/zendesk")
    assert not overflows(page)
    opened(page, f"{'w' * 200} {REFUNDS}", "s" * 120)
    expect(page.get_by_role("list", name="Tags")).to_be_visible()
    assert not overflows(page)


def test_it_works_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/zendesk")
    page.get_by_label("Message").fill(REFUNDS)
    page.get_by_role("button", name="Submit ticket").click()

    def drafted() -> bool:
        page.get_by_role("link", name="load the page again").click()
        return page.get_by_role("list", name="Tags").count() > 0

    until(drafted)
    page.get_by_role("textbox", name="Your comment").fill("Thirty days.")
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("article")).to_have_count(3)
    context.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[str]:
    built = app(tmp_path / "home", load().embedding_model or "none")
    built.ingest(DEMO / "help-center", base_url="https://help.larkpost.example")
    with served(built, EXAMPLES) as address:
        yield address


def test_the_picture_in_the_readme(browser: Browser, demo: str, tmp_path: Path) -> None:
    """SUPPORTBOT_ZENDESK_SCREENSHOT names the file it is kept in."""
    picture = Path(os.environ.get("SUPPORTBOT_ZENDESK_SCREENSHOT") or tmp_path / "zendesk.png")
    page = browser.new_page(viewport={"width": 1280, "height": 1000}, base_url=demo, color_scheme="light")
    text = "Hello,\n\nour API key is lost. How do I replace a lost API key?\n\nAda"
    sidebar = opened(page, text, "Lost API key")
    expect(page.get_by_role("list", name="Tags")).to_be_visible()
    sidebar.get_by_role("button", name="Insert into reply").click()
    expect(page.get_by_role("textbox", name="Your comment")).to_contain_text("Rotate")
    page.mouse.move(0, 0)
    page.screenshot(path=picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
    page.close()
