"""The sidebar in a real browser: every state, every button, with the keyboard alone, narrow, light and dark."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.bot.local.zendeskapp.conftest import desk_in
from tests.bot.local.zendeskapp.page import REFUNDS, Desk, host, opened, pressed, served

pytestmark = pytest.mark.browser


def test_while_it_looks_it_says_so(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.gate.clear()
    desk.draft(REFUNDS)
    page.goto("/")
    expect(app.locator("#draft")).to_have_attribute("aria-busy", "true")
    expect(app.locator("#draft-place").get_by_text("Looking for the draft…")).to_be_visible()
    desk.gate.set()
    expect(app.get_by_text("thirty days")).to_be_visible()
    expect(app.get_by_role("status")).to_have_text("The draft is there.")


def test_a_draft_is_shown_with_its_sources(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    expect(app.locator(".text code")).to_have_text("thirty days")
    expect(app.locator(".confidence")).to_contain_text("confidence")
    source = app.get_by_role("link", name="Refunds > How long refunds take")
    for link in (source, app.get_by_role("link", name="Source 1", exact=True)):
        expect(link).to_have_attribute("href", "https://help.example/refunds#how-long-refunds-take")
        expect(link).to_have_attribute("target", "_blank")
        expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_it_is_inserted_behind_what_is_there_without_markers(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    page.locator("#composer").fill("Dear Ada,")
    pressed(app, "Insert into reply")
    expect(app.get_by_text("Inserted into your reply.").first).to_be_visible()
    (html,) = host(page, "composer.appended")
    assert "<code>thirty days</code>" in html
    assert not re.search(r"\[1\]|target=|class=", html)
    expect(page.locator("#composer")).to_contain_text("Dear Ada,")
    assert host(page, "ticket.tags") == ["vip", "supportbot_assisted"]
    assert host(page, "composer.type") == "publicReply"
    set_by_it = [call for call in host(page, "calls") if call[0] == "set"]
    assert set_by_it == []


def test_an_internal_note_that_is_open_stays_one(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app, "?type=internalNote")
    pressed(app, "Insert into reply")
    expect(app.get_by_text("Inserted into the internal note that is open.").first).to_be_visible()
    assert host(page, "composer.type") == "internalNote"


def test_a_tag_that_cannot_be_added_is_no_reason_to_insert_again(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    host(page, "refused.add('ticket.tags.add')")
    pressed(app, "Insert into reply")
    expect(app.get_by_text("Inserted into your reply.").first).to_be_visible()


def test_a_reply_that_takes_nothing_says_so(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    host(page, "refused.add('ticket.comment.appendHtml')")
    pressed(app, "Insert into reply")
    expect(app.locator(".said.failed")).to_contain_text("That did not work")


def test_it_is_copied_as_html_and_as_text(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    pressed(app, "Copy")
    expect(app.get_by_text("Copied.").first).to_be_visible()
    held = held_in_the_clipboard(page)
    assert "thirty days" in held["text/plain"]
    assert "<code>thirty days</code>" in held["text/html"]


def test_without_the_clipboard_it_is_copied_as_a_person_would(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    page.frames[1].evaluate("() => { navigator.clipboard.write = () => Promise.reject(new Error('denied')) }")
    pressed(app, "Copy")
    expect(app.get_by_text("Copied.").first).to_be_visible()
    held = held_in_the_clipboard(page)
    assert "thirty days" in held["text/plain"]
    assert "<code>thirty days</code>" in held["text/html"]


def held_in_the_clipboard(page: Page) -> dict[str, str]:
    page.locator("#composer").click()
    found: dict[str, str] = page.evaluate(
        """async () => {
          const [item] = await navigator.clipboard.read();
          const read = async (type) => [type, await (await item.getType(type)).text()];
          return Object.fromEntries(await Promise.all(item.types.map(read)));
        }"""
    )
    return found


def test_no_answer_names_the_nearest_pages(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft("Does the DNS of violins in winter have a colour that orchestras like?")
    opened(page, app)
    expect(app.get_by_text("No answer in the documents", exact=True)).to_be_visible()
    nearest = app.get_by_role("heading", name="Nearest pages")
    expect(nearest).to_be_visible()
    expect(app.get_by_role("link", name="SPF")).to_have_attribute("href", "https://help.example/spf")
    expect(app.get_by_role("button", name="Insert into reply")).to_have_count(0)
    expect(app.get_by_role("button", name="Shorter")).to_be_hidden()  # than what?
    expect(app.locator(".redraft")).to_have_count(0)


def test_an_agents_own_question_is_answered_and_inserted(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    app.get_by_role("textbox", name="Your question").fill("What is an SPF record?")
    pressed(app, "Ask", "#ask")
    expect(app.locator("#ask .card")).to_be_focused()
    expect(app.locator("#ask .text")).to_contain_text("TXT record")
    pressed(app, "Insert into reply", "#ask")
    expect(page.locator("#composer")).to_contain_text("TXT record")
    expect(app.locator("#draft .text")).to_contain_text("thirty days")


def test_internal_pages_are_not_for_the_sidebar(page: Page, app: FrameLocator) -> None:
    opened(page, app)
    app.get_by_role("textbox", name="Your question").fill("Which discount may agents give?")
    pressed(app, "Ask", "#ask")
    expect(app.locator("#ask .card")).to_contain_text("No answer in the documents")
    expect(app.locator("#ask .card")).not_to_contain_text("Discounts")


def test_in_shadow_mode_nothing_is_shown(browser: Browser, tmp_path: Path) -> None:
    with served(desk_in(tmp_path / "home", tmp_path / "docs", zendesk_mode="shadow")) as desk:
        desk.draft(REFUNDS)
        page = browser.new_page(base_url=desk.address)
        app = opened(page, page.frame_locator("#app"))
        expect(app.get_by_text("Drafts are not shown yet")).to_be_visible()
        expect(app.get_by_role("button", name="Draft now")).to_have_count(0)
        page.close()


def test_outside_of_zendesk_it_says_where_it_belongs(page: Page) -> None:
    page.goto("/zendesk-app/assets/iframe.html")
    expect(page.get_by_text("Open this in Zendesk")).to_be_visible()


def test_the_secret_is_with_the_proxy_alone(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    (sent,) = desk.sent
    assert sent.headers["Authorization"].startswith("Bearer ey")
    assert "shared-secret" not in page.content() + page.frames[1].content()
    assert "shared-secret" not in str(sent)


def test_it_takes_the_room_it_needs(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    expect(app.get_by_text("thirty days")).to_be_visible()
    page.wait_for_function(
        "() => parseInt(document.getElementById('app').style.height) > 300 && "
        "document.getElementById('app').clientHeight === parseInt(document.getElementById('app').style.height)"
    )
    frame = page.frames[1]
    page.wait_for_timeout(0)
    assert not frame.evaluate("document.documentElement.scrollHeight > document.documentElement.clientHeight + 1")


def test_the_keyboard_is_enough(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    app.get_by_role("heading", name="Draft reply").focus()
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        focused = "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText || 'field'"
        reached.append(page.frames[1].evaluate(focused).strip().split("\n")[0])
        assert page.frames[1].evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert reached == [
        *("Source 1", "Insert into reply", "Copy", "Refunds > How long refunds take"),
        *("Yes", "No", "Shorter", "More detail"),
    ]


def test_whatever_can_be_operated_has_a_name(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    pressed(app, "No")
    for role in ("button", "textbox", "radio", "link"):
        for element in app.get_by_role(role).all():
            assert element.evaluate(
                "one => (one.ariaLabel || one.textContent || one.labels?.[0]?.textContent || '').trim()"
            )
    regions = app.get_by_role("region")
    expect(regions).to_have_count(2)


@pytest.mark.parametrize(("scheme", "light"), [("light", True), ("dark", False)])
def test_it_has_zendesks_colours_whatever_the_browsers_are(
    page: Page, desk: Desk, app: FrameLocator, scheme: str, light: bool
) -> None:
    desk.draft(REFUNDS)
    page.emulate_media(color_scheme="dark" if light else "light")
    opened(page, app, f"?scheme={scheme}")
    assert is_light(page) is light
    page.evaluate(f"window.host.colorScheme = '{'dark' if light else 'light'}'")
    expect(app.locator("html")).to_have_attribute("data-scheme", "dark" if light else "light")
    assert is_light(page) is not light


def is_light(page: Page) -> bool:
    colour = page.frames[1].evaluate("getComputedStyle(document.body).backgroundColor")
    return all(int(part) > 200 for part in re.findall(r"\d+", colour)[:3])


def test_320_pixels_are_enough(browser: Browser, desk: Desk) -> None:
    desk.draft(REFUNDS)
    page = browser.new_page(base_url=desk.address)
    page.goto("/")
    page.evaluate("document.getElementById('app').width = 320")
    app = opened(page, page.frame_locator("#app"))
    page.evaluate("document.getElementById('app').width = 320")
    pressed(app, "No")
    assert page.frames[1].evaluate("innerWidth") == 320
    wider = "[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth)"
    assert page.frames[1].evaluate(f"{wider}.length") == 0
    page.close()


def test_the_pictures(browser: Browser, desk: Desk, tmp_path: Path) -> None:
    """SUPPORTBOT_SIDEBAR_SCREENSHOTS names the folder they are kept in."""
    folder = Path(os.environ.get("SUPPORTBOT_SIDEBAR_SCREENSHOTS") or tmp_path)
    desk.draft(REFUNDS)
    for scheme in ("light", "dark"):
        page = browser.new_page(base_url=desk.address, viewport={"width": 400, "height": 1200})
        opened(page, page.frame_locator("#app"), f"?scheme={scheme}")
        page.locator("#app").screenshot(path=folder / f"sidebar-{scheme}.png")
        page.close()
    assert len(list(folder.glob("sidebar-*.png"))) == 2
