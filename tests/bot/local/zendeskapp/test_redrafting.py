"""The sidebar's draft made otherwise, on demand, and anew when the customer writes again."""

import json
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from bot.local.zendeskapp.proxying import Got
from rag_core.domain import QuestionId
from tests.bot.local.zendeskapp.page import REFUNDS, Desk, answer_id, failing, host, opened, pressed

pytestmark = pytest.mark.browser
NEWS = "The customer has written again"
ON = "And what is an SPF record?"


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
