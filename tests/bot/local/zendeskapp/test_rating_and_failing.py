"""Ratings by the sidebar's thumbs, and what fails: it says what to do, and nothing is done twice."""

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from bot.local.zendeskapp.proxying import Got
from rag_core.answering import LONGEST
from rag_core.domain import LONGEST_COMMENT, REASONS, PersonId
from tests.bot.local.zendeskapp.page import REFUNDS, Desk, failing, opened, pressed

pytestmark = pytest.mark.browser


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
