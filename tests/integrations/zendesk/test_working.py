"""The worker before a simulated account: one private note a question, whatever happens on the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.local.account.faults import Kind
from integrations.zendesk.deciding import question_id
from integrations.zendesk.policy import Policy
from integrations.zendesk.templates import templates
from rag_core.domain import Audience, Deadline, Outcome
from rag_core.errors import AwayError, HeldError, UnavailableError
from tests.integrations.zendesk.office import ACCOUNT, PAGE, PLAYBOOK, SECONDS, TEXT, Office, outgoing, settled

NOTE, TAGS = "PUT tickets/{id}", "PUT tickets/{id}/tags"
LOOK, READ, WHO = "GET tickets/{id}", "GET tickets/{id}/comments", "GET users/show_many"


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


def test_a_ticket_of_which_nobody_could_be_told_has_not_failed_for_good(here: Office) -> None:
    ticket = here.write()
    here.zendesk.faults.add(Kind.FAIL, "*", None, value=503)
    with pytest.raises(AwayError):
        here.work(ticket, last=True)
    assert here.core.failures == []
    here.zendesk.faults.clear()
    here.work(ticket)
    settled(here, ticket)
