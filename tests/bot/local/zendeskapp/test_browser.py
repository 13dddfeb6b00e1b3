"""The sidebar in a real browser: every state, every button, with the keyboard alone, narrow, light and dark."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from bot.local.zendeskapp.proxying import Got
from rag_core.answering import LONGEST
from rag_core.domain import LONGEST_COMMENT, REASONS, PersonId, QuestionId
from tests.bot.local.zendeskapp.conftest import desk_in
from tests.bot.local.zendeskapp.page import Desk, served

pytestmark = pytest.mark.browser
REFUNDS = "How long do refunds take?"
NOTHING = "Do quasars play xylophones?"


def opened(page: Page, app: FrameLocator, query: str = "") -> FrameLocator:
    page.goto(f"/{query}")
    expect(app.locator("#draft")).to_have_attribute("aria-busy", "false")
    return app


def host(page: Page, expression: str) -> Any:
    return page.evaluate(f"window.host.{expression}")


def failing(status: int, code: str = "x", message: str = "that was wrong") -> Got:
    return Got(status, f'{{"error": {{"code": "{code}", "message": "{message}", "request_id": "r-7"}}}}')


def pressed(app: FrameLocator, name: str, within: str = "#draft") -> None:
    app.locator(within).get_by_role("button", name=name, exact=True).click()


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


def test_a_draft_is_made_otherwise_by_a_button(page: Page, desk: Desk, app: FrameLocator) -> None:
    first = desk.draft(REFUNDS)
    opened(page, app)
    pressed(app, "Shorter")
    expect(app.get_by_text("Asked for: Shorter")).to_be_visible()
    expect(app.get_by_role("heading", name="Draft reply")).to_be_focused()
    expect(app.locator("[data-part=unheeded]")).to_be_hidden()
    opened(page, app)
    expect(app.get_by_text("Asked for: Shorter")).to_be_visible()
    assert desk.parts.log.answer(first).text


def test_and_in_ones_own_words(page: Page, desk: Desk, app: FrameLocator) -> None:
    name = desk.draft(REFUNDS)
    opened(page, app)
    panel = {"state": "draft", "of": name, "wishes": "any", "wished": False}
    desk.failing.append(Got(200, json.dumps(panel | {"answer": shown(name)})))
    opened(page, app)
    field = app.get_by_role("textbox", name="How to rewrite it")
    pressed(app, "Rewrite")
    expect(field).to_be_focused()
    field.fill("<b>As a poem</b>")
    wished = {"instruction": "<b>As a poem</b>", "unheeded": True}
    desk.failing.append(Got(200, json.dumps(panel | {"answer": shown(name) | wished})))
    field.press("Enter")
    expect(app.get_by_text("Asked for: <b>As a poem</b>")).to_be_visible()
    expect(app.locator("[data-part=unheeded]")).to_contain_text("quotes the documents word for word")
    assert json.loads(desk.sent[-1].body) == {"instruction": "<b>As a poem</b>"}


def shown(name: str) -> dict[str, Any]:
    """An answer of a bot that has a model."""
    html = "<p>It takes thirty days.</p>"
    said = {"html": html, "insert_html": html, "insert_text": "It takes thirty days.", "confidence": "high"}
    more = {"citations": [], "complete": True, "not_covered": "", "instruction": "", "unheeded": False, "rating": None}
    return {"question_id": name, "outcome": "answered", **said, **more}


def test_only_what_the_bot_can_do_is_offered(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    expect(app.get_by_role("button", name="More detail")).to_be_visible()
    expect(app.get_by_role("button", name="Friendlier")).to_be_hidden()
    expect(app.get_by_label("How to rewrite it")).to_be_hidden()
    expect(app.get_by_role("button", name="Back to the first draft")).to_be_hidden()


def test_the_first_draft_comes_back(page: Page, desk: Desk, app: FrameLocator) -> None:
    name = desk.draft(REFUNDS)
    opened(page, app)
    pressed(app, "Shorter")
    pressed(app, "More detail")
    expect(app.get_by_text("Asked for: More detail")).to_be_visible()
    pressed(app, "Back to the first draft")
    expect(app.locator(".wish")).to_be_hidden()
    expect(app.get_by_role("button", name="Back to the first draft")).to_be_hidden()
    pressed(app, "Yes")
    expect(app.get_by_text("Recorded: helpful.").first).to_be_visible()
    assert desk.parts.log.answer(name).ratings
    opened(page, app)
    expect(app.locator(".wish")).to_be_hidden()


NEWS = "The customer has written again"
ON = "And what is an SPF record?"


@pytest.mark.parametrize("event", ["app.activated", "ticket.updated"])
def test_a_follow_ups_draft_takes_the_place_of_the_old_one(
    page: Page, desk: Desk, app: FrameLocator, event: str
) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    desk.draft(ON, comment=2)
    host(page, f"trigger('{event}')")
    expect(app.locator(".text")).to_contain_text("TXT record")
    expect(app.get_by_text(NEWS)).to_have_count(0)


def test_a_follow_ups_draft_that_takes_a_while_is_seen_too(page: Page, desk: Desk, app: FrameLocator) -> None:
    page.clock.install()
    desk.draft(REFUNDS)
    opened(page, app)
    host(page, "trigger('app.activated')")
    page.wait_for_function("() => true")
    desk.draft(ON, comment=2)
    page.clock.fast_forward(11_000)
    expect(app.locator(".text")).to_contain_text("TXT record")


@pytest.mark.parametrize("work", ["wish", "reason"])
def test_it_takes_no_work_away_and_says_that_there_is_a_new_one(
    page: Page, desk: Desk, app: FrameLocator, work: str
) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    if work == "wish":
        pressed(app, "Shorter")
        expect(app.get_by_text("Asked for: Shorter")).to_be_visible()
    else:
        pressed(app, "No")
        app.get_by_role("textbox", name="In your own words").fill("It is ten")
    desk.draft(ON, comment=2)
    for _ in range(2):
        host(page, "trigger('app.activated')")
        expect(app.locator("#draft .news .title")).to_have_text(NEWS)
    expect(app.locator(".text")).to_contain_text("thirty days")
    expect(app.get_by_role("status")).to_contain_text(NEWS)
    pressed(app, "Show the new draft")
    expect(app.locator(".text")).to_contain_text("TXT record")
    expect(app.get_by_text(NEWS)).to_have_count(0)


def test_an_old_draft_is_inserted_only_by_who_knows(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    desk.draft(ON, comment=2)  # and nothing has told the app
    pressed(app, "Insert into reply")
    expect(app.locator(".said.failed, [data-part=said]").first).to_contain_text("Not inserted")
    assert host(page, "composer.appended") == []
    assert host(page, "ticket.tags") == ["vip"]
    pressed(app, "Insert the earlier draft")
    expect(page.locator("#composer")).to_contain_text("thirty days")
    pressed(app, "Show the new draft")
    pressed(app, "Insert into reply")
    expect(page.locator("#composer")).to_contain_text("TXT record")


def test_an_api_that_is_down_keeps_nobody_from_inserting(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    desk.failing.append(failing(503))
    pressed(app, "Insert into reply")
    expect(page.locator("#composer")).to_contain_text("thirty days")


def test_a_ticket_without_a_draft_gets_one_on_demand(page: Page, desk: Desk, app: FrameLocator) -> None:
    opened(page, app)
    expect(app.get_by_text("No draft yet")).to_be_visible()
    pressed(app, "Draft now")
    expect(app.get_by_text("thirty days")).to_be_visible()
    asked = desk.parts.log.answer(QuestionId(answer_id(desk))).question.text
    assert asked == "Refund\n\nHow long do refunds take?"


def answer_id(desk: Desk) -> str:
    return str(re.findall(r'"question":"([0-9a-f]+)"', record(desk))[0])


def record(desk: Desk) -> str:
    found = desk.parts.records.get("zendesk-sidebar:acme:7", "latest")
    assert found is not None
    return found.value.decode().replace(" ", "")


def test_a_draft_that_comes_later_appears_by_itself(page: Page, desk: Desk, app: FrameLocator) -> None:
    page.clock.install()
    opened(page, app)
    expect(app.get_by_text("No draft yet")).to_be_visible()
    desk.draft(REFUNDS)
    page.clock.fast_forward(11_000)
    expect(app.get_by_text("thirty days")).to_be_visible()


def test_it_looks_again_when_the_agent_comes_back_to_the_ticket(page: Page, desk: Desk, app: FrameLocator) -> None:
    opened(page, app)
    desk.draft(REFUNDS)
    host(page, "trigger('app.activated')")
    expect(app.get_by_text("thirty days")).to_be_visible()


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


def test_it_is_rated_with_a_reason(page: Page, desk: Desk, app: FrameLocator) -> None:
    name = desk.draft(REFUNDS)
    opened(page, app)
    pressed(app, "No")
    expect(app.get_by_text("Recorded: not helpful. Say why (optional).").first).to_be_visible()
    expect(app.get_by_role("radio", name="Wrong")).to_be_focused()
    assert [(each.helpful, each.reason) for each in desk.parts.log.answer(name).ratings] == [(False, "")]
    app.get_by_role("radio", name="Outdated").check()
    app.get_by_role("textbox", name="In your own words").fill("It is ten days")
    pressed(app, "Send")
    expect(app.get_by_text("Recorded: not helpful. Thank you for the reason.").first).to_be_visible()
    (kept,) = desk.parts.log.answer(name).ratings
    assert (kept.person, kept.helpful, kept.reason) == ("zendesk:acme:agent:4815", False, "outdated")
    assert kept.comment == "It is ten days"
    opened(page, app)
    expect(app.get_by_role("button", name="No", exact=True)).to_have_attribute("aria-pressed", "true")
    pressed(app, "Yes")
    expect(app.get_by_text("Recorded: helpful.").first).to_be_visible()
    expect(app.get_by_role("button", name="Yes")).to_have_attribute("aria-pressed", "true")
    (kept,) = desk.parts.log.answer(name).ratings
    assert kept.helpful
    expect(app.locator(".rating [aria-pressed=true]")).to_have_count(1)
    pressed(app, "No")
    expect(app.locator(".rating [aria-pressed=true]")).to_have_text("No")


def test_a_verdict_that_is_given_again_keeps_its_reason(page: Page, desk: Desk, app: FrameLocator) -> None:
    name = desk.draft(REFUNDS)
    desk.parts.rate(name, PersonId("zendesk:acme:agent:4815"), helpful=False, reason="outdated")
    opened(page, app)
    pressed(app, "No")
    expect(app.get_by_role("radio", name="Wrong")).to_be_focused()
    assert desk.parts.log.answer(name).ratings[0].reason == "outdated"


def test_every_reason_can_be_given_and_no_more_than_is_taken(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    offered = app.locator("input[name=reason]").evaluate_all("all => all.map((one) => one.value)")
    assert tuple(offered) == REASONS
    expect(app.locator("textarea[name=comment]")).to_have_attribute("maxlength", str(LONGEST_COMMENT))
    expect(app.get_by_role("textbox", name="Your question")).to_have_attribute("maxlength", str(LONGEST))


@pytest.mark.parametrize(
    ("answer", "title", "detail"),
    [
        (failing(401), "Supportbot is not set up", "SUPPORTBOT_ZENDESK_APP_SECRET"),
        (failing(404, message="there is no such endpoint"), "Supportbot is not set up", "is not set there"),
        (failing(403), "Something went wrong", "that was wrong"),
        (failing(429), "Not now", "Too many questions"),
        (failing(503), "Not now", "busy"),
        (failing(500), "Something went wrong", "r-7"),
        (Got(502, "<html>Bad gateway</html>"), "Something went wrong", "id: none"),
        (Got(0, ""), "Something went wrong", "could not be reached"),
    ],
)
def test_what_fails_says_what_to_do_and_can_be_tried_again(
    page: Page, desk: Desk, app: FrameLocator, answer: Got, title: str, detail: str
) -> None:
    desk.draft(REFUNDS)
    desk.failing.append(answer)
    opened(page, app)
    expect(app.locator(".message .title")).to_have_text(title)
    expect(app.locator(".message .quiet")).to_contain_text(detail)
    pressed(app, "Try again")
    expect(app.get_by_text("thirty days")).to_be_visible()


def test_a_wish_that_fails_leaves_the_draft_where_it_is(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    desk.failing.append(failing(503))
    pressed(app, "Shorter")
    expect(app.get_by_text("Not now")).to_be_visible()
    expect(app.locator(".text")).to_contain_text("thirty days")
    pressed(app, "Try again")
    expect(app.get_by_text("Asked for: Shorter")).to_be_visible()


def test_a_question_that_fails_can_be_asked_again(page: Page, desk: Desk, app: FrameLocator) -> None:
    opened(page, app)
    desk.failing.append(failing(400, message="query: the question is empty"))
    app.get_by_role("textbox", name="Your question").fill(REFUNDS)
    app.get_by_role("textbox", name="Your question").press("Control+Enter")
    expect(app.locator("#ask .message")).to_contain_text("query: the question is empty")
    pressed(app, "Try again", "#ask")
    expect(app.locator("#ask .text")).to_contain_text("thirty days")


def test_a_rating_that_fails_says_so(page: Page, desk: Desk, app: FrameLocator) -> None:
    desk.draft(REFUNDS)
    opened(page, app)
    desk.failing.append(failing(503))
    pressed(app, "Yes")
    expect(app.locator("[data-part=rated]")).to_contain_text("That did not work: The bot is busy.")
    expect(app.get_by_role("button", name="Yes")).to_have_attribute("aria-pressed", "false")


def test_who_presses_twice_asks_once(page: Page, desk: Desk, app: FrameLocator) -> None:
    opened(page, app)
    desk.gate.clear()
    field = app.get_by_role("textbox", name="Your question")
    field.fill(REFUNDS)
    field.press("Control+Enter")
    field.press("Control+Enter")
    desk.gate.set()
    expect(app.locator("#ask .text")).to_be_visible()
    assert sum(sent.url.endswith("/ask") for sent in desk.sent) == 1


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
