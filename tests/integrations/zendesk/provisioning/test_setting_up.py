"""What setup makes in an account, mends and removes, whatever is lost on the way and whatever else there is."""

import pytest

from bot.local.account.account import Account
from bot.local.account.desk import COMMENTED, CREATED
from bot.local.account.faults import Kind as Fault
from bot.local.account.webhooks import Status, Trigger, Webhook
from integrations.zendesk.administering import Administration, Kind
from integrations.zendesk.provisioning import Act, Provisioning, Step
from integrations.zendesk.refusing import ForbiddenError, RefusedError
from integrations.zendesk.wanting import FIELDS
from rag_core.errors import MisconfiguredError, UnavailableError
from tests.integrations.zendesk.provisioning.plans import (
    CREATING,
    ENDPOINT,
    acts,
    differing,
    one_of_each,
    provisioning,
    set_up,
)


def test_it_makes_what_is_not_there_and_then_has_nothing_to_do(found: Provisioning, zendesk: Account) -> None:
    plan = found.plan(tuple(FIELDS))
    assert acts(plan) == [(Act.CREATE, kind) for kind in (Kind.WEBHOOK, Kind.TRIGGER, Kind.FIELD, Kind.FIELD)]
    told: list[tuple[str, str]] = []
    ids = found.carry_out(plan, lambda step, number: told.append((step.kind, number)))
    one_of_each(zendesk)
    assert [number for _, number in told] == list(ids.values())
    before = len(zendesk.requests)
    again = found.plan(tuple(FIELDS))
    assert {step.act for step in again} == {Act.KEEP}
    assert found.carry_out(again) == ids
    assert {request.method for request in zendesk.requests[before:]} == {"GET"}


def test_the_trigger_tells_of_customers_and_agents_and_not_of_the_bot(found: Provisioning, zendesk: Account) -> None:
    set_up(found)
    [trigger] = zendesk.webhooks.triggers.values()
    ada, grace = zendesk.desk.add_user("Ada"), zendesk.desk.add_user("Grace", role="agent")
    ticket = zendesk.people.write(ada, "Help", "it broke")
    public, private = zendesk.people.reply(grace, ticket, "so"), zendesk.people.reply(grace, ticket, "x", public=False)
    ours = zendesk.people.reply(zendesk.bot, ticket, "ours")
    assert trigger.fires(CREATED, ticket, ticket.comments[0])
    assert trigger.fires(COMMENTED, ticket, public)
    assert not trigger.fires(COMMENTED, ticket, private)
    assert not trigger.fires(COMMENTED, ticket, ours)
    assert trigger.written(ticket) == f'{{"ticket_id": "{ticket.id}"}}'


@pytest.mark.parametrize("operation", CREATING)
@pytest.mark.parametrize("kind", [Fault.LOSE, Fault.HALF, Fault.SPOIL, Fault.FAIL, Fault.REFUSE])
def test_a_response_that_is_lost_makes_no_second_one(
    found: Provisioning, zendesk: Account, operation: str, kind: Fault
) -> None:
    zendesk.faults.add(kind, operation)
    try:
        set_up(found)
    except UnavailableError:
        assert kind in (Fault.FAIL, Fault.REFUSE)  # nothing was made, and nothing was made twice
    set_up(found)
    one_of_each(zendesk)


class DiedError(Exception):
    """A process that ended."""


@pytest.mark.parametrize("after", range(4))
def test_a_crash_after_any_step_is_gone_on_from(found: Provisioning, zendesk: Account, after: int) -> None:
    left = after

    def dying(_step: Step, _number: str) -> None:
        nonlocal left
        if not left:
            raise DiedError
        left -= 1

    with pytest.raises(DiedError):
        found.carry_out(found.plan(tuple(FIELDS)), dying)
    set_up(found)
    one_of_each(zendesk)
    assert {step.act for step in found.plan(tuple(FIELDS))} == {Act.KEEP}


def test_what_was_changed_by_hand_is_shown_and_mended_and_names_stay(found: Provisioning, zendesk: Account) -> None:
    set_up(found)
    [webhook], [trigger] = zendesk.webhooks.known.values(), zendesk.webhooks.triggers.values()
    webhook.name, webhook.status, webhook.fields["http_method"] = "Ours", Status.INACTIVE, "PUT"
    trigger.title, trigger.active = "Our bot", False
    trigger.fields["actions"] = [{"field": "notification_webhook", "value": [webhook.id, '{"id": 1}']}]
    trigger.fields["conditions"] = {"all": [{"field": "status", "operator": "is", "value": "open"}], "any": []}
    for field in zendesk.fields.known.values():
        field["active"] = field["title"] == "Status"
    shown = differing(found)
    assert (shown["status"], shown["http_method"]) == (("inactive", "active"), ("PUT", "POST"))
    assert shown["conditions"][0] == "all of: status is open; any of: none"
    assert shown["actions"][0].endswith('{"id": 1}')
    assert shown["active"] == ("false", "true")
    set_up(found)
    one_of_each(zendesk)
    assert (webhook.name, trigger.title, webhook.fields["http_method"]) == ("Ours", "Our bot", "POST")
    assert differing(found) == {}


def test_the_body_and_the_order_of_conditions_may_be_written_otherwise(found: Provisioning, zendesk: Account) -> None:
    set_up(found)
    [trigger] = zendesk.webhooks.triggers.values()
    trigger.fields["conditions"]["any"].reverse()
    trigger.fields["actions"][0]["value"][1] = '{ "ticket_id":\n "{{ticket.id}}" }'
    assert differing(found) == {}


