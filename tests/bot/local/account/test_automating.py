"""Webhooks, triggers and ticket fields by the API, as the platform has them."""

from typing import Any

import pytest
import requests

from bot.local.account.account import Account

WEBHOOK = {
    "name": "ours",
    "endpoint": "https://bot.example/",
    "http_method": "POST",
    "request_format": "json",
    "status": "active",
    "subscriptions": ["conditional_ticket_events"],
}
CREATED = {"all": [{"field": "update_type", "operator": "is", "value": "Create"}], "any": []}


class Api:
    """What an admin sends."""

    def __init__(self, account: Account) -> None:
        self._url, self._own = f"{account.url}/api/v2/", account.authority

    def __call__(self, method: str, path: str, **payload: Any) -> requests.Response:
        signed = (f"{self._own.email}/token", self._own.token)
        return requests.request(method, self._url + path, json=payload or None, auth=signed, timeout=5)


@pytest.fixture
def api(zendesk: Account) -> Api:
    zendesk.bot["role"] = "admin"
    return Api(zendesk)


def trigger(webhook: str, **more: Any) -> dict[str, Any]:
    called = [{"field": "notification_webhook", "value": [webhook, '{"ticket_id": "{{ticket.id}}"}']}]
    return {"title": "ours", "conditions": CREATED, "actions": called, **more}


def made(api: Api) -> str:
    return str(api("POST", "webhooks", webhook=WEBHOOK).json()["webhook"]["id"])


def test_a_webhook_is_made_changed_and_deleted(api: Api) -> None:
    key = made(api)
    assert api("GET", f"webhooks/{key}").json()["webhook"].items() >= WEBHOOK.items()
    assert api("PATCH", f"webhooks/{key}", webhook={"status": "inactive"}).status_code == 204
    assert api("PUT", f"webhooks/{key}", webhook={"status": "active"}).status_code == 400  # the whole is put
    [shown] = api("GET", "webhooks").json()["webhooks"]
    assert (shown["status"], shown["endpoint"]) == ("inactive", WEBHOOK["endpoint"])
    secret = api("GET", f"webhooks/{key}/signing_secret").json()["signing_secret"]
    assert secret["algorithm"] == "SHA256"
    assert "secret" not in str(shown)
    assert api("POST", f"webhooks/{key}/signing_secret").json()["signing_secret"] != secret
    assert api("DELETE", f"webhooks/{key}").status_code == 204
    assert api("DELETE", f"webhooks/{key}").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"endpoint": "bot.example"},
        {"http_method": "FETCH"},
        {"request_format": "yaml"},
        {"status": "on"},
        {"subscriptions": []},
        {"subscriptions": ["conditional_ticket_events", "zen:event-type:user.created"]},
    ],
)
def test_a_webhook_that_cannot_be_is_refused(api: Api, zendesk: Account, wrong: dict[str, Any]) -> None:
    refused = api("POST", "webhooks", webhook=WEBHOOK | wrong)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "InvalidWebhookRequest")
    assert not zendesk.webhooks.known


def test_how_a_webhook_is_connected_cannot_be_changed(api: Api) -> None:
    key = made(api)
    changed = api("PATCH", f"webhooks/{key}", webhook={"subscriptions": ["zen:event-type:user.created"]})
    assert changed.status_code == 400


def test_a_webhook_that_a_trigger_calls_stays(api: Api) -> None:
    key = made(api)
    number = api("POST", "triggers", trigger=trigger(key)).json()["trigger"]["id"]
    assert api("DELETE", f"webhooks/{key}").status_code == 400
    assert api("DELETE", f"triggers/{number}").status_code == 204
    assert api("DELETE", f"webhooks/{key}").status_code == 204


