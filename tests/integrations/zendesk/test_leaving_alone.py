"""Which tickets get no note, and whose failure that is."""

from typing import Any

import pytest

from bot.local.account.faults import Kind
from integrations.zendesk.deciding import question_id
from integrations.zendesk.filtering import Ignored
from integrations.zendesk.policy import Policy
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from tests.integrations.zendesk.office import ACCOUNT, SECONDS, Office, settled

LOOK, READ, WHO = "GET tickets/{id}", "GET tickets/{id}/comments", "GET users/show_many"
SENT = "<p>A refund takes ten business days on every card. Ask the owner of the account to open Billing.</p>"


def test_nothing_said_gets_nothing(here: Office) -> None:
    ticket = here.write(" \n ", subject="")
    here.work(ticket)
    assert (here.core.asked, here.notes(ticket), here.core.failures) == ([], [], [])


@pytest.mark.parametrize("status", ["solved", "closed", "deleted"])
def test_what_is_done_with_gets_none(here: Office, status: str) -> None:
    ticket = here.write(status=status)
    here.work(ticket)
    assert here.core.asked == []


def test_what_is_not_there_any_more_is_nobodys_failure(here: Office) -> None:
    ticket = here.write()
    ticket.deleted = True
    here.work(ticket, last=True)
    assert here.core.failures == []


@pytest.mark.parametrize(
    ("ignored", "more"),
    [
        (Ignored(groups=frozenset({"5"})), {"group_id": 5}),
        (Ignored(brands=frozenset({"6"})), {"brand_id": 6}),
        (Ignored(forms=frozenset({"7"})), {"ticket_form_id": 7}),
        (Ignored(channels=frozenset({"chat"})), {"via": {"channel": "chat"}}),
    ],
)
def test_what_is_ignored_gets_none(here: Office, ignored: Ignored, more: dict[str, Any]) -> None:
    here.hire(Policy(ignored=ignored))
    here.work(here.write(**more))
    assert here.core.asked == []
    here.work(here.write())
    assert len(here.core.asked) == 1


def test_a_tag_is_ignored(here: Office) -> None:
    here.hire(Policy(ignored=Ignored(tags=frozenset({"vip"}))))
    ticket = here.write()
    ticket.tags = ["vip", "x"]
    here.work(ticket)
    assert here.core.asked == []


def test_what_an_agent_opened_gets_none(here: Office) -> None:
    here.work(here.write(by=here.bob))
    assert here.core.asked == []


def test_what_a_machine_wrote_gets_none(here: Office) -> None:
    here.hire(Policy(follow_ups=True))
    flagged = here.write()
    flagged.comments[0].flags = (4,)
    here.work(flagged)
    here.work(here.write(subject="Automatic reply: Refund"))
    assert here.core.asked == []
    ticket = here.write()
    here.work(ticket)
    here.reply(ticket, SENT)
    here.follow(ticket, "I am away.").flags = (4,)
    here.work(ticket)
    assert len(here.notes(ticket)) == 1


def test_a_call_is_no_message(here: Office) -> None:
    ticket = here.write()
    ticket.comments[0].kind = "VoiceComment"
    here.work(ticket)
    assert here.core.asked == []


def test_what_was_left_unfinished_in_a_ticket_that_is_closed_is_kept_on_record(here: Office) -> None:
    ticket = here.write()
    here.work(ticket)
    here.core.records.remove(f"zendesk:{ACCOUNT}:{ticket.id}", str(ticket.comments[0].id))
    ticket.tags, ticket.fields["status"] = [], "closed"
    here.work(ticket)
    assert (len(here.drafts(ticket)), ticket.tags, here.core.failures) == (1, [], [])


def test_what_cannot_be_answered_for_good_is_told(here: Office) -> None:
    here.core.error = RejectedError("no")
    ticket = here.write("a secret canary")
    here.work(ticket)
    assert ticket.tags == ["supportbot_failed"]
    [(named, _, quoting)] = here.core.failures
    assert named == question_id(ACCOUNT, ticket.id, ticket.comments[0].id)
    assert "a secret canary" in quoting


@pytest.mark.parametrize("error", [UnavailableError("down"), MisconfiguredError("wrong"), ValueError("bug")])
def test_what_fails_now_is_told_the_last_time_and_done_once_it_can_be(here: Office, error: Exception) -> None:
    here.core.error = error
    ticket = here.write()
    with pytest.raises(type(error)):
        here.work(ticket)
    assert (here.core.failures, ticket.tags) == ([], [])
    with pytest.raises(type(error)):
        here.work(ticket, last=True)
    assert len(here.core.failures) == 1
    assert ticket.tags == ["supportbot_failed"]
    here.core.error = None
    here.work(ticket)
    settled(here, ticket)


def test_what_failed_after_its_draft_stood_does_not_say_so_for_good(here: Office) -> None:
    ticket = here.write()
    here.work(ticket)
    here.zendesk.faults.add(Kind.FAIL, LOOK, times=3, value=503)
    with pytest.raises(UnavailableError):
        here.work(ticket, last=True)
    here.work(ticket)
    settled(here, ticket)


def test_a_job_without_a_ticket_is_refused(here: Office) -> None:
    for wrong in ("", "abc", "-1", "1/../2", "１"):
        with pytest.raises(RejectedError):
            here.worker.work(wrong, Deadline.within(SECONDS), False)
    assert here.zendesk.requests == []
