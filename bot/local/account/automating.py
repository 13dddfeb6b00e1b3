"""The endpoints of webhooks and triggers: for admins, as on the platform.

https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/
https://developer.zendesk.com/api-reference/ticketing/business-rules/triggers/
"""

import json
import secrets
from typing import Any
from urllib.parse import urlsplit

from bot.local.account import conditions
from bot.local.account.desk import Desk
from bot.local.account.exchanging import RefusalError, Request, Response, Route, invalid, missing
from bot.local.account.paging import listed, listed_by_cursor
from bot.local.account.users import admins_only
from bot.local.account.webhooks import BY_TRIGGERS, Status, Trigger, Webhook, Webhooks, new_secret

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
METHODS, FORMATS = ("GET", "POST", "PUT", "PATCH", "DELETE"), ("json", "xml", "form_encoded")
KEPT = ("description", "http_method", "request_format", "authentication", "custom_headers")
CALLS = "notification_webhook"


class Automating:
    """Webhooks and triggers, as their endpoints show them."""

    def __init__(self, desk: Desk, webhooks: Webhooks) -> None:
        self._desk, self._webhooks = desk, webhooks

    @property
    def routes(self) -> list[Route]:
        own: list[Route] = [
            ("GET", "webhooks", self.list),
            ("POST", "webhooks", self.create),
            ("GET", "webhooks/{key}", lambda _, key: Response(200, {"webhook": self._shown(self._found(key))})),
            ("PUT", "webhooks/{key}", self.replace),
            ("PATCH", "webhooks/{key}", self.change),
            ("DELETE", "webhooks/{key}", self.delete),
            ("GET", "webhooks/{key}/signing_secret", self.secret),
            ("POST", "webhooks/{key}/signing_secret", self.reset_secret),
            ("GET", "triggers", self.list_triggers),
            ("POST", "triggers", self.create_trigger),
            ("GET", "triggers/{id}", lambda request, id: self._told(200, self._trigger(id), request)),  # noqa: A006
            ("PUT", "triggers/{id}", self.change_trigger),
            ("DELETE", "triggers/{id}", self.delete_trigger),
        ]
        return [(method, path, admins_only(self._desk, endpoint)) for method, path, endpoint in own]

    def list(self, request: Request) -> Response:
        wanted = request.query.get("filter[name_contains]", "").lower()
        found = [self._shown(each) for each in self._webhooks.known.values() if wanted in each.name.lower()]
        return listed_by_cursor(request, "webhooks", found)

    def create(self, request: Request) -> Response:
        stated = request.content("webhook")
        _check_webhook(stated)
        made = Webhook(_key(), stated["name"], stated["endpoint"], tuple(stated["subscriptions"]))
        made.status = Status(stated["status"])
        made.fields = {name: stated[name] for name in KEPT if name in stated} | {
            "created_at": self._desk.stamp,
            "created_by": str(request.by),
        }
        self._webhooks.known[made.id] = made
        return Response(201, {"webhook": self._shown(made)})

    def replace(self, request: Request, key: str) -> Response:
        return self._set(self._found(key), request.content("webhook"))

    def change(self, request: Request, key: str) -> Response:
        found = self._found(key)
        before = {name: value for name, value in self._shown(found).items() if name not in ("id", "created_at")}
        return self._set(found, before | request.content("webhook"))

    def _set(self, found: Webhook, stated: dict[str, Any]) -> Response:
        _check_webhook(stated)
        if (BY_TRIGGERS in stated["subscriptions"]) is not (BY_TRIGGERS in found.subscriptions):
            raise _refused("InvalidWebhookUpdate", "the connection method of a webhook cannot be changed")
        found.name, found.endpoint, found.status = stated["name"], stated["endpoint"], Status(stated["status"])
        found.subscriptions = tuple(stated["subscriptions"])
        found.fields |= {name: stated[name] for name in KEPT if name in stated} | {"updated_at": self._desk.stamp}
        return Response(204)

    def delete(self, _request: Request, key: str) -> Response:
        self._found(key)
        if any(trigger.webhook == key for trigger in self._webhooks.triggers.values()):
            raise _refused("WebhookInUse", "the webhook is connected to a trigger")
        del self._webhooks.known[key]
        return Response(204)

    def secret(self, _request: Request, key: str) -> Response:
        return Response(200, {"signing_secret": {"algorithm": "SHA256", "secret": self._found(key).secret}})

    def reset_secret(self, request: Request, key: str) -> Response:
        self._found(key).secret = new_secret()
        return Response(201, self.secret(request, key).payload)

    def list_triggers(self, request: Request) -> Response:
        found = [_shown_trigger(each, request) for each in self._webhooks.triggers.values()]
        return listed(request, "triggers", found, {})

    def create_trigger(self, request: Request) -> Response:
        stated = request.content("trigger")
        made = Trigger(self._desk.new_id(), "", "")
        self._set_trigger(made, {"description": None, "position": len(self._webhooks.triggers) + 1, **stated})
        self._webhooks.triggers[made.id] = made
        return self._told(201, made, request)

    def change_trigger(self, request: Request, id: int) -> Response:  # noqa: A002 - the platform's word
        found = self._trigger(id)
        self._set_trigger(
            found, {**found.fields, "title": found.title, "active": found.active, **request.content("trigger")}
        )
        return self._told(200, found, request)

    def delete_trigger(self, _request: Request, id: int) -> Response:  # noqa: A002
        self._trigger(id)
        del self._webhooks.triggers[id]
        return Response(204)

    def _set_trigger(self, found: Trigger, stated: dict[str, Any]) -> None:
        """All or nothing: what is refused changes nothing."""
        if not str(stated.get("title") or "").strip():
            raise invalid("title", "Title: cannot be blank")
        conditions.check(stated.get("conditions"))
        called, body = self._called(stated.get("actions"))
        found.title, found.active = stated["title"], bool(stated.get("active", True))
        found.webhook, found.body = called, body
        found.fires = conditions.Conditions(self._desk, stated["conditions"]).hold
        kept = ("conditions", "actions", "description", "position", "category_id")
        found.fields = {name: stated[name] for name in kept if name in stated} | {"updated_at": self._desk.stamp}

    def _called(self, actions: object) -> tuple[str, str]:
        """The webhook, and what it is sent."""
        if not isinstance(actions, list) or not actions:
            raise invalid("base", "Actions: must have at least one action")
        for action in actions:
            if action.get("field") != CALLS:
                continue
            value = action.get("value")
            if not isinstance(value, list) or len(value) != 2 or value[0] not in self._webhooks.known:
                raise invalid("base", "Actions: the webhook does not exist")
            try:
                json.loads(str(value[1]))
            except ValueError as error:
                raise invalid("base", "Actions: the JSON body is not valid") from error
            return str(value[0]), str(value[1])
        return "", ""

    def _told(self, status: int, trigger: Trigger, request: Request) -> Response:
        return Response(status, {"trigger": _shown_trigger(trigger, request)})

    def _found(self, key: str) -> Webhook:
        found = self._webhooks.known.get(key)
        if found is None:
            raise _refused("WebhookNotFound", "the webhook does not exist", 404)
        return found

    def _trigger(self, id: int) -> Trigger:  # noqa: A002
        found = self._webhooks.triggers.get(id)
        if found is None:
            raise missing()
        return found

    @staticmethod
    def _shown(webhook: Webhook) -> dict[str, Any]:
        return {
            "http_method": "POST", "request_format": "json", "description": None, **webhook.fields, "id": webhook.id,
            "name": webhook.name, "endpoint": webhook.endpoint, "status": str(webhook.status),
            "subscriptions": [*webhook.subscriptions],
        }  # fmt: skip


