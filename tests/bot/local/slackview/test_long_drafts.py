"""A private draft that is longer than one message, in a real browser: it is turned, shared, discarded as one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bot.app import App
from bot.settings import Settings
from tests.bot.local.conftest import DOCUMENTS, served
from tests.bot.local.slackview.test_browser import REFUNDS, write
from tests.fakes.bedrock.fake import BedrockFake
from tests.making import write as written

pytestmark = pytest.mark.browser
WORDS = 3_000


@pytest.fixture
def page(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """The playground with a model that says the same again and again."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "fake")
    with BedrockFake() as fake:
        fake.settings.answer_words = WORDS
        built = App(
            Settings(
                home=str(tmp_path / "home"),
                embedding_model="none",
                answer_model="anthropic.claude-haiku-5-5",
                max_tokens=4 * WORDS,
                bedrock_url=fake.endpoint_url,
                region="eu-central-1",
            )
        )
        built.ingest(written(tmp_path / "docs", **DOCUMENTS))
        with served(built) as address:
            context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 1000})
            context.set_default_timeout(20_000)
            yield context.new_page()
            context.close()


def draft_in(page: Page) -> Locator:
    page.goto("/slack")
    write(page, f"/support {REFUNDS}")
    draft = page.get_by_role("article").filter(has_text="Only you can see this.")
    expect(draft).to_contain_text("Part 1 of", timeout=20_000)
    return draft


def test_a_long_draft_is_turned_and_discarded_as_one(page: Page, tmp_path: Path) -> None:
    """SUPPORTBOT_SLACK_PARTS names the file that a picture of it is kept in."""
    draft = draft_in(page)
    expect(draft).to_have_count(1)
    expect(draft.get_by_role("button", name="Share")).to_be_in_viewport()
    expect(draft.get_by_role("button", name="Previous part")).to_have_count(0)
    draft.get_by_role("button", name="Next part").click()
    expect(draft).to_contain_text("Part 2 of")
    draft.get_by_role("button", name="Discard").scroll_into_view_if_needed()
    page.screenshot(path=os.environ.get("SUPPORTBOT_SLACK_PARTS") or tmp_path / "parts.png")
    draft.get_by_role("button", name="Previous part").click()
    expect(draft).to_contain_text("Part 1 of")
    draft.get_by_role("button", name="Next part").click()
    expect(draft).to_contain_text("Part 2 of")
    draft.get_by_role("button", name="Discard").click()
    expect(draft).to_have_count(0)
    expect(page.get_by_role("main")).not_to_contain_text("thirty days")


def test_shared_from_its_second_part_the_whole_is_there(page: Page) -> None:
    draft = draft_in(page)
    first = draft.inner_text().count("thirty days")
    draft.get_by_role("button", name="Next part").click()
    expect(draft).to_contain_text("Part 2 of")
    draft.get_by_role("button", name="Share").click()
    expect(draft).to_have_count(0)
    lines = page.get_by_role("log", name="Messages in #help")
    expect(lines).to_contain_text("Shared by")
    assert lines.inner_text().count("thirty days") > first
