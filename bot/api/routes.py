"""The routes, on Powertools' HTTP resolver: read the event, do it within the time, say how it ended.

Whatever happens, the caller gets our JSON and the log gets one line; a stack trace goes to neither.
"""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver, Response

from bot import events
from bot.api import callers, replies
from bot.api.answers import CHANNEL, Answers
from bot.api.callers import Caller, Callers
from bot.api.errors import Problem, RefusedError, problem
from bot.api.extending import Asked, Extra, allowed_on, extras, methods
from bot.api.health import Pulse
from bot.api.limiting import deadline_of, within
from bot.api.parts import Parts
from bot.api.quota import Quota
from bot.api.requests import Opinion, Query, Request, decode
from bot.observability import Telemetry
from bot.settings import Settings
from rag_core.domain import Answer, Deadline

JSON = "application/json"
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
AGAIN = "2"  # seconds after which to look at a pending answer
METHODS = {
    "/query": "POST",
    "/answers/<question_id>": "GET",
    "/answers/<question_id>/rating": "POST",
    "/health": "GET",
    "/openapi.json": "GET",
}
LAST = {"statusCode": 500, "headers": {"Content-Type": JSON}, "isBase64Encoded": False}


class Api:
    """One function's API; made once, in the init phase. Raises MisconfiguredError when nobody may call it."""

    def __init__(
        self,
        settings: Settings,
        parts: Parts,
        *,
        known: Callers | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._callers = known or callers.load(settings)
        self._settings, self._parts = settings, parts
        self._telemetry = telemetry or Telemetry(settings.tenant, tracing=settings.tracing)
        self._answers, self._pulse = Answers(parts), Pulse(parts)
        self._quota = Quota(parts.cache if settings.redis_url else None, settings.tenant)
        self._extras = extras(settings, parts, self._telemetry)
        self._methods = METHODS | methods(self._extras)
        self._resolver = self._routed()
        self._said: dict[str, Any] = {}
        self._quoting: list[str] = []

    def handle(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """The response to an event of API Gateway's HTTP API, payload version 2.0."""
        started = time.perf_counter()
        self._said, self._quoting = {"request_id": str(context.aws_request_id)}, []
        with self._telemetry.traced("request") as annotations:
            response = self._resolved(event, context)
            annotations["status"] = response["statusCode"]
        self._telemetry.ended(response["statusCode"], (time.perf_counter() - started) * 1000, **self._said)
        self._telemetry.flush()
        return response

    def _resolved(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        try:
            return dict(self._resolver.resolve(dict(event), context))
        except Exception as error:  # noqa: BLE001 - not an event of API Gateway: still no stack trace
            return LAST | {"body": self._problem(error).body(self._request_id).decode()}

    def _routed(self) -> APIGatewayHttpResolver:
        resolver = APIGatewayHttpResolver(debug=False)  # not by POWERTOOLS_DEV either: it prints whole events
        resolver.post("/query")(self._query)
        resolver.get("/answers/<question_id>")(self._read)
        resolver.post("/answers/<question_id>/rating")(self._rate)
        resolver.get("/health")(self._health)
        resolver.get("/openapi.json")(self._openapi)
        for extra in self._extras:
            resolver.route(extra.path, method=extra.method)(self._endpoint(extra))
        resolver.not_found(self._not_found)
        resolver.exception_handler(Exception)(self._failed)
        return resolver

    def _query(self) -> Response[str]:
        caller = self._caller("/query")
        asked = self._body(Query)
        self._quoting = [asked.query]
        self._quota.spend(caller)
        deadline = self._deadline()
        if asked.later:
            question_id = within(deadline, lambda: self._answers.ask_later(caller, asked, deadline))
            self._said["question_id"] = question_id
            return _pending(question_id)
        answer = within(deadline, lambda: self._answers.ask(caller, asked, deadline))
        self._answered(answer, caller)
        return _json(HTTPStatus.OK, replies.now(answer))

    def _read(self, question_id: str) -> Response[str]:
        caller = self._caller("/answers/{id}")
        record = within(self._deadline(), lambda: self._answers.read(caller, question_id))
        return _json(HTTPStatus.OK, replies.kept(record)) if record else _pending(question_id)

    def _rate(self, question_id: str) -> Response[str]:
        caller = self._caller("/answers/{id}/rating")
        opinion = self._body(Opinion)
        self._quoting = [opinion.comment, opinion.person]
        rating, before = within(self._deadline(), lambda: self._answers.rate(caller, question_id, opinion))
        self._said["question_id"] = rating.question_id
        self._telemetry.rated(rating, before)
        return _json(HTTPStatus.OK, replies.Rated(rating.question_id, rating.helpful))

    def _health(self) -> Response[str]:
        self._said["route"] = "/health"
        self._pulse.check(self._deadline())
        return _json(HTTPStatus.OK, replies.Health("ok"))

    def _openapi(self) -> Response[str]:
        from bot.api import openapi  # few ask for it

        self._said["route"] = "/openapi.json"
        return _json(HTTPStatus.OK, openapi.document(sidebar=bool(self._settings.zendesk_app_secret)))

    def _endpoint(self, extra: Extra) -> Callable[..., Response[str]]:
        def endpoint(**named: str) -> Response[str]:
            self._said |= {"route": extra.path, "channel": extra.channel}
            event, deadline = self._resolver.current_event.raw_event, self._deadline()
            query, headers, body = events.query(event), events.headers(event), events.body(event)
            telling = (self._said.update, self._quoting.extend)  # of this request, however late it tells
            asked = Asked(extra.method, query, headers, body, deadline, named, *telling)
            reply = within(deadline, lambda: extra.endpoint(asked))
            self._said |= {"code": reply.code, "kind": reply.kind, "job_id": reply.job}
            if reply.error is not None:
                self._telemetry.failed("failed", reply.error, code=reply.code, request_id=self._request_id)
            return Response(reply.status, reply.headers.get("Content-Type"), reply.body, HEADERS | dict(reply.headers))

        return endpoint

    def _not_found(self, _error: Exception) -> Response[str]:
        event = self._resolver.current_event
        if allowed := allowed_on(event.path, self._methods):
            error = RefusedError(
                HTTPStatus.METHOD_NOT_ALLOWED, "bad_method", f"this takes {allowed} only", headers={"Allow": allowed}
            )
        else:
            message = "there is no such endpoint: see GET /openapi.json"
            error = RefusedError(HTTPStatus.NOT_FOUND, "not_found", message)
        return self._failed(error)

    def _failed(self, error: Exception) -> Response[str]:
        found = self._problem(error)
        headers = HEADERS | dict(found.headers)
        return Response(found.status.value, JSON, found.body(self._request_id).decode(), headers)

    def _problem(self, error: Exception) -> Problem:
        found = problem(error)
        self._said["code"] = found.code
        if found.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._telemetry.failed("failed", error, self._quoting, request_id=self._request_id)
        return found

    def _caller(self, route: str) -> Caller:
        self._said["route"] = route
        caller = self._callers.identify(_key(self._resolver.current_event.headers))
        self._said["caller"] = caller.name
        return caller

    def _body(self, kind: type[Request]) -> Request:
        event = self._resolver.current_event
        return decode(event.body, bool(event.is_base64_encoded), kind)

    def _answered(self, answer: Answer, caller: Caller) -> None:
        self._said["question_id"] = answer.question_id
        self._telemetry.answered(answer, caller=caller.name, channel=CHANNEL, request_id=self._request_id)

    def _deadline(self) -> Deadline:
        left: int = self._resolver.lambda_context.get_remaining_time_in_millis()
        return deadline_of(self._settings.deadline, left)

    @property
    def _request_id(self) -> str:
        return str(self._said["request_id"])


def _key(headers: Mapping[str, str] | None) -> str:
    stated = {name.lower(): value for name, value in (headers or {}).items()}
    kind, _, key = stated.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else stated.get("x-api-key", "").strip()


def _pending(question_id: str) -> Response[str]:
    return _json(HTTPStatus.ACCEPTED, replies.Pending("pending", question_id), {"Retry-After": AGAIN})


def _json(status: HTTPStatus, body: object, headers: Mapping[str, str] | None = None) -> Response[str]:
    return Response(status.value, JSON, msgspec.json.encode(body).decode(), HEADERS | dict(headers or {}))
