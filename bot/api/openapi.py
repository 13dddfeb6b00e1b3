"""The OpenAPI document, made from the types that check requests and shape replies."""

from functools import cache
from typing import Any

from bot.api import replies
from bot.api.describing import body, errors, of
from bot.api.requests import Opinion, Query, schemas

KINDS = (Query, Opinion, replies.AnswerNow, replies.AnswerKept, replies.Pending, replies.Rated, replies.Health)
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "description": "The question_id."}


@cache
def document(*, sidebar: bool = False) -> dict[str, Any]:
    """`sidebar`: of a function that serves Zendesk's app too."""
    from importlib.metadata import version  # 17 ms of a cold start

    from bot.api import sidebar_openapi as app

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
            **(app.paths() if sidebar else {}),
        },
        "components": {
            "schemas": schemas((*KINDS, *(app.KINDS if sidebar else ()), replies.Error)),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
                **(app.SCHEMES if sidebar else {}),
            },
        },
        "security": [{"bearer": []}, {"key": []}],
    }


def _query() -> dict[str, Any]:
    return {
        "operationId": "query",
        "summary": "Ask a question.",
        "requestBody": body(Query),
        "responses": {
            "200": of(replies.AnswerNow, "The answer, or that the documents have none: see outcome."),
            "202": of(replies.Pending, "It will be answered: read it with GET /answers/{id}."),
            **errors("400", "401", "403", "413", "429", "500", "503", "504"),
        },
    }


def _read() -> dict[str, Any]:
    return {
        "operationId": "readAnswer",
        "summary": "Read an answer to a question of one's own.",
        "parameters": [ID],
        "responses": {
            "200": of(replies.AnswerKept, "The answer."),
            "202": of(replies.Pending, "It is not answered yet."),
            **errors("401", "404", "500", "503", "504"),
        },
    }


def _rate() -> dict[str, Any]:
    return {
        "operationId": "rateAnswer",
        "summary": "Say whether an answer helped; one rating a person, the newest counts.",
        "parameters": [ID],
        "requestBody": body(Opinion),
        "responses": {
            "200": of(replies.Rated, "It is recorded."),
            **errors("400", "401", "404", "409", "413", "500", "503", "504"),
        },
    }


def _health() -> dict[str, Any]:
    responses = {"200": of(replies.Health, "Index and log answer; models are not asked."), **errors("500", "503")}
    return {"operationId": "health", "summary": "Can it answer?", "security": [], "responses": responses}


def _itself() -> dict[str, Any]:
    responses = {"200": {"description": "OpenAPI.", "content": {"application/json": {"schema": {"type": "object"}}}}}
    return {"operationId": "openapi", "summary": "This document.", "security": [], "responses": responses}
