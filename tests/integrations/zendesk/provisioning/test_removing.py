"""What remove takes away, and what it leaves of others."""

import pytest

from bot.local.account.account import Account
from bot.local.account.faults import Kind as Fault
from bot.local.account.webhooks import Trigger, Webhook
from integrations.zendesk.administering import Kind
from integrations.zendesk.provisioning import Act, Provisioning
from integrations.zendesk.wanting import FIELDS
from rag_core.errors import MisconfiguredError
from tests.integrations.zendesk.provisioning.plans import acts, others, set_up


def test_removing_leaves_what_is_others(found: Provisioning, zendesk: Account) -> None:
    webhook, trigger = others(zendesk)
    theirs = zendesk.fields.add("text", FIELDS["answer"])
    set_up(found)
    assert len(zendesk.webhooks.known) == 3
    plan = found.removal()
    assert acts(plan) == [(Act.REMOVE, Kind.TRIGGER), (Act.REMOVE, Kind.WEBHOOK)]
    found.carry_out(plan)
    assert list(zendesk.webhooks.triggers.values()) == [trigger]
    assert webhook.id in zendesk.webhooks.known
    assert len(zendesk.webhooks.known) == 2
    assert sum(each["removable"] for each in zendesk.fields.known.values()) == 3  # with --fields alone
    found.carry_out(found.removal(tuple(FIELDS)))
    assert [each for each in zendesk.fields.known.values() if each["removable"]] == [theirs]
    assert found.removal(tuple(FIELDS)) == []


@pytest.mark.parametrize("kind", [Fault.LOSE, Fault.HALF, Fault.SPOIL, Fault.FAIL, Fault.REFUSE])
def test_removing_is_gone_on_with_too(found: Provisioning, zendesk: Account, kind: Fault) -> None:
    set_up(found)
    for operation in ("DELETE webhooks/{key}", "DELETE triggers/{id}", "DELETE ticket_fields/{id}"):
        zendesk.faults.add(kind, operation, 2)
    found.carry_out(found.removal(tuple(FIELDS)))
    assert not zendesk.webhooks.known
    assert not zendesk.webhooks.triggers
    assert not any(each["removable"] for each in zendesk.fields.known.values())


def test_a_webhook_that_somebody_elses_trigger_calls_is_not_removed(found: Provisioning, zendesk: Account) -> None:
    set_up(found)
    [webhook] = zendesk.webhooks.known.values()
    zendesk.webhooks.triggers[4711] = Trigger(4711, "On Fridays", webhook.id)
    with pytest.raises(MisconfiguredError, match="On Fridays calls the webhook too"):
        found.removal()
    assert {step.act for step in found.plan(tuple(FIELDS))} == {Act.KEEP}


def test_a_clone_that_calls_elsewhere_is_left_alone(found: Provisioning, zendesk: Account) -> None:
    set_up(found)
    [webhook] = zendesk.webhooks.known.values()
    clone = Webhook("01" + "D" * 24, "Clone", "https://elsewhere.example/", fields=dict(webhook.fields))
    zendesk.webhooks.known[clone.id] = clone
    assert {step.act for step in found.plan(tuple(FIELDS))} == {Act.KEEP}
    plan = found.removal()
    assert acts(plan) == [(Act.REMOVE, Kind.TRIGGER), (Act.REMOVE, Kind.WEBHOOK), (Act.LEAVE, Kind.WEBHOOK)]
    assert "elsewhere.example" in plan[-1].why
    found.carry_out(plan)
    assert list(zendesk.webhooks.known.values()) == [clone]
