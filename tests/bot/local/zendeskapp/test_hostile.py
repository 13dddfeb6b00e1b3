"""Nothing of an attack acts in the sidebar or in the reply, wherever it stands."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from bot.api.sidebar_access import Installation
from bot.api.sidebar_answers import SidebarAnswers
from bot.api.sidebar_requests import Ask
from bot.local.zendeskapp.proxying import Got
from rag_core.domain import Deadline
from tests.bot.local.zendeskapp.hostile import HostileApp, faults
from tests.bot.local.zendeskapp.page import Desk, served
from tests.integrations.slack.attacks import attacks
from tests.integrations.slack.obeying import Position
from tests.shared import shared

SHARE, SHOWN = 16, 400  # one in so many is tried here, and of all one in so many in a browser
BY = Installation("acme", "4815")


@pytest.fixture(scope="module")
def found() -> list[str]:
    return [text for texts in attacks(shared("data/hostile")).values() for text in texts]


@pytest.fixture
def hostile(tmp_path: Path) -> HostileApp:
    return HostileApp(tmp_path)


@pytest.mark.parametrize("position", list(Position))
def test_what_the_sidebar_is_given_holds_nothing_active(
    hostile: HostileApp, found: list[str], position: Position
) -> None:
    answers = SidebarAnswers(hostile, shadow=False, writes=True)
    for attack in found[::SHARE]:
        shown, _ = answers.ask(BY, Ask(hostile.turn(attack, position)), Deadline.within(10))
        allowed = hostile.allowed(attack, position)
        assert not [*faults(shown.html, allowed), *faults(shown.insert_html, allowed)], repr(attack)
        assert {source.url for source in shown.citations} <= allowed


@pytest.fixture
def desk(hostile: HostileApp) -> Iterator[Desk]:
    with served(Desk(hostile, hostile.settings)) as desk:
        yield desk


@pytest.mark.browser
@pytest.mark.parametrize("position", list(Position))
def test_nor_what_it_shows_and_inserts(
    browser: Browser, hostile: HostileApp, desk: Desk, found: list[str], position: Position
) -> None:
    page = browser.new_page(base_url=desk.address)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))  # and it hangs, which fails the test too
    page.goto("/")
    app = page.frame_locator("#app")
    expect(app.get_by_text("No draft yet")).to_be_visible()
    page.frames[1].evaluate("() => { window.untouched = true }")
    for attack in found[::SHOWN]:
        query = hostile.turn(attack, position)
        app.locator("#query").fill(query)
        app.locator("#query").press("Control+Enter")
        expect(app.locator("#ask article")).to_be_focused()  # which may scroll: a click before that could miss
        expect(app.locator("#ask")).to_have_attribute("aria-busy", "false")
        app.locator("#ask").get_by_role("button", name="Insert into reply").click()
        expect(app.locator("#ask [data-part=said]")).to_be_visible()
        allowed = hostile.allowed(attack, position)
        seen = app.locator("#ask .text").inner_html()
        (inserted,) = page.evaluate("window.host.composer.appended.splice(0)")
        assert not [*faults(seen, allowed), *faults(inserted, allowed)], json.dumps(attack)
        app.locator("#ask-place").evaluate("one => one.replaceChildren()")
    assert page.frames[1].evaluate("window.untouched")
    assert complaints == []
    page.close()


ACTIVE = [
    "<script>parent.alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<a href='javascript:alert(1)' onclick='alert(1)' style='position:fixed'>x</a>",
    "<a href=' java&#10;script:alert(1)'>x</a><a href='//evil.example/'>y</a><a href='data:text/html,1'>z</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data='x'></object><embed src='x'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<template><img src=x onerror=alert(1)></template><noscript><img src=x onerror=alert(1)></noscript>",
    "<form action='https://evil.example/'><input name=a><button>x</button></form>",
    "<p id=draft-place class=card onmouseover=alert(1) tabindex=0>x</p><base href='https://evil.example/'>",
    "<style>body{display:none}</style><link rel=stylesheet href='https://evil.example/x.css'>",
    "<ol start='1\" onx=\"1'><li>x</li></ol>",
]


@pytest.mark.browser
def test_the_app_is_a_wall_of_its_own(browser: Browser, desk: Desk) -> None:
    """Whatever the API would send."""
    page = browser.new_page(base_url=desk.address)
    complaints: list[str] = []
    # the policy speaks up for the inert document that the HTML is read from, too: what counts is what happens
    page.on("console", lambda message: complaints.append(message.text) if "blocked" not in message.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))  # and it hangs, which fails the test too
    page.on("request", lambda sent: complaints.append(sent.url) if "evil" in sent.url else None)
    desk.draft("how?")  # else it looks again for one
    page.goto("/")
    app = page.frame_locator("#app")
    expect(app.locator("#draft .card")).to_be_visible()
    for html in ACTIVE:
        bad = {"number": 1, "title": html, "url": "javascript:alert(1)"}
        given: dict[str, Any] = {
            "question_id": html,
            "outcome": "answered",
            "html": html,
            "insert_html": html,
            "insert_text": html,
        }
        given |= {"citations": [bad], "confidence": html, "complete": True, "not_covered": html, "instruction": html}
        desk.failing.append(Got(200, json.dumps(given | {"unheeded": False, "rating": None})))
        app.locator("#query").fill("?")
        app.locator("#query").press("Control+Enter")
        expect(app.locator("#ask")).to_have_attribute("aria-busy", "false")
        app.locator("#ask").get_by_role("button", name="Insert into reply").click()
        expect(app.locator("#ask [data-part=said]")).to_be_visible()
        (inserted,) = page.evaluate("window.host.composer.appended.splice(0)")
        assert not [*faults(app.locator("#ask .text").inner_html(), set()), *faults(inserted, set())], html
        expect(app.locator("#ask .sources a")).to_have_count(0)
        expect(app.locator("#ask .sources li")).to_contain_text(html)
        app.locator("#ask-place").evaluate("one => one.replaceChildren()")
    assert complaints == []
    page.close()
