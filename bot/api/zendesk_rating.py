"""The pages behind Zendesk's rating links, as routes of the query API's function: a signature opens them, no key."""

from dataclasses import replace
from functools import cache

from bot import zendesk
from bot.api.extending import Asked, Extra
from bot.api.parts import Parts
from bot.observability import Telemetry
from bot.settings import Settings
from integrations.http import Reply
from integrations.zendesk.linking import PATH
from integrations.zendesk.rating import RatingPages, failed
from rag_core.domain import AnswerRecord, PersonId, QuestionId, Rating
from rag_core.errors import SupportBotError

METHODS = ("GET", "HEAD", "POST")


def routes(settings: Settings, parts: Parts, telemetry: Telemetry) -> list[Extra]:
    """The secret is read with the first page: without it, questions are answered all the same."""

    @cache
    def pages() -> RatingPages:
        return RatingPages(zendesk.links(settings), _Book(parts, telemetry))

    def page(asked: Asked) -> Reply:
        try:
            reply = pages().handle(asked.method, asked.query, asked.body)
        except SupportBotError as error:  # the secret cannot be read
            reply = failed(error)
        return replace(reply, body="") if asked.method == "HEAD" else reply

    return [Extra(method, PATH, "zendesk", page) for method in METHODS]


class _Book:
    """Book."""

    def __init__(self, parts: Parts, telemetry: Telemetry) -> None:
        self._parts, self._telemetry = parts, telemetry

    def answer(self, question_id: QuestionId) -> AnswerRecord:
        return self._parts.log.answer(question_id)

    def rate(self, question_id: QuestionId, person: PersonId, *, helpful: bool, reason: str, comment: str) -> Rating:
        before = self._parts.log.answer(question_id)
        rating = self._parts.rate(question_id, person, helpful=helpful, reason=reason, comment=comment)
        self._telemetry.rated(rating, before)
        return rating
