"""What both halves of the set-up are tested with."""

from typing import Any

from bot.local.account.account import Account
from bot.local.account.webhooks import Status, Trigger, Webhook
from integrations.zendesk.administering import Administration, Kind
from integrations.zendesk.provisioning import Act, Provisioning, Step
from integrations.zendesk.wanting import FIELDS, Wanted

ENDPOINT = "https://bot.example/zendesk/webhook"
CREATING = ("POST webhooks", "POST triggers", "POST ticket_fields")


def provisioning(administration: Administration, zendesk: Account, **more: Any) -> Provisioning:
    stated: dict[str, Any] = {"endpoint": ENDPOINT, "bot": zendesk.bot["id"], "tenant": "default"}
    return Provisioning(administration, Wanted(**stated | more))


def acts(steps: list[Step]) -> list[tuple[Act, Kind]]:
    return [(step.act, step.kind) for step in steps]


def set_up(found: Provisioning) -> None:
    found.carry_out(found.plan(tuple(FIELDS)))


def differing(found: Provisioning) -> dict[str, tuple[str, str]]:
    steps = found.plan(tuple(FIELDS))
    return {each.name: (each.found, each.wanted) for step in steps for each in step.differences}


def one_of_each(zendesk: Account) -> None:
    [webhook], [trigger] = zendesk.webhooks.known.values(), zendesk.webhooks.triggers.values()
    assert (webhook.endpoint, webhook.status, trigger.webhook) == (ENDPOINT, Status.ACTIVE, webhook.id)
    assert trigger.active
    assert sorted(each["title"] for each in zendesk.fields.known.values() if each["removable"]) == sorted(
        FIELDS.values()
    )


def others(zendesk: Account) -> tuple[Webhook, Trigger]:
    webhook = Webhook("01" + "B" * 24, "supportbot", "https://other.example/hook")
    subscribed = Webhook("01" + "C" * 24, "Events", ENDPOINT, ("zen:event-type:ticket.created",))
    trigger = Trigger(4711, "supportbot: tell it of new tickets and public comments", webhook.id)
    zendesk.webhooks.known |= {webhook.id: webhook, subscribed.id: subscribed}
    zendesk.webhooks.triggers[trigger.id] = trigger
    return webhook, trigger
