"""What there should be in an account so that tickets get drafts, and how it is known again.

By a mark in its description, which nobody has a reason to change: names are for the admins, who may choose others.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.zendesk.administering import Kind, Stated

BY_TRIGGERS = "conditional_ticket_events"  # the subscription of a webhook that triggers call
CALLS = "notification_webhook"
BODY = {"ticket_id": "{{ticket.id}}"}  # placeholders are not escaped: the number alone is safe in JSON
NAME = "supportbot"
TITLE = "supportbot: tell it of new tickets and public comments"
MADE = "Made by supportbot zendesk setup, and known again by this mark: {mark}"
FIELDS = {
    "confidence": "How sure supportbot was of its draft",
    "answer": "supportbot's number of its draft",
}
DESCRIBED = {Kind.WEBHOOK: "description", Kind.TRIGGER: "description", Kind.FIELD: "agent_description"}
COMPARED = {
    Kind.WEBHOOK: ("endpoint", "http_method", "request_format", "status"),
    Kind.TRIGGER: ("active", "conditions", "actions"),
    Kind.FIELD: ("active",),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Between what there is and what there should be, as an admin reads it."""

    name: str
    found: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """`tenant` keeps installations apart that share an account; `bot`: whose own updates it is not told of."""

    endpoint: str
    bot: int
    tenant: str

    def mark(self, kind: Kind, field: str = "") -> str:
        return f"[{NAME}:{self.tenant}:{field}]" if kind is Kind.FIELD else f"[{NAME}:{self.tenant}]"

    def webhook(self) -> Stated:
        """Without authentication: it is signed."""
        called = {"endpoint": self.endpoint, "http_method": "POST", "request_format": "json", "status": "active"}
        return {"name": NAME, **called, "subscriptions": [BY_TRIGGERS], **self._described(Kind.WEBHOOK)}

    def trigger(self, webhook: str) -> Stated:
        by_others = {"field": "role", "operator": "is_not", "value": str(self.bot)}
        new = {"field": "update_type", "operator": "is", "value": "Create"}
        said = {"field": "comment_is_public", "operator": "is", "value": "true"}
        return {
            "title": TITLE,
            "active": True,
            "conditions": {"all": [by_others], "any": [new, said]},
            "actions": [{"field": CALLS, "value": [webhook, json.dumps(BODY)]}],
            **self._described(Kind.TRIGGER),
        }

    def field(self, name: str) -> Stated:
        """Text, whatever it holds; only agents see it."""
        return {"type": "text", "title": FIELDS[name], "active": True, **self._described(Kind.FIELD, name)}

    def _described(self, kind: Kind, field: str = "") -> Stated:
        return {DESCRIBED[kind]: MADE.format(mark=self.mark(kind, field))}


def marked(kind: Kind, each: Stated, mark: str) -> bool:
    return mark in str(each.get(DESCRIBED[kind]) or "")


def called(trigger: Stated) -> str:
    """The webhook that a trigger calls; empty where it calls none."""
    return next((str(value[0]) for value in _calls(trigger)), "")


def differences(kind: Kind, found: Stated, wanted: Stated, mark: str) -> Iterator[Difference]:
    if not marked(kind, found, mark):
        yield Difference(DESCRIBED[kind], "without our mark", mark)
    for name in COMPARED[kind]:
        is_, shall = _comparable(name, found.get(name)), _comparable(name, wanted[name])
        if is_ != shall:
            yield Difference(name, _told(is_), _told(shall))


def described(kind: Kind, wanted: Stated) -> Iterator[Difference]:
    """What is to be made, as far as an admin asks: what is called, and when."""
    for name in {Kind.WEBHOOK: ("endpoint",), Kind.TRIGGER: ("conditions", "actions")}.get(kind, ()):
        yield Difference(name, "", _told(_comparable(name, wanted[name])))


def _comparable(name: str, value: Any) -> Any:
    """Without what Zendesk adds or orders otherwise."""
    if name == "conditions":
        stated = value if isinstance(value, dict) else {}
        return {key: sorted(map(_condition, stated.get(key) or [])) for key in ("all", "any")}
    if name == "actions":
        listed = value if isinstance(value, list) else []
        return sorted(_action(each) for each in listed if isinstance(each, dict))
    return value


def _condition(stated: Mapping[str, Any]) -> str:
    return f"{stated.get('field')} {stated.get('operator')} {stated.get('value')}"


def _action(stated: Mapping[str, Any]) -> str:
    value = stated.get("value")
    if stated.get("field") == CALLS and isinstance(value, list) and len(value) == 2:
        try:
            value = [value[0], json.dumps(json.loads(value[1]))]
        except (ValueError, TypeError):
            value = [value[0], "no JSON"]
    return f"{stated.get('field')} {' '.join(map(str, value)) if isinstance(value, list) else value}"


def _calls(trigger: Stated) -> Sequence[list[Any]]:
    actions = trigger.get("actions")
    listed = [each for each in actions if isinstance(each, dict)] if isinstance(actions, list) else []
    values = [each.get("value") for each in listed if each.get("field") == CALLS]
    return [value for value in values if isinstance(value, list) and value]


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} of: {', '.join(each) or 'none'}" for name, each in value.items())
    return (
        ", ".join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)
    )
