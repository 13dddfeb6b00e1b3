import re
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from bot.api import openapi, sidebar
from rag_core.domain import REASONS, Audience
from tests.bot.api.asking import REFUND, Client, Reply
from tests.bot.api.signing import Zendesk, drafted

PARTS = re.compile("<(.*?)>")


def test_the_document_is_valid_and_served(client: Client) -> None:
    served = client.call("GET", "/openapi.json", caller=None)
    assert served.status == 200
    validate(served.json)


def check(reply: Reply, path: str, method: str = "post", document: dict[str, Any] | None = None) -> int:
    document = document or openapi.document()
    schema = document["paths"][path][method]["responses"][str(reply.status)]["content"]["application/json"]["schema"]
    jsonschema.validate(reply.json, schema | {"components": document["components"]})
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


def test_the_sidebars_endpoints_stand_in_it_where_there_is_an_app(zendesk: Zendesk, client: Client) -> None:
    assert not any("zendesk" in path for path in client.call("GET", "/openapi.json").json["paths"])
    served = zendesk.client.call("GET", "/openapi.json", caller=None).json
    validate(served)
    wired = zendesk.client
    routes = sidebar.routes(wired.settings, wired.parts, wired.telemetry)
    described = {(verb.upper(), path) for path, verbs in served["paths"].items() if "/app/" in path for verb in verbs}
    assert described == {(route.method, PARTS.sub(r"{\1}", route.path)) for route in routes}
    name = drafted(zendesk)
    draft, rating = "/zendesk/app/tickets/{ticket}/draft", "/zendesk/app/answers/{answer}/rating"
    statuses = [
        check(zendesk.draft(), draft, "get", served),
        check(zendesk.draft("x"), draft, "get", served),
        check(zendesk.redraft({"instruction": "Shorter"}), draft, "post", served),
        check(zendesk.redraft({"instruction": 7}), draft, "post", served),
        check(zendesk.ask(REFUND), "/zendesk/app/ask", "post", served),
        check(zendesk.ask(REFUND, signed="none"), "/zendesk/app/ask", "post", served),
        check(zendesk.rate(name, {"helpful": True}), rating, "post", served),
    ]
    assert statuses == [200, 404, 200, 400, 200, 401, 200]


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
