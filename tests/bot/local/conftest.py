"""A small home, the playground on it, and a browser that may talk to nothing else."""

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.app import App
from bot.local.playground import create
from bot.local.serving import server
from tests.making import app, write

CHROMIUM = Path("/usr/bin/chromium")
EXAMPLES = ("How long do refunds take?", "What is an SPF record?")
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
DOCUMENTS = {
    "refunds": "---\ntitle: Refunds\nurl: https://help.example/refunds\nupdated: 2026-04-09\n---\n"
    "Larkpost pays refunds to the original payment method.\n\n"
    + "\n\n".join(f"## Case {number}\n\nThis is what happens in case {number}." for number in range(1, 15))
    + "\n\n## How long refunds take\n\nA refund takes **thirty days** to arrive, and\nnever longer. "
    "See [cases](#case-2) and [SPF](https://help.example/spf).\n",
    "spf": "---\ntitle: SPF\n---\nAn SPF record is a TXT record in the DNS of the sending domain.\n\n"
    "## Syntax\n\n| Part | Meaning |\n| --- | --- |\n| `v=spf1` | The version of the SPF syntax |\n",
    "discounts": "---\ntitle: Discounts\naudience: internal\n---\n"
    "Agents may give a discount of twenty percent to keep a customer.\n",
    "traps": "---\ntitle: Traps <b>\n---\nThe zeppelin page holds <script>alert('zeppelin')</script> "
    "as it was written.\n\n"
    "[zeppelin link](javascript:alert(1)) ![zeppelin picture](https://tracker.example/pixel.png) <@U123>\n\n"
    "<img src=x onerror=alert(2)>\n",
}


@pytest.fixture
def built(tmp_path: Path) -> App:
    built = app(tmp_path / "home")
    built.ingest(write(tmp_path / "docs", **DOCUMENTS))
    return built


@contextmanager
def served(built: App, examples: Sequence[str] = ()) -> Iterator[str]:
    """The playground on a port of its own, as `supportbot serve` runs it."""
    running = server(create(built, examples))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        running.should_exit = True
        thread.join(10)
    assert not thread.is_alive()


@contextmanager
def visited(built: App, examples: Sequence[str] = ()) -> Iterator[httpx.Client]:
    """What a browser without JavaScript does: it keeps cookies and follows redirects."""
    with (
        served(built, examples) as address,
        httpx.Client(base_url=address, follow_redirects=True, timeout=60) as client,
    ):
        yield client


@pytest.fixture
def address(built: App) -> Iterator[str]:
    with served(built, EXAMPLES) as address:
        yield address


@pytest.fixture
def client(built: App) -> Iterator[httpx.Client]:
    with visited(built, EXAMPLES) as client:
        yield client


@pytest.fixture(scope="module")  # its event loop would stand in the way of other tests
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        reason = "needs Chromium: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET + as_root)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page on the playground; the test fails on any console message, script error or request to another host."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(30_000)
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(address) else complaints.append(sent.url))
    yield page
    context.close()
    assert complaints == []
