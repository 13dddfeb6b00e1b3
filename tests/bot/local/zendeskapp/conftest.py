"""The app in a ticket's page, with a bot behind it that knows a few documents."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page

from bot.app import App
from bot.settings import Settings
from tests.bot.local.zendeskapp.page import SECRET, Desk, served
from tests.making import write

DOCUMENTS = {
    "refunds": "---\ntitle: Refunds\nurl: https://help.example/refunds\n---\n"
    "Larkpost pays refunds to the original payment method.\n\n## How long refunds take\n\n"
    "A refund takes `thirty days` to arrive, and never longer.",
    "spf": "---\ntitle: SPF\nurl: https://help.example/spf\n---\nAn SPF record is a TXT record in the DNS.",
    "discounts": "---\ntitle: Discounts\naudience: internal\n---\nAgents may give a discount of twenty percent.",
}
GIVEN = {
    "zendesk_subdomain": "acme",
    "zendesk_client_id": "supportbot",
    "zendesk_client_secret": "oauth",
    "zendesk_app_secret": SECRET,
}


def desk_in(home: Path, docs: Path, **settings: str) -> Desk:
    given = Settings(home=str(home), embedding_model="none", **(GIVEN | settings))  # type: ignore[arg-type]
    built = App(given)
    built.ingest(write(docs, **DOCUMENTS))
    return Desk(built, given)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with served(desk_in(tmp_path / "home", tmp_path / "docs")) as desk:
        yield desk


@pytest.fixture
def complaints() -> list[str]:
    """What no page may do; a test takes out what it provoked."""
    return []


@pytest.fixture
def page(browser: Browser, desk: Desk, complaints: list[str]) -> Iterator[Page]:
    """Fails on any console message, script error or request to another host."""
    context = browser.new_context(base_url=desk.address, viewport={"width": 900, "height": 900})
    context.set_default_timeout(30_000)
    context.grant_permissions(["clipboard-read"], origin=desk.address)
    page = context.new_page()
    own = (desk.address, desk.address.replace("127.0.0.1", "localhost"))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(own) else complaints.append(sent.url))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def app(page: Page) -> FrameLocator:
    return page.frame_locator("#app")
