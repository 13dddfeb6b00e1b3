"""A browser installs the app by the pages of this machine, through the simulated Slack's consent page."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.local.installpages import pages
from bot.local.workspace.workspace import Workspace
from tests.integrations.slack.several import BACK, Several, several


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Workspace() as slack:
        yield slack


async def walk(ours: Several) -> list[httpx.Response]:
    """Through the whole of it, the last page once more, and to where nothing is."""
    inside = httpx.ASGITransport(pages(ours.door()))
    async with (
        httpx.AsyncClient(transport=inside, base_url=BACK.partition("/slack")[0]) as browser,
        httpx.AsyncClient() as outside,
    ):
        first = await browser.get("/slack/install")
        consent = await outside.get(first.headers["Location"])
        back = consent.headers["Location"]
        assert back.startswith(BACK)
        return [first, await browser.get(back), await browser.get(back), await browser.get("/slack/else")]


def test_a_browser_installs_the_app(slack: Workspace, tmp_path: Path) -> None:
    ours = several(slack, tmp_path)
    first, last, again, other = asyncio.run(walk(ours))
    assert [each.status_code for each in (first, last, again, other)] == [302, 200, 400, 404]
    assert last.headers["Cache-Control"] == "no-store"
    assert "The app is installed" in last.text
    assert ours.process().token(slack.team.id, None).token == slack.token
