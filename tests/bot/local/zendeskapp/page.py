"""A ticket's page with the app in its sidebar, as small as it can be: what Zendesk is to the app."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import FrameLocator, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.api.extending import extras
from bot.api.parts import Parts
from bot.local.serving import server
from bot.local.zendeskapp import framing
from bot.local.zendeskapp.proxying import Endpoints, Got, Proxy, Sent
from bot.observability import Telemetry
from bot.settings import Settings
from integrations.zendesk.drafts import Drafts, TicketDraft
from integrations.zendesk.packaging import Sidebar
from rag_core.domain import Audience, Outcome, PersonId, QuestionId

REFUNDS = "How long do refunds take?"
NOTHING = "Do quasars play xylophones?"

HOST, SECRET = "api.acme.example", "shared-secret-of-the-sidebar-0001"
TICKET: dict[str, Any] = {
    "id": 7,
    "subject": "Refund",
    "description": "Hello",
    "requester": {"id": 900},
    "tags": ["vip"],
    "comments": [
        {"author": {"id": 1, "role": "agent"}, "value": "<p>Which one?</p>", "timestamp": "2026-11-02T12:00:00Z"},
        {
            "author": {"id": 900, "role": "end-user"},
            "value": "<p>How long do <b>refunds</b> take?</p><blockquote>Earlier: quasars</blockquote>",
            "timestamp": "2026-11-02T11:00:00Z",
        },
        {"author": {"id": 900, "role": "end-user"}, "value": "Older words", "timestamp": "2026-11-01T11:00:00Z"},
    ],
}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Ticket 7</title></head><body>
<div id="composer" contenteditable="true"></div>
<iframe id="app" title="Supportbot" width="{width}" height="100" allow="clipboard-write"></iframe>
<script type="module" src="/page.js"></script></body></html>"""
SCRIPT = """
import { Host } from "/zendesk-app/zaf_host.js";
const box = document.getElementById("composer");
const composer = {
  type: new URLSearchParams(location.search).get("type") ?? "publicReply",
  appended: [],
  get text() { return box.innerText; },
  append(html) { this.appended.push(html); box.insertAdjacentHTML("beforeend", html); },
};
const proxy = (options) =>
  fetch("/zendesk-app/proxy", { method: "POST", body: JSON.stringify(options) }).then((got) => got.json());
window.host = new Host(document.getElementById("app"), {
  account: "acme", agent: { id: 4815, name: "Ada", role: "agent" }, ticket: TICKET, composer, proxy,
  origin: location.origin.replace("127.0.0.1", "localhost"),
  colorScheme: new URLSearchParams(location.search).get("scheme") ?? "light",
});
window.host.load();
"""
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; frame-src http://localhost:*"
)


@dataclass
class Desk:
    """The bot behind the app, and what the proxy has seen."""

    parts: Parts
    settings: Settings
    address: str = ""
    sent: list[Sent] = field(default_factory=list)
    failing: list[Got] = field(default_factory=list)  # instead of the next answers
    gate: threading.Event = field(default_factory=threading.Event)  # closed: answers wait

    def __post_init__(self) -> None:
        self.gate.set()
        found = extras(self.settings, self.parts, Telemetry(metrics=False, plain=True))
        self._endpoints = Endpoints(found, 20.0)

    def send(self, sent: Sent) -> Got:
        self.sent.append(sent)
        self.gate.wait(10)
        return self.failing.pop(0) if self.failing else self._endpoints.send(sent)

    def draft(self, text: str, *, comment: int = 1) -> QuestionId:
        """As the worker leaves the ticket."""
        asked_by = PersonId("zendesk:acme")
        question = self.parts.question(text, audience=Audience.PUBLIC, asked_by=asked_by, channel="zendesk")
        answer = self.parts.answering.answer(question)
        answered = answer.outcome is Outcome.ANSWERED
        draft = TicketDraft(7, comment, question.id, answered, True, datetime.now(UTC))
        Drafts(self.parts.records, "acme").keep(draft)
        return question.id


@contextmanager
def served(desk: Desk, *, width: int = 380) -> Iterator[Desk]:
    proxy = Proxy({"shared_secret": SECRET}, frozenset({HOST}), desk.send)

    def page(_: Request) -> Response:
        return HTMLResponse(PAGE.format(width=width), headers={"Content-Security-Policy": POLICY})

    def script(_: Request) -> Response:
        return Response(SCRIPT.replace("TICKET", json.dumps(TICKET), 1), media_type="text/javascript")

    own = [Route("/", page), Route("/page.js", script)]
    with listening(Starlette(routes=[*own, *framing.routes(Sidebar.of(HOST), lambda _: proxy)])) as desk.address:
        yield desk


@contextmanager
def listening(app: Starlette) -> Iterator[str]:
    running = server(app)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread: threading.Thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        running.should_exit = True
        thread.join(10)
    assert not thread.is_alive()


Serve = Callable[[Desk], Desk]


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


def answer_id(desk: Desk) -> str:
    return str(re.findall(r'"question":"([0-9a-f]+)"', record(desk))[0])


def record(desk: Desk) -> str:
    found = desk.parts.records.get("zendesk-sidebar:acme:7", "latest")
    assert found is not None
    return found.value.decode().replace(" ", "")