def test_a_trigger_is_changed_in_part_and_refused_as_a_whole(api: Api, zendesk: Account) -> None:
    key = made(api)
    shown = api("POST", "triggers", trigger=trigger(key, description="mine")).json()["trigger"]
    changed = api("PUT", f"triggers/{shown['id']}", trigger={"active": False}).json()["trigger"]
    assert changed | {"active": True, "updated_at": 0} == shown | {"updated_at": 0}
    refused = api("PUT", f"triggers/{shown['id']}", trigger={"active": True, "actions": []})
    assert (refused.status_code, zendesk.webhooks.triggers[shown["id"]].active) == (422, False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": " "},
        {"conditions": {"all": [], "any": []}},
        {"conditions": {"all": [{"field": "mood", "operator": "is", "value": "good"}]}},
        {"conditions": {"all": [{"field": "role", "operator": "includes", "value": "agent"}]}},
        {"actions": []},
        {"actions": [{"field": "notification_webhook", "value": ["01" + "A" * 24, "{}"]}]},
        {"actions": [{"field": "notification_webhook", "value": [None, "{"]}]},
    ],
)
def test_a_trigger_that_cannot_be_is_refused(api: Api, zendesk: Account, wrong: dict[str, Any]) -> None:
    refused = api("POST", "triggers", trigger=trigger(made(api)) | wrong)
    assert (refused.status_code, refused.json()["error"]) == (422, "RecordInvalid")
    assert not zendesk.webhooks.triggers


@pytest.mark.parametrize(
    ("conditions", "fires"),
    [
        ([("update_type", "is", "Create")], [True, False, False]),
        ([("update_type", "is", "Change")], [False, True, True]),
        ([("comment_is_public", "is", "true")], [True, True, False]),
        ([("comment_is_public", "is_not", "true")], [False, False, True]),
        ([("role", "is", "end_user")], [True, False, False]),
        ([("role", "is_not", "end_user")], [False, True, True]),
        ([("status", "less_than", "solved")], [True, True, True]),
        ([("status", "greater_than", "pending")], [False, False, False]),
        ([("current_tags", "includes", "vip other")], [True, True, True]),
        ([("current_tags", "not_includes", "vip")], [False, False, False]),
        ([("group_id", "is", "7"), ("brand_id", "is_not", "9")], [True, True, True]),
    ],
)
def test_a_trigger_fires_where_its_conditions_hold(
    api: Api, zendesk: Account, conditions: list[tuple[str, str, str]], fires: list[bool]
) -> None:
    listed = [dict(zip(("field", "operator", "value"), each, strict=True)) for each in conditions]
    shown = api("POST", "triggers", trigger=trigger(made(api), conditions={"all": listed, "any": []})).json()["trigger"]
    found = zendesk.webhooks.triggers[shown["id"]]
    heard: list[bool] = []
    zendesk.desk.listeners.append(lambda *told: heard.append(found.fires(*told)))
    ada, grace = zendesk.desk.add_user("Ada"), zendesk.desk.add_user("Grace", role="agent")
    people = zendesk.people
    with zendesk.desk.lock:
        ticket = people.write(ada, "Help", "it broke", group_id=7)
        ticket.tags = ["vip"]
    heard[:] = [found.fires("ticket.created", ticket, ticket.comments[0])]
    people.reply(grace, ticket, "so")
    people.reply(grace, ticket, "hm", public=False)
    assert heard == fires


def test_fields_are_made_by_admins_and_those_of_the_system_stay(api: Api, zendesk: Account) -> None:
    stated = {"type": "text", "title": "ours", "agent_description": "mine"}
    shown = api("POST", "ticket_fields", ticket_field=stated).json()["ticket_field"]
    assert shown.items() >= stated.items()
    assert api("PUT", f"ticket_fields/{shown['id']}", ticket_field={"type": "decimal"}).status_code == 422
    assert api("POST", "ticket_fields", ticket_field={"type": "poem", "title": "ours"}).status_code == 422
    assert api("POST", "ticket_fields", ticket_field={"type": "text", "title": ""}).status_code == 422
    system = next(number for number, each in zendesk.fields.known.items() if each["title"] == "Status")
    assert api("DELETE", f"ticket_fields/{system}").status_code == 422
    assert api("DELETE", f"ticket_fields/{shown['id']}").status_code == 204
    assert api("GET", f"ticket_fields/{shown['id']}").status_code == 404


def test_whoever_is_no_admin_is_refused(api: Api, zendesk: Account) -> None:
    key = made(api)
    zendesk.bot["role"] = "agent"
    for method, path in (("GET", "webhooks"), ("GET", f"webhooks/{key}/signing_secret"), ("DELETE", f"webhooks/{key}")):
        refused = api(method, path)
        assert (refused.status_code, refused.json()["error"]["title"]) == (403, "Forbidden")
    assert api("POST", "ticket_fields", ticket_field={"type": "text", "title": "x"}).status_code == 403
    assert api("GET", "ticket_fields").status_code == 200
