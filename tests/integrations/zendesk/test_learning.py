"""What an agent sent is compared with the draft, shown or not."""

import pytest

from integrations.zendesk.policy import Policy
from integrations.zendesk.redrafts import Redraft, Redrafts
from rag_core.domain import Audience, Deadline, PersonId, QuestionId, Use
from rag_core.errors import UnavailableError
from tests.integrations.zendesk.office import ACCOUNT, Office

SENT = "<p>A refund takes ten business days on every card. Ask the owner of the account to open Billing.</p>"


def test_what_an_agent_sent_is_compared_once(here: Office) -> None:
    ticket = here.write()
    here.work(ticket)
    here.reply(ticket, "<p>Just a note</p>", public=False)
    here.work(ticket)
    assert here.core.accepted_ == []
    sent = here.reply(ticket, f"<p>Hello Ann,</p>{SENT}<p>Best regards<br>Bob</p>")
    for _ in range(2):
        here.work(ticket)
    [acceptance] = here.core.accepted_
    assert (acceptance.use, acceptance.kept, acceptance.shadow) == (Use.AS_IS, 1.0, False)
    assert acceptance.sent_at.isoformat().startswith(sent.created_at[:-1])
    assert [each.use for each in here.drafts(ticket)] == [Use.AS_IS]


def test_of_another_reply_the_draft_is_unused(here: Office) -> None:
    ticket = here.write()
    here.work(ticket)
    here.reply(ticket, "<p>Please call us, we will sort it out together on the phone.</p>")
    here.work(ticket)
    assert [each.use for each in here.core.accepted_] == [Use.UNUSED]


def test_what_an_agent_had_drafted_otherwise_and_sent_counts_as_used(here: Office) -> None:
    here.core.text = "A refund takes ten business days on every card that we know of, and longer to a bank. [1]"
    ticket = here.write()
    here.work(ticket)
    here.core.text = "Ten days to cards; a transfer to your bank needs some days more. [1]"
    asked = here.core.question(
        "How long?",
        id=QuestionId("0123456789abcdef"),
        audience=Audience.PUBLIC,
        asked_by=PersonId("zendesk:example"),
        channel="zendesk",
    )
    here.core.answer(asked, deadline=Deadline.within(5))
    [draft] = here.drafts(ticket)
    Redrafts(here.core.records, ACCOUNT).keep(ticket.id, Redraft(asked.id, draft.question))
    here.reply(ticket, "<p>Hi Ann,</p><p>Ten days to cards; a transfer to your bank needs some days more.</p>")
    here.work(ticket)
    [acceptance] = here.core.accepted_
    assert (acceptance.question_id, acceptance.use) == (asked.id, Use.AS_IS)
    assert [each.use for each in here.drafts(ticket)] == [Use.AS_IS]


def test_in_shadow_nothing_is_written_and_what_is_sent_is_compared(here: Office) -> None:
    here.hire(Policy(shadow=True, confidence_field=7))
    ticket = here.write()
    for _ in range(2):
        here.work(ticket)
    here.reply(ticket, SENT)
    for _ in range(2):
        here.work(ticket)
    [acceptance] = here.core.accepted_
    assert (acceptance.use, acceptance.shadow) == (Use.AS_IS, True)
    assert all(each.method == "GET" for each in here.zendesk.requests)
    here.core.error = UnavailableError("down")
    with pytest.raises(UnavailableError):
        here.work(here.write(), last=True)
    assert all(each.method == "GET" for each in here.zendesk.requests)
