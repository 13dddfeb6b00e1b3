"""The OpenAPI document, made from the types that check requests and shape replies."""

from functools import cache
from typing import Any

from msgspec import Struct

from bot.api import replies
from bot.api.requests import Opinion, Query, schemas

KINDS = (Query, Opinion, replies.AnswerNow, replies.AnswerKept, replies.Pending, replies.Rated, replies.Health)
ERRORS = {
    "400": "The request is wrong; the message says what.",
    "401": "There is no valid key.",
    "403": "This key may not ask for this audience.",
    "404": "There is no such answer, or it is another caller's.",
    "409": "The question is not answered yet.",
    "413": "The body is larger than 32 KB.",
    "429": "More questions a minute than this key may ask.",
    "500": "A fault of the service; the log has it under the request_id.",
    "503": "A part that is needed does not answer now.",
    "504": "There was no answer in time.",
}
LATER = frozenset({"429", "503", "504"})  # say when to try again
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "description": "The question_id."}


@cache
def document() -> dict[str, Any]:
    from importlib.metadata import version  # 17 ms of a cold start

    return {
        "openapi": "3.1.0",
        "info": {
            "title": "supportbot",
            "version": version("supportbot"),
            "description": "Ask a question, get an answer that names its sources, or an honest refusal.",
        },
        "paths": {
            "/query": {"post": _query()},
            "/answers/{id}": {"get": _read()},
            "/answers/{id}/rating": {"post": _rate()},
            "/health": {"get": _health()},
            "/openapi.json": {"get": _itself()},
        },
        "components": {
            "schemas": schemas((*KINDS, replies.Error)),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            },
        },
        "security": [{"bearer": []}, {"key": []}],
    }


def _query() -> dict[str, Any]:
    return {
        "operationId": "query",
        "summary": "Ask a question.",
        "requestBody": _body(Query),
        "responses": {
            "200": _of(replies.AnswerNow, "The answer, or that the documents have none: see outcome."),
            "202": _of(replies.Pending, "It will be answered: read it with GET /answers/{id}."),
            **_errors("400", "401", "403", "413", "429", "500", "503", "504"),
        },
    }


def _read() -> dict[str, Any]:
    return {
        "operationId": "readAnswer",
        "summary": "Read an answer to a question of one's own.",
        "parameters": [ID],
        "responses": {
            "200": _of(replies.AnswerKept, "The answer."),
            "202": _of(replies.Pending, "It is not answered yet."),
            **_errors("401", "404", "500", "503", "504"),
        },
    }


def _rate() -> dict[str, Any]:
    return {
        "operationId": "rateAnswer",
        "summary": "Say whether an answer helped; one rating a person, the newest counts.",
        "parameters": [ID],
        "requestBody": _body(Opinion),
        "responses": {
            "200": _of(replies.Rated, "It is recorded."),
            **_errors("400", "401", "404", "409", "413", "500", "503", "504"),
        },
    }


def _health() -> dict[str, Any]:
    responses = {"200": _of(replies.Health, "Index and log answer; models are not asked."), **_errors("500", "503")}
    return {"operationId": "health", "summary": "Can it answer?", "security": [], "responses": responses}


def _itself() -> dict[str, Any]:
    responses = {"200": {"description": "OpenAPI.", "content": {"application/json": {"schema": {"type": "object"}}}}}
    return {"operationId": "openapi", "summary": "This document.", "security": [], "responses": responses}


def _body(kind: type[Struct]) -> dict[str, Any]:
    return {"required": True, "content": _content(kind)}


def _of(kind: type[Struct], description: str) -> dict[str, Any]:
    return {"description": description, "content": _content(kind)}


def _content(kind: type[Struct]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}}


def _errors(*statuses: str) -> dict[str, Any]:
    wait = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return {
        status: _of(replies.Error, ERRORS[status]) | ({"headers": wait} if status in LATER else {})
        for status in statuses
    }
