"""The sidebar app's part of the OpenAPI document, there where an app is set up."""

from typing import Any

from bot.api.describing import body, errors, of
from bot.api.replies import Rated
from bot.api.sidebar_replies import Panel, Shown
from bot.api.sidebar_requests import Ask, Vote, Wish

KINDS = (Ask, Wish, Vote, Panel, Shown, Rated)
SCHEMES = {
    "sidebar": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "HS256, as Zendesk's proxy signs it for the installed app.",
    }
}
SECURITY = [{"sidebar": list[str]()}]
TICKET = {
    "name": "ticket",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
    "description": "The ticket's number.",
}
ANSWER = {"name": "answer", "in": "path", "required": True, "schema": {"type": "string"}, "description": "Its id."}
SAID = {
    "_401": "There is no valid token of the app.",
    "_404": "There is no such ticket, or no such answer of this channel's.",
    "_409": "Drafts are only compared with what is sent (shadow mode).",
    "_429": "More questions a minute than one installation may ask.",
}


def paths() -> dict[str, Any]:
    return {
        "/zendesk/app/tickets/{ticket}/draft": {"get": _draft(), "post": _redraft()},
        "/zendesk/app/ask": {"post": _ask()},
        "/zendesk/app/answers/{answer}/rating": {"post": _rate()},
    }


def _draft() -> dict[str, Any]:
    responses = {"200": of(Panel, "The draft, or that there is none."), **_errors("401", "404", "500", "503", "504")}
    return _operation("sidebarDraft", "Read a ticket's draft.", responses, parameters=[TICKET])


def _redraft() -> dict[str, Any]:
    responses = {
        "200": of(Panel, "The draft as it is now; one that nothing came of is as it was."),
        **_errors("400", "401", "404", "409", "413", "429", "500", "503", "504"),
    }
    summary = "Draft it as it is wished for, or go back to the first draft."
    return _operation("sidebarRedraft", summary, responses, parameters=[TICKET], requestBody=body(Wish))


def _ask() -> dict[str, Any]:
    responses = {
        "200": of(Shown, "The answer, or that the public documents have none: see outcome."),
        **_errors("400", "401", "413", "429", "500", "503", "504"),
    }
    return _operation("sidebarAsk", "Ask the public documents.", responses, requestBody=body(Ask))


def _rate() -> dict[str, Any]:
    responses = {"200": of(Rated, "It is recorded."), **_errors("400", "401", "404", "413", "500", "503", "504")}
    summary = "Say whether an answer helped; one rating an agent, the newest counts."
    return _operation("sidebarRate", summary, responses, parameters=[ANSWER], requestBody=body(Vote))


def _operation(name: str, summary: str, responses: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"operationId": name, "summary": summary, "security": SECURITY, **more, "responses": responses}


def _errors(*statuses: str) -> dict[str, Any]:
    return errors(*statuses, **SAID)
