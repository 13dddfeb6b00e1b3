"""A customer's comments as one question: follow-ups that know the one before, thanks, files that are read or named."""

from integrations.zendesk.policy import Policy
from tests.integrations.zendesk.office import Office, settled

SENT = "<p>A refund takes ten business days on every card. Ask the owner of the account to open Billing.</p>"


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
