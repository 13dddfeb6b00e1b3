"""The Slack page in a real browser: a question, a rating with its modal, an admin's command, by mouse and keyboard."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bot.app import App
from bot.commands.demo import EXAMPLES
from bot.settings import load
from tests.bot.local.conftest import served
from tests.bot.local.test_browser import overflows
from tests.making import app
from tests.shared import DEMO

pytestmark = pytest.mark.browser
REFUNDS = "How long do refunds take?"


def write(page: Page, text: str, place: str = "Message #help") -> None:
    page.get_by_role("textbox", name=place).fill(text)
    page.get_by_role("textbox", name=place).press("Enter")


def be(page: Page, person: str) -> None:
    page.locator(".who summary").click()
    page.get_by_role("link", name=person).click()
    expect(page.locator(".who summary")).to_contain_text(person)


def go(page: Page, place: str) -> None:
    page.get_by_role("navigation", name="Channels").get_by_role("link", name=re.compile(rf"^\W*{place}")).click()


def asked(page: Page) -> Locator:
    """The thread, once the question is answered there."""
    page.goto("/slack")
    write(page, f"@supportbot {REFUNDS}")
    thread = page.get_by_role("region", name="Thread")
    expect(thread.get_by_role("button", name="Not helpful")).to_be_visible()
    return thread


def test_a_question_in_a_channel_is_answered_in_its_thread(page: Page) -> None:
    thread = asked(page)
    expect(thread.get_by_role("article")).to_have_count(2)
    expect(thread.locator(".mention")).to_have_text("@supportbot")
    expect(thread).to_contain_text("thirty days")
    expect(thread.get_by_role("link", name="Refunds")).to_have_attribute(
        "href", "https://help.example/refunds#how-long-refunds-take"
    )
    expect(page.get_by_role("log", name="Messages in #help").get_by_role("link", name="1 reply")).to_be_visible()
    expect(page.get_by_role("textbox", name="Reply in the thread")).to_be_focused()
    expect(page.get_by_role("note")).to_contain_text("A simulated Slack, on this machine.")


def test_it_follows_without_being_loaded_again(page: Page, browser: Browser, address: str) -> None:
    page.goto("/slack")
    page.evaluate("window.stayed = true")
    page.get_by_role("textbox", name="Message #help").fill("half a sentence")
    other = browser.new_context(base_url=address).new_page()
    other.goto("/slack")
    be(other, "Grace")
    write(other, f"@supportbot {REFUNDS}")
    lines = page.get_by_role("log", name="Messages in #help")
    expect(lines.get_by_role("link", name="1 reply")).to_be_visible()
    expect(lines).to_contain_text("Grace")
    expect(page.get_by_role("textbox", name="Message #help")).to_have_value("half a sentence")
    assert page.evaluate("window.stayed")
    other.context.close()


def test_not_helpful_opens_a_modal_that_wants_a_reason(page: Page, built: App) -> None:
    thread = asked(page)
    thread.get_by_role("button", name="Not helpful").click()
    modal = page.get_by_role("dialog", name="Not helpful")
    modal.get_by_label("Comment").fill("It is ten days")
    modal.get_by_role("button", name="Send").click()
    expect(modal.get_by_role("alert")).to_have_text("Please choose what was wrong with it.")
    expect(modal.get_by_label("It is wrong")).to_be_focused()
    expect(modal.get_by_label("Comment")).to_have_value("It is ten days")
    modal.get_by_label("It is out of date").check()
    modal.get_by_role("button", name="Send").click()
    expect(modal).to_have_count(0)
    expect(thread.get_by_role("button", name="Not helpful")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("Recorded: not helpful (It is out of date)")).to_be_visible()
    (rating,) = built.log.worst(limit=1)[0].ratings
    assert (rating.reason, rating.comment) == ("outdated", "It is ten days")


def test_a_modal_takes_the_keyboard_and_gives_it_back(page: Page) -> None:
    thread = asked(page)
    button = thread.get_by_role("button", name="Not helpful")
    button.focus()
    page.keyboard.press("Enter")
    modal = page.get_by_role("dialog", name="Not helpful")
    expect(modal.get_by_label("It is wrong")).to_be_focused()
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(modal).to_have_count(0)
    expect(button).to_be_focused()


def test_a_modal_that_was_closed_stays_closed(page: Page) -> None:
    """Also where the browser closes it without asking, and where a page from before comes late."""
    thread = asked(page)
    for way in ("dialog => dialog.close()", "dialog => dialog.querySelector('[data-close]').click()"):
        thread.get_by_role("button", name="Not helpful").click()
        modal = page.get_by_role("dialog", name="Not helpful")
        expect(modal.get_by_label("It is wrong")).to_be_focused()
        before = page.content()
        modal.evaluate(way)
        expect(page.locator("dialog")).to_have_count(0)
        page.evaluate("late => show(new DOMParser().parseFromString(late, 'text/html'))", before)
        expect(page.locator("dialog")).to_have_count(0)
        page.reload()
        expect(page.locator("dialog")).to_have_count(0)


def test_a_modal_keeps_what_is_typed_while_messages_come(page: Page, browser: Browser, address: str) -> None:
    asked(page).get_by_role("button", name="Not helpful").click()
    gus = page.locator(".who a", has_text="Gus").get_attribute("href")
    comment = page.get_by_role("dialog").get_by_label("Comment")
    comment.fill("half a sentence")
    other = browser.new_context(base_url=address).new_page()
    other.goto(gus or "")
    write(other, "hello everybody")
    expect(page.locator("#lines")).to_contain_text("hello everybody")
    expect(comment).to_have_value("half a sentence")
    expect(comment).to_be_focused()
    other.context.close()


def test_an_admin_reingests_and_sees_how_far_it_is(page: Page, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    for number in range(250):  # so that there is something to see
        (docs / f"more-{number}.html").write_text(f"<h1>Page {number}</h1>" + "<p>Some words.</p>" * 300, "utf-8")
    page.goto("/slack")
    be(page, "Grace")
    page.get_by_role("button", name="/supportbot reingest").click()
    expect(page.get_by_role("log", name="Messages in #help")).to_contain_text("will be read again")
    go(page, "supportbot")
    message = page.get_by_role("log").get_by_role("article")
    expect(message).to_contain_text(re.compile(r"(Reading|Embedding): [\d,]+ of [\d,]+"))
    expect(message).to_contain_text("250 written", timeout=60_000)
    assert page.get_by_role("log").get_by_role("article").count() == 1  # the same message, changed


def test_a_draft_is_seen_by_its_asker_until_it_is_shared(page: Page) -> None:
    page.goto("/slack")
    write(page, f"/support {REFUNDS}")
    lines = page.get_by_role("log", name="Messages in #help")
    expect(lines.get_by_text("Only visible to you").last).to_be_visible()
    lines.get_by_role("button", name="Share").click()
    expect(lines).to_contain_text("Shared by @Ada")
    be(page, "Gus")
    expect(page.get_by_role("log", name="Messages in #help")).to_contain_text("thirty days")


def test_a_message_is_answered_by_its_menu(page: Page) -> None:
    page.goto("/slack")
    write(page, "A customer asks how long refunds take")
    message = page.get_by_role("log", name="Messages in #help").get_by_role("article").first
    message.locator("summary").click()
    message.get_by_role("button", name="Answer this").click()
    lines = page.get_by_role("log", name="Messages in #help")
    lines.get_by_role("button", name="Share to thread").click()
    lines.get_by_role("link", name="1 reply").click()
    expect(page.get_by_role("region", name="Thread")).to_contain_text("Shared by @Ada")


def test_the_menu_of_the_last_message_is_seen_whole(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 640})
    page.goto("/slack")
    lines = page.get_by_role("log", name="Messages in #help")
    for number in range(9):
        write(page, f"Good morning {number}")
        expect(lines.get_by_role("article")).to_have_count(number + 1)
    lines.get_by_role("article").last.locator("summary").click()
    menu = lines.get_by_role("article").last.locator(".more form")
    expect(menu).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    lines.evaluate("list => list.scrollTop = 0")
    lines.get_by_role("article").first.locator("summary").click()
    expect(lines.get_by_role("article").first.locator(".more form")).to_be_in_viewport(ratio=1)


def test_home_and_the_settings_of_a_channel(page: Page) -> None:
    page.goto("/slack")
    go(page, "App Home")
    expect(page.get_by_text("What I can do")).to_be_visible()
    expect(page.get_by_role("button", name="Add a channel")).to_have_count(0)
    be(page, "Grace")
    page.get_by_role("button", name="Add a channel").click()
    modal = page.get_by_role("dialog", name="Channel settings")
    modal.get_by_label("Channel", exact=True).select_option("#help")
    modal.get_by_label("Internal and public documents").check()
    modal.get_by_role("button", name="Save").click()
    expect(modal).to_have_count(0)
    expect(page.locator("#home")).to_contain_text("#help")


def test_the_keyboard_is_enough(page: Page) -> None:
    page.goto("/slack")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".who summary")).to_be_focused()
    reached = []
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('id') ?? document.activeElement.name ?? ''"))
        if reached[-1] == "say-top":
            break
    assert reached[-1] == "say-top"
    page.keyboard.type(f"@supportbot {REFUNDS}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Reply in the thread")).to_be_focused()
    page.keyboard.type("And how long does that take?")
    page.keyboard.press("Enter")
    thread = page.get_by_role("region", name="Thread")
    expect(thread.get_by_role("article")).to_have_count(4)
    expect(page.get_by_role("textbox", name="Reply in the thread")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_screens_do_not_scroll_sideways(page: Page, scheme: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto("/slack")
    assert not overflows(page)
    write(page, f"@supportbot {'w' * 200} {REFUNDS}")
    thread = page.get_by_role("region", name="Thread")
    expect(thread.get_by_role("article")).to_have_count(2)
    expect(page.get_by_role("region", name="#help", exact=True)).to_be_hidden()
    assert not overflows(page)
    thread.get_by_role("link", name="Close").click()
    expect(page.get_by_role("region", name="#help", exact=True)).to_be_visible()
    be(page, "Grace")
    go(page, "App Home")
    page.get_by_role("button", name="Add a channel").click()
    page.get_by_role("dialog").wait_for()
    assert not overflows(page)


def test_it_works_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/slack")
    page.get_by_role("textbox", name="Message #help").fill(f"@supportbot {REFUNDS}")
    page.get_by_role("button", name="Send").first.click()
    until = time.monotonic() + 15
    while not page.get_by_role("button", name="Not helpful").count():
        assert time.monotonic() < until
        page.get_by_role("link", name="load the page again").click()
    page.get_by_role("button", name="Not helpful").click()
    page.get_by_label("It is wrong").check()
    page.get_by_role("dialog").get_by_role("button", name="Send").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    context.close()


def test_a_playground_that_has_ended_is_noticed(browser: Browser, built: App) -> None:
    with served(built) as address:
        page = browser.new_context(base_url=address).new_page()
        page.goto("/slack")
    expect(page.locator("#problem")).to_contain_text("is it still running")
    write(page, "hello")
    expect(page.get_by_role("textbox", name="Message #help")).to_have_value("hello")
    page.context.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[str]:
    built = app(tmp_path / "home", load().embedding_model or "none")
    built.ingest(DEMO / "help-center", base_url="https://help.larkpost.example")
    with served(built, EXAMPLES) as address:
        yield address


def test_the_picture_in_the_readme(browser: Browser, demo: str, tmp_path: Path) -> None:
    """SUPPORTBOT_SLACK_SCREENSHOT names the file it is kept in."""
    picture = Path(os.environ.get("SUPPORTBOT_SLACK_SCREENSHOT") or tmp_path / "slack.png")
    page = browser.new_page(viewport={"width": 1280, "height": 1000}, base_url=demo, color_scheme="light")
    page.goto("/slack")
    be(page, "Gus")
    write(page, "Morning! A customer has lost their API key and cannot see it in the settings any more.")
    be(page, "Ada")
    page.get_by_role("button", name=f"@supportbot {EXAMPLES[1]}").click()
    thread = page.get_by_role("region", name="Thread")
    thread.get_by_role("button", name="Helpful", exact=True).click()
    expect(thread).to_contain_text("Recorded: helpful")
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
    page.close()
