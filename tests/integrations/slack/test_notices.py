"""What a person reads beside answers: whole sentences, what to do next, nothing anybody else wrote alive in them."""

import pytest

from integrations.reasons import REASON_LABELS
from integrations.slack import notices
from integrations.slack.messages import Message
from rag_core.domain import REASONS
from tests.integrations.slack.judging import faults

BAD = "<!channel> @here https://evil.com *x*"
ALL = [
    notices.placeholder(),
    *(notices.placeholder(stage) for stage in ("embed", "retrieve", "judge", "rerank", "draft", "rewrite", "new")),
    notices.failed("q1"),
    notices.failed(BAD),
    notices.rejected(BAD, "q1"),
    notices.files_declined([BAD] * 9),
    notices.refused(BAD),
    notices.not_allowed(),
    notices.settled(),
    notices.no_question(),
    notices.welcome(),
    notices.stopped(),
    notices.shared_to("C1"),
    notices.shared_to(BAD),
    notices.sharing_failed(),
    notices.not_yours(),
    notices.rated(helpful=True),
    *(notices.rated(helpful=False, reason=reason) for reason in ("", *REASONS, BAD)),
    notices.rating_failed(),
    notices.escalated("U1", ticket_url="https://acme.zendesk.example/agent/tickets/7"),
    notices.escalated(BAD, ticket_url=BAD),
    notices.escalated("U1", group_id="S1"),
    notices.escalated("U1", group_id="S1", direct=True),
    notices.escalated("U1"),
    notices.not_done("q1"),
    notices.not_done(BAD),
    notices.escalation_failed(),
]


@pytest.mark.parametrize("message", ALL, ids=lambda message: message.text[:40])
def test_every_notice_is_harmless_and_says_something(message: Message) -> None:
    text = message.text.replace("<!subteam^S1>", "the team")
    assert not faults(Message(text, message.blocks), {"https://acme.zendesk.example/agent/tickets/7"})
    assert len(message.text) > 8


def test_a_failure_is_told_with_the_number_it_is_found_by() -> None:
    assert "please give this number: q-77" in str(notices.failed("q-77").blocks)


def test_the_group_is_called_and_the_ticket_is_linked() -> None:
    assert "<!subteam^S1>" in notices.escalated("U1", group_id="S1").text
    ticket = notices.escalated("U1", ticket_url="https://acme.zendesk.example/7").blocks[0]["text"]["text"]
    assert "<@U1> asked for a person." in ticket
    assert "<https://acme.zendesk.example/7|this ticket>" in ticket


def test_a_rater_sees_what_was_recorded() -> None:
    assert "Recorded: helpful." in notices.rated(helpful=True).text
    assert "Recorded: not helpful (It is out of date)." in notices.rated(helpful=False, reason="outdated").text


def test_every_reason_has_words_for_a_person() -> None:
    assert tuple(REASON_LABELS) == REASONS


def test_there_are_as_many_prompts_as_slack_takes() -> None:
    assert 0 < len(notices.PROMPTS) <= 4
    assert all(title and message for title, message in notices.PROMPTS)
