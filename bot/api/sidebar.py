"""The routes of the sidebar app: who calls, within the quota, and what comes back.

In the words of the query API, beside which they stand: the same statuses, the same errors.
"""

import re
from http import HTTPStatus

import msgspec

from bot.api.errors import RefusedError
from bot.api.extending import Asked, Extra
from bot.api.parts import Parts
from bot.api.quota import Quota
from bot.api.replies import Rated
from bot.api.requests import parsed
from bot.api.sidebar_access import Access, Installation
from bot.api.sidebar_answers import CHANNEL, SidebarAnswers
from bot.api.sidebar_requests import Ask, Vote, Wish
from bot.observability import Telemetry
from bot.settings import Settings
from integrations.http import JSON, Reply, one
from rag_core.domain import Answer

TICKET = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


def routes(settings: Settings, parts: Parts, telemetry: Telemetry) -> list[Extra]:
    found = Sidebar(settings, parts, telemetry)
    draft, rating = "/zendesk/app/tickets/<ticket>/draft", "/zendesk/app/answers/<answer>/rating"
    return [
        Extra("GET", draft, CHANNEL, found.draft),
        Extra("POST", draft, CHANNEL, found.redraft),
        Extra("POST", "/zendesk/app/ask", CHANNEL, found.ask),
        Extra("POST", rating, CHANNEL, found.rate),
    ]


class Sidebar:
    """The endpoints. Each raises RefusedError, RejectedError, UnavailableError, MisconfiguredError."""

    def __init__(self, settings: Settings, parts: Parts, telemetry: Telemetry) -> None:
        self._access, self._telemetry = Access(settings), telemetry
        self._answers = SidebarAnswers(
            parts, shadow=settings.zendesk_mode == "shadow", writes=bool(settings.answer_model)
        )
        self._quota = Quota(parts.cache if settings.redis_url else None, settings.tenant)

    def draft(self, asked: Asked) -> Reply:
        by = self._caller(asked)
        return _said(self._answers.draft(by, _ticket(asked)))

    def redraft(self, asked: Asked) -> Reply:
        by = self._caller(asked)
        ticket, wish = _ticket(asked), parsed(asked.body, Wish)
        asked.quote((wish.question, wish.instruction))
        if not wish.first:  # which asks no model
            self._quota.spend(by)
        panel, answer = self._answers.redraft(by, ticket, wish, asked.deadline)
        self._answered(asked, answer)
        return _said(panel)

    def ask(self, asked: Asked) -> Reply:
        by = self._caller(asked)
        question = parsed(asked.body, Ask)
        asked.quote((question.query,))
        self._quota.spend(by)
        shown, answer = self._answers.ask(by, question, asked.deadline)
        self._answered(asked, answer)
        return _said(shown)

    def rate(self, asked: Asked) -> Reply:
        by = self._caller(asked)
        vote = parsed(asked.body, Vote)
        asked.quote((vote.comment,))
        rating, before = self._answers.rate(by, asked.named["answer"], vote)
        asked.say({"question_id": rating.question_id})
        self._telemetry.rated(rating, before)
        return _said(Rated(rating.question_id, rating.helpful))

    def _caller(self, asked: Asked) -> Installation:
        kind, _, token = one(asked.headers, "authorization").partition(" ")
        found = self._access.identify(token.strip() if kind.lower() == "bearer" else "")
        asked.say({"caller": found.name})
        return found

    def _answered(self, asked: Asked, answer: Answer | None) -> None:
        if answer is not None:
            asked.say({"question_id": answer.question_id})
            self._telemetry.answered(answer, channel=CHANNEL)


def _ticket(asked: Asked) -> int:
    number = asked.named["ticket"]
    if not TICKET.fullmatch(number):
        raise RefusedError(HTTPStatus.NOT_FOUND, "not_found", "there is no such ticket: its number is an integer")
    return int(number)


def _said(body: object) -> Reply:
    return Reply(HTTPStatus.OK.value, msgspec.json.encode(body).decode(), {"Content-Type": JSON})
