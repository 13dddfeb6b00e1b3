from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from bot.api import openapi
from rag_core.domain import REASONS, Audience
from tests.bot.api.asking import REFUND, Client, Reply

PLACES = {"/query": "/query", "/health": "/health", "/openapi.json": "/openapi.json"}


def test_the_document_is_valid_and_served(client: Client) -> None:
    served = client.call("GET", "/openapi.json", caller=None)
    assert served.status == 200
    validate(served.json)


def schema_of(path: str, method: str, status: int) -> dict[str, Any]:
    found: dict[str, Any] = openapi.document()["paths"][path][method]["responses"][str(status)]
    schema: dict[str, Any] = found["content"]["application/json"]["schema"]
    return schema | {"components": openapi.document()["components"]}


def check(reply: Reply, path: str, method: str = "post") -> int:
    jsonschema.validate(reply.json, schema_of(path, method, reply.status))
    return reply.status


def test_what_comes_back_is_what_the_document_says(client: Client) -> None:
    answer = client.ask()
    name = answer.json["question_id"]
    later = client.ask(later=True)
    statuses = [
        check(answer, "/query"),
        check(later, "/query"),
        check(client.ask(""), "/query"),
        check(client.call("POST", "/query", {}, caller=None), "/query"),
        check(client.ask(caller="website", audience="internal"), "/query"),
        check(client.call("POST", "/query", "x" * 40_000), "/query"),
        check([client.ask(caller="tight") for _ in range(3)][-1], "/query"),
        check(client.ask(f"{REFUND} crash"), "/query"),
        check(client.ask(f"{REFUND} down"), "/query"),
        check(client.call("POST", "/query", {"query": f"{REFUND} stall"}, left=1600), "/query"),
        check(client.call("GET", f"/answers/{name}"), "/answers/{id}", "get"),
        check(client.call("GET", f"/answers/{later.json['question_id']}"), "/answers/{id}", "get"),
        check(client.call("GET", "/answers/x"), "/answers/{id}", "get"),
        check(client.call("POST", f"/answers/{name}/rating", {"helpful": True}), "/answers/{id}/rating"),
        check(client.call("GET", "/health"), "/health", "get"),
    ]
    assert statuses == [200, 202, 400, 401, 403, 413, 429, 500, 503, 504, 200, 202, 404, 200, 200]


def test_what_the_document_refuses_is_refused(client: Client) -> None:
    query = openapi.document()["components"]["schemas"]["Query"] | {"components": openapi.document()["components"]}
    for body in ({}, {"query": ""}, {"query": "a" * 4001}, {"query": "a", "x": 1}, {"query": "a", "async": "yes"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(body, query)
        assert client.call("POST", "/query", body).status == 400
    for body in ({"query": "a"}, {"query": "a", "async": False, "audience": "public", "follow_up": None}):
        jsonschema.validate(body, query)
        assert client.call("POST", "/query", body).status == 200


def test_it_names_every_audience_and_reason() -> None:
    text = str(openapi.document())
    assert all(each in text for each in (*Audience, *REASONS))
