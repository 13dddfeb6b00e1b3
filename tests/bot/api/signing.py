"""Tokens as Zendesk's proxy signs them, and requests of the sidebar."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from integrations.zendesk.drafts import Drafts, TicketDraft
from rag_core.domain import Audience, Outcome, PersonId, QuestionId
from tests.bot.api.asking import REFUND, Client, Reply

SECRET = "shared-secret-of-the-sidebar-0001"  # noqa: S105
SETTINGS: dict[str, Any] = {
    "zendesk_subdomain": "acme",
    "zendesk_client_id": "supportbot",
    "zendesk_client_secret": "oauth",
    "zendesk_app_secret": SECRET,
}
AGENT = "4815162342"


def claims(**changes: Any) -> dict[str, Any]:
    """A change to None leaves a claim out."""
    now = int(time.time())
    given = {"iss": "acme", "aud": "supportbot", "sub": AGENT, "iat": now, "exp": now + 60} | changes
    return {name: value for name, value in given.items() if value is not None}


def token(secret: str = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    return jwt.encode(claims(**changes), secret, algorithm)


@dataclass
class Zendesk:
    """An agent's sidebar, as its requests arrive."""

    client: Client

    def call(
        self, method: str, path: str, body: object = None, *, signed: str | None = None, left: int = 29_000
    ) -> Reply:
        headers = {"authorization": f"Bearer {token() if signed is None else signed}"}
        return self.client.call(method, f"/zendesk/app{path}", body, caller=None, headers=headers, left=left)

    def draft(self, ticket: object = 7, **more: Any) -> Reply:
        return self.call("GET", f"/tickets/{ticket}/draft", **more)

    def redraft(self, body: object, ticket: int = 7, **more: Any) -> Reply:
        return self.call("POST", f"/tickets/{ticket}/draft", body, **more)

    def ask(self, query: str, **more: Any) -> Reply:
        return self.call("POST", "/ask", {"query": query}, **more)

    def rate(self, answer: str, body: object, **more: Any) -> Reply:
        return self.call("POST", f"/answers/{answer}/rating", body, **more)


def drafted(
    zendesk: Zendesk,
    text: str = REFUND,
    *,
    comment: int = 1,
    audience: Audience = Audience.PUBLIC,
    channel: str = "zendesk",
    account: str = "acme",
    around: tuple[str, str] = ("", ""),
) -> QuestionId:
    """As the worker leaves a ticket."""
    parts = zendesk.client.parts
    question = parts.question(text, audience=audience, asked_by=PersonId("zendesk:acme"), channel=channel)
    answer = parts.answering.answer(question)
    at = datetime.now(UTC) + timedelta(seconds=comment)
    answered = answer.outcome is Outcome.ANSWERED
    Drafts(parts.records, account).keep(TicketDraft(7, comment, question.id, answered, True, at, None, *around))
    return question.id