def test_another_address_moves_the_webhook_and_keeps_its_secret(
    found: Provisioning, administration: Administration, zendesk: Account
) -> None:
    set_up(found)
    [before] = zendesk.webhooks.known.values()
    secret = before.secret
    set_up(provisioning(administration, zendesk, endpoint="https://new.example/zendesk/webhook"))
    [after] = zendesk.webhooks.known.values()
    assert (after.id, after.endpoint) == (before.id, "https://new.example/zendesk/webhook")
    assert administration.signing_secret(after.id) == secret
    assert len(zendesk.webhooks.triggers) == 1


def test_a_webhook_that_was_deleted_is_made_again_and_the_trigger_calls_it(
    found: Provisioning, zendesk: Account
) -> None:
    set_up(found)
    zendesk.webhooks.known.clear()
    plan = found.plan()
    assert acts(plan) == [(Act.CREATE, Kind.WEBHOOK), (Act.UPDATE, Kind.TRIGGER)]
    found.carry_out(plan)
    one_of_each(zendesk)


def test_one_that_was_made_by_hand_is_taken_over(found: Provisioning, zendesk: Account) -> None:
    hand_made = Webhook("01" + "A" * 24, "By hand", ENDPOINT)
    zendesk.webhooks.known[hand_made.id] = hand_made
    assert found.plan()[0].differences[0].name == "description"
    set_up(found)
    one_of_each(zendesk)
    assert hand_made.name == "By hand"
    assert differing(found) == {}


def test_of_two_that_were_made_at_once_one_stays(
    found: Provisioning, administration: Administration, zendesk: Account
) -> None:
    first, second = found.plan(), provisioning(administration, zendesk).plan()
    found.carry_out(first)
    found.carry_out(second)
    assert (len(zendesk.webhooks.known), len(zendesk.webhooks.triggers)) == (2, 2)
    plan = found.plan(tuple(FIELDS))
    assert acts(plan)[:4] == [
        (Act.KEEP, Kind.WEBHOOK),
        (Act.KEEP, Kind.TRIGGER),
        (Act.REMOVE, Kind.TRIGGER),
        (Act.REMOVE, Kind.WEBHOOK),
    ]
    found.carry_out(plan)
    one_of_each(zendesk)


def test_installations_of_other_names_share_an_account(
    found: Provisioning, administration: Administration, zendesk: Account
) -> None:
    other = provisioning(administration, zendesk, tenant="staging", endpoint="https://staging.example/zendesk/webhook")
    set_up(found)
    set_up(other)
    assert {step.act for step in [*found.plan(tuple(FIELDS)), *other.plan(tuple(FIELDS))]} == {Act.KEEP}
    other.carry_out(other.removal(tuple(FIELDS)))
    one_of_each(zendesk)


def test_a_second_one_of_the_same_address_by_hand_is_said(found: Provisioning, zendesk: Account) -> None:
    set_up(found)
    by_hand = Webhook("01" + "E" * 24, "By hand", ENDPOINT)
    zendesk.webhooks.known[by_hand.id] = by_hand
    leaving = [step for step in found.plan() if step.act is Act.LEAVE]
    assert [(step.name, "its secret is another" in step.why) for step in leaving] == [("By hand", True)]


def test_it_is_found_among_hundreds(found: Provisioning, zendesk: Account) -> None:
    for number in range(230):
        key = f"01{number:024d}"
        zendesk.webhooks.known[key] = Webhook(key, "other", f"https://other.example/{number}")
        zendesk.webhooks.triggers[5000 + number] = Trigger(5000 + number, "other", key)
        zendesk.fields.add("text", f"other {number}")
    set_up(found)
    before = len(zendesk.webhooks.known), len(zendesk.webhooks.triggers), len(zendesk.fields.known)
    assert {step.act for step in found.plan(tuple(FIELDS))} == {Act.KEEP}
    set_up(found)
    assert before == (len(zendesk.webhooks.known), len(zendesk.webhooks.triggers), len(zendesk.fields.known))


def test_a_field_of_another_type_is_not_overwritten(found: Provisioning, zendesk: Account) -> None:
    set_up(found)
    for each in zendesk.fields.known.values():
        if each["title"] == FIELDS["answer"]:
            each["type"] = "decimal"
    with pytest.raises(MisconfiguredError, match="of another type than text"):
        found.plan(tuple(FIELDS))


def test_who_is_no_admin_is_told_so(found: Provisioning, zendesk: Account) -> None:
    zendesk.bot["role"] = "agent"
    with pytest.raises(ForbiddenError, match="the role of its user"):
        found.plan()


def test_what_zendesk_refuses_is_said_with_its_word(administration: Administration, zendesk: Account) -> None:
    wrong = provisioning(administration, zendesk, endpoint="ftp://bot.example/")
    with pytest.raises(RefusedError, match=r"\(400\): InvalidWebhookRequest"):
        set_up(wrong)
    assert not zendesk.webhooks.known


def test_no_secret_is_in_a_plan(found: Provisioning, zendesk: Account) -> None:
    set_up(found)
    [webhook] = zendesk.webhooks.known.values()
    assert webhook.secret not in repr(found.plan()) + repr(found.installed())
