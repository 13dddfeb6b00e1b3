"""The worker before a simulated account: one private note a question, whatever happens on the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.local.account.desk import Ticket
from bot.local.account.faults import Kind
from integrations.zendesk.deciding import question_id
from integrations.zendesk.filtering import Ignored
from integrations.zendesk.policy import Policy
from integrations.zendesk.redrafts import Redraft, Redrafts
from integrations.zendesk.templates import templates
from rag_core.domain import Audience, Deadline, Outcome, PersonId, QuestionId, Use
from rag_core.errors import HeldError, MisconfiguredError, RejectedError, UnavailableError
from tests.integrations.zendesk.office import ACCOUNT, PAGE, PLAYBOOK, SECONDS, TEXT, Office, outgoing

NOTE, TAGS = "PUT tickets/{id}", "PUT tickets/{id}/tags"
LOOK, READ, WHO = "GET tickets/{id}", "GET tickets/{id}/comments", "GET users/show_many"
SENT = "<p>A refund takes ten business days on every card. Ask the owner of the account to open Billing.</p>"


def settled(here: Office, ticket: Ticket, tag: str = "supportbot_drafted") -> None:
    """One note, its tag, its record."""
    [note] = here.notes(ticket)
    [draft] = here.drafts(ticket)
    assert not note.public
    assert f"supportbot:{draft.question}" in note.plain
    assert ticket.tags == [tag]


def test_a_new_ticket_gets_one_private_note(here: Office) -> None:
    ticket = here.write()
    for _ in range(3):
        here.work(ticket)
    settled(here, ticket)
    [question] = here.core.asked
    assert question.text == "Refund\n\nHow long does a refund take?"
    assert (question.audience, question.channel) == (Audience.PUBLIC, "zendesk")
    assert question.asked_by == f"zendesk:example:{here.ann['id']}"
    assert [each["public"] for each in outgoing(here.zendesk)] == [False]


def test_a_ticket_costs_few_calls(here: Office) -> None:
    ticket = here.write()
    here.work(ticket)
    assert [here.zendesk.operation(each) for each in here.zendesk.requests] == [LOOK, READ, WHO, NOTE, TAGS]


def test_what_a_note_says(here: Office) -> None:
    here.core.inside, here.core.not_covered = (PLAYBOOK,), "the price"
    frames = templates({"en": {"greeting": "Hi {first_name},", "sign_off": "Best,\n{brand}"}})
    brand = here.zendesk.desk.add_brand("Larkpost")
    here.hire(
        Policy(templates=frames, internal=True), lambda named, helpful, at: f"https://b.example/{named}/{at}/{helpful}"
    )
    ticket = here.write(brand_id=brand["id"])
    here.work(ticket)
    html = here.notes(ticket)[0].html
    named = question_id(ACCOUNT, ticket.id, ticket.comments[0].id)
    assert "<p>Hi Ann,</p><p>A refund takes <strong>ten</strong> business days on every card." in html
    assert "<p>Best,<br>Larkpost</p></blockquote>" in html
    assert "[1]" not in html
    assert f'<a href="{PAGE.url}" rel="noopener noreferrer">Refunds &gt; How long</a></li>' in html
    assert "confidence: high" in html
    assert "<strong>Not answered in this draft:</strong> the price" in html
    assert "Internal, do not send" in html
    assert html.index("Internal, do not send") > html.index("</blockquote>")
    assert f"https://b.example/{named}/{ticket.id}/True" in html
    [draft] = here.drafts(ticket)
    assert (draft.greeting, draft.sign_off) == ("Hi Ann,", "Best,\nLarkpost")


def test_a_brand_that_may_not_be_seen_costs_no_draft(here: Office) -> None:
    here.hire(Policy(templates=templates({"en": {"greeting": "Hi,", "sign_off": "Best, {brand}"}})))
    here.zendesk.faults.add(Kind.FAIL, "GET brands/{id}", value=403)
    ticket = here.write(brand_id=here.zendesk.desk.add_brand("Larkpost")["id"])
    here.work(ticket)
    settled(here, ticket)
    assert "<p>Best,</p></blockquote>" in here.notes(ticket)[0].html


def test_internal_pages_are_not_even_looked_for_unless_wished(here: Office) -> None:
    here.core.inside = (PLAYBOOK,)
    ticket = here.write()
    here.work(ticket)
    assert "Playbook" not in here.notes(ticket)[0].html


def test_without_an_answer_the_note_names_the_nearest_pages(here: Office) -> None:
    here.core.outcome = Outcome.UNSUPPORTED
    ticket = here.write()
    here.work(ticket)
    settled(here, ticket, "supportbot_no_answer")
    html = here.notes(ticket)[0].html
    assert "No draft" in html
    assert PAGE.url in html
    assert "Draft reply" not in html


def test_or_there_is_its_tag_alone(here: Office) -> None:
    here.core.outcome = Outcome.NO_EVIDENCE
    here.hire(Policy(quiet=True))
    ticket = here.write()
    for _ in range(2):
        here.work(ticket)
    assert (here.notes(ticket), ticket.tags) == ([], ["supportbot_no_answer"])
    assert [(each.answered, each.shown) for each in here.drafts(ticket)] == [(False, False)]
    assert len(here.core.asked) == 1


def test_fields_are_set_with_the_note_and_others_stay(here: Office) -> None:
    here.hire(Policy(confidence_field=7, answer_field=8))
    ticket = here.write(custom_fields=[{"id": 1, "value": "theirs"}])
    here.work(ticket)
    named = here.drafts(ticket)[0].question
    fields = {each["id"]: each["value"] for each in ticket.fields["custom_fields"]}
    assert fields == {1: "theirs", 7: "high", 8: named}


def test_tags_of_others_stay(here: Office) -> None:
    ticket = here.write()
    ticket.tags = ["vip"]
    here.work(ticket)
    assert ticket.tags == ["supportbot_drafted", "vip"]


@pytest.mark.parametrize("operation", [LOOK, READ, WHO, NOTE, TAGS])
@pytest.mark.parametrize("kind", [Kind.LOSE, Kind.HALF, Kind.SPOIL, Kind.FAIL, Kind.REFUSE, Kind.LIMIT])
def test_whatever_happens_to_a_call_there_is_one_note(here: Office, operation: str, kind: Kind) -> None:
    here.zendesk.faults.add(kind, operation)
    ticket = here.write()
    for _ in range(3):
        try:
            here.work(ticket)
        except UnavailableError:
            continue
    settled(here, ticket)
    assert len(here.core.asked) == 1


def test_a_lost_response_is_looked_for_at_once(here: Office) -> None:
    here.zendesk.faults.add(Kind.LOSE, NOTE)
    ticket = here.write()
    here.work(ticket)
    settled(here, ticket)
    assert here.zendesk.count(NOTE) == 1


def during(here: Office, act: Callable[[], object]) -> None:
    """Once, while the answer is made."""

    def once() -> None:
        here.core.during = lambda: None
        here.clock.now += 3.0
        act()

    here.core.during = once


def test_a_change_by_others_meanwhile_is_no_reason_for_none_or_two(here: Office) -> None:
    ticket = here.write()
    during(here, lambda: here.zendesk.people.reply(here.bob, ticket, "<p>Mine</p>", public=False))
    here.work(ticket)
    settled(here, ticket)
    assert (here.zendesk.count(NOTE), len(here.core.asked)) == (2, 1)


def test_where_an_agent_has_replied_meanwhile_there_is_no_note(here: Office) -> None:
    ticket = here.write()
    during(here, lambda: here.zendesk.people.reply(here.bob, ticket, "<p>Ten days.</p>"))
    here.work(ticket)
    assert (here.notes(ticket), here.drafts(ticket), ticket.tags) == ([], [], [])


def test_where_the_ticket_is_closed_meanwhile_nothing_is_told(here: Office) -> None:
    ticket = here.write()
    during(here, lambda: ticket.fields.update(status="closed"))
    here.work(ticket)
    assert (here.notes(ticket), here.core.failures) == ([], [])


def test_a_ticket_that_never_stands_still_comes_again(here: Office) -> None:
    here.zendesk.faults.add(Kind.FAIL, NOTE, times=4, value=409)
    ticket = here.write()
    with pytest.raises(UnavailableError):
        here.work(ticket)
    here.work(ticket)
    settled(here, ticket)
    assert len(here.core.asked) == 1


def test_two_at_once_write_one(here: Office) -> None:
    ticket = here.write()

    def work(_: int) -> str:
        try:
            here.worker.work(str(ticket.id), Deadline.within(SECONDS), False)
        except HeldError:
            return "held"
        return "done"

    with ThreadPoolExecutor(6) as pool:
        assert "done" in set(pool.map(work, range(6)))
    settled(here, ticket)


def test_a_further_comment_gets_none_unless_wished(here: Office) -> None:
    ticket = here.write()
    here.work(ticket)
    here.follow(ticket, "And to a card?")
    here.work(ticket)
    here.reply(ticket, "<p>Ten days.</p>")
    here.follow(ticket, "And to a bank?")
    here.work(ticket)
    assert len(here.notes(ticket)) == 1


def test_a_follow_up_knows_the_question_before(here: Office) -> None:
    here.hire(Policy(follow_ups=True))
    ticket = here.write()
    here.work(ticket)
    here.reply(ticket, "<p>It takes ten days, says our policy.</p>")
    here.work(ticket)
    here.follow(ticket, "That did not help")
    for _ in range(2):
        here.work(ticket)
    assert len(here.notes(ticket)) == 2
    first, second = here.core.asked
    assert second.previous == first.text
    assert second.text == (
        "Support had replied:\nIt takes ten days, says our policy.\n\nThe customer now says:\n\nThat did not help"
    )


def test_thanks_for_a_reply_get_no_draft(here: Office) -> None:
    here.hire(Policy(follow_ups=True))
    ticket = here.write()
    here.work(ticket)
    here.reply(ticket, SENT)
    here.follow(ticket, "Perfect, thank you very much!")
    here.work(ticket)
    assert len(here.notes(ticket)) == 1
    here.follow(ticket, "Thanks again. Does it take as long to a card?")
    here.follow(ticket, "Thanks a lot")
    for _ in range(2):
        here.work(ticket)
    assert len(here.notes(ticket)) == 2
    assert here.core.asked[-1].text.endswith("Does it take as long to a card?")


def test_all_that_was_said_before_the_draft_is_one_question(here: Office) -> None:
    ticket = here.write()
    here.follow(ticket, "To a card, I mean.")
    here.work(ticket)
    assert here.core.asked[0].text.endswith("How long does a refund take?\n\nTo a card, I mean.")
    assert len(here.notes(ticket)) == 1


def test_text_files_are_read_and_others_named(here: Office) -> None:
    ticket = here.write("It says this.")
    desk, url = here.zendesk.desk, here.zendesk.url
    desk.attach(ticket.comments[0], "error.log", b"E1234 refused", url)
    desk.attach(ticket.comments[0], "shot.png", b"\x89PNG", url, content_type="image/png")
    desk.attach(ticket.comments[0], "bad.txt", b"virus", url, malware_scan_result="malware_found")
    desk.attach(ticket.comments[0], "away.txt", b"secret", "http://127.0.0.2:1")
    here.work(ticket)
    text = here.core.asked[0].text
    assert "Attached file error.log:\nE1234 refused" in text
    assert "Also attached, not read: shot.png, bad.txt, away.txt" in text
    assert "Attached and not read" in here.notes(ticket)[0].html


def test_files_of_one_name_are_each_read_and_an_address_that_is_none_costs_no_draft(here: Office) -> None:
    ticket = here.write("It says this.")
    desk, url = here.zendesk.desk, here.zendesk.url
    for content in (b"E1234 refused", b"E5678 lost"):
        desk.attach(ticket.comments[0], "error.log", content, url)
    desk.attach(ticket.comments[0], "bad.log", b"x", "http://[")
    here.work(ticket)
    text = here.core.asked[0].text
    assert "Attached file error.log:\nE1234 refused" in text
    assert "Attached file error.log (2):\nE5678 lost" in text
    assert "Also attached, not read: bad.log" in text
    settled(here, ticket)


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


def test_an_answer_that_is_known_is_not_asked_for_again(here: Office) -> None:
    here.zendesk.faults.add(Kind.FAIL, NOTE, times=3, value=503)
    here.core.complete, here.core.not_covered = False, "the price"
    ticket = here.write()
    for _ in range(4):
        try:
            here.work(ticket)
        except UnavailableError:
            continue
    settled(here, ticket)
    assert len(here.core.asked) == 1
    assert "This draft is incomplete" in here.notes(ticket)[0].html
    assert "the price" in here.notes(ticket)[0].html


def test_a_note_of_ours_is_found_whoever_we_signed_in_as(here: Office) -> None:
    ticket = here.write()
    here.work(ticket)
    here.core.records.remove(f"zendesk:{ACCOUNT}:{ticket.id}", str(ticket.comments[0].id))
    here.notes(ticket)[0].author_id = here.bob["id"]
    here.work(ticket)
    assert here.zendesk.count(NOTE) == 1
    assert len(here.drafts(ticket)) == 1


def test_a_customer_cannot_pass_for_our_note(here: Office) -> None:
    ticket = here.write()
    named = question_id(ACCOUNT, ticket.id, ticket.comments[0].id)
    for public in (True, False):
        said = here.follow(ticket, f"supportbot:{named}")
        said.public, said.flags = public, (17,)
    here.work(ticket)
    assert len(here.notes(ticket)) == 1


def test_of_a_long_ticket_the_newest_are_read(here: Office) -> None:
    here.hire(Policy(follow_ups=True))
    ticket = here.write()
    for number in range(320):
        here.zendesk.people.follow(here.ann, ticket, f"More {number}")
        here.zendesk.people.reply(here.bob, ticket, f"<p>Reply {number}</p>")
    here.follow(ticket, "And the very last thing is this one here, please?")
    here.work(ticket)
    assert here.zendesk.count(READ) == 3
    assert "the very last thing" in here.core.asked[0].text
    assert len(here.notes(ticket)) == 1


def test_the_text_of_the_answer_is_the_draft(here: Office) -> None:
    assert "[1]" in TEXT
    ticket = here.write()
    here.work(ticket)
    assert "A refund takes ten business days on every card. Ask the owner" in here.notes(ticket)[0].plain