def _shown_trigger(trigger: Trigger, request: Request) -> dict[str, Any]:
    called = [{"field": CALLS, "value": [trigger.webhook, trigger.body]}]
    always = {"all": [{"field": "update_type", "operator": "is", "value": "Create"}], "any": []}
    return {
        "actions": called, "conditions": always, "description": None, **trigger.fields, "id": trigger.id,
        "url": f"{request.here}/api/v2/triggers/{trigger.id}.json", "title": trigger.title,
        "raw_title": trigger.title, "active": trigger.active, "default": False,
    }  # fmt: skip


def _check_webhook(stated: dict[str, Any]) -> None:
    for name in ("name", "endpoint", "http_method", "request_format", "status", "subscriptions"):
        if not stated.get(name):
            raise _refused("InvalidWebhookRequest", f"{name} is required")
    address = urlsplit(str(stated["endpoint"]))
    if address.scheme not in ("http", "https") or not address.hostname:
        raise _refused("InvalidWebhookRequest", "endpoint is not a valid URL")
    subscribed = stated["subscriptions"]
    fits = (
        stated["http_method"] in METHODS
        and stated["request_format"] in FORMATS
        and stated["status"] in set(Status)
        and isinstance(subscribed, list)
        and (BY_TRIGGERS not in subscribed or subscribed == [BY_TRIGGERS])
    )
    if not fits:
        raise _refused("InvalidWebhookRequest", "a value is not one of those that are allowed")


def _refused(code: str, detail: str, status: int = 400) -> RefusalError:
    return RefusalError(status, {"errors": [{"code": code, "title": "Invalid request", "detail": detail}]})


def _key() -> str:
    """A ULID, as the platform's are, without its time."""
    return "01" + "".join(secrets.choice(ALPHABET) for _ in range(24))
