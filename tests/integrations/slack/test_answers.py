"""An answer in Slack: its text, its sources by number, what can be pressed, and what a reader has to know."""

import json
import random
from typing import Any

import pytest

from integrations.slack import answers, notices
from integrations.slack.answers import About, private, reply, settled
from integrations.slack.messages import CONTINUED, Message
from rag_core.domain import Answer
from rag_core.guarding.checking import Guard
from rag_core.guarding.linking import Allowed
from tests.integrations.slack.answering import ABOUT, INTERNAL, answered, cited, declined, recorded
from tests.integrations.slack.judging import faults
from tests.integrations.slack.writing_markdown import GOOD, hostile, long

GUARD, CITED = Guard(), Allowed(frozenset(GOOD))
ALLOWED = {*GOOD, "https://help.example/a_%28b%29?q=1&r=2", "https://help.example/sso"}


def _elements(message: Message, kind: str) -> list[dict[str, Any]]:
    return [each for block in message.blocks if block["type"] == kind for each in block["elements"]]


def parts_of(answer: Answer) -> list[Message]:
    """Of a private draft, by the buttons that turn to them."""
    found = [private(answer, ABOUT, channel="C1", thread_ts="1.1")]
    while later := [each for each in _elements(found[-1], "actions") if each["action_id"] == answers.LATER]:
        part = json.loads(later[0]["value"])["part"]
        assert part == len(found) + 1
        found.append(private(answer, ABOUT, channel="C1", thread_ts="1.1", part=part))
    return found


def _written(message: Message) -> str:
    return json.dumps(message.blocks, ensure_ascii=False)


def test_the_text_stands_above_its_sources_and_the_numbers_match() -> None:
    text = "Press **Reset**. [1] Then wait. [2]"
    (message,) = reply(answered(text, cited(), cited("Waiting <b>", "https://help.example/w?a=1&b=2")), ABOUT)
    assert message.blocks[0] == {"type": "markdown", "text": text}
    assert message.blocks[1]["text"]["text"].splitlines() == [
        "[1] <https://help.example/sso|Reset SSO>",
        "[2] <https://help.example/w?a=1&amp;b=2|Waiting &lt;b&gt;>",
    ]


def test_nothing_unfurls_and_slack_looks_for_no_names() -> None:
    payload = reply(answered(), ABOUT)[0].payload()
    assert (payload["unfurl_links"], payload["unfurl_media"]) == (False, False)
    assert (payload["parse"], payload["link_names"]) == ("none", False)


def test_a_fallback_is_never_longer_than_an_update_takes() -> None:
    assert len(reply(answered("<&> " * 2_000), ABOUT)[0].text) <= 4_000


def test_a_document_without_an_address_is_named() -> None:
    (message,) = reply(answered("Yes. [1]", cited("The handbook", "handbook.pdf")), ABOUT)
    assert message.blocks[1]["text"]["text"] == "[1] The handbook"


def test_it_says_that_it_is_a_draft_and_from_when_the_knowledge_is() -> None:
    (message,) = reply(answered(), ABOUT)
    (small,) = _elements(message, "context")
    assert "A draft by a bot" in small["text"]
    assert "Knowledge as of <!date^1793620800^{date_short_pretty} at {time}|2 Nov 2026, 12:00 UTC>." in small["text"]


def test_the_audience_is_named_where_it_is_internal_only() -> None:
    assert answers.INTERNAL in _written(reply(answered(), INTERNAL)[0])
    assert answers.INTERNAL not in _written(reply(answered(), ABOUT)[0])


def test_it_can_be_rated_passed_on_and_resolved() -> None:
    (message,) = reply(answered(), ABOUT)
    (thumbs,) = _elements(message, "context_actions")
    assert (thumbs["type"], thumbs["action_id"]) == ("feedback_buttons", "rate")
    assert thumbs["positive_button"]["value"] == "helpful:q1"
    assert thumbs["negative_button"]["value"] == "not_helpful:q1"
    assert [(each["action_id"], each["value"]) for each in _elements(message, "actions")] == [
        ("ask_human", "q1"),
        ("resolved", "q1"),
    ]


def test_what_is_not_covered_is_said_apart_and_plainly() -> None:
    (message,) = reply(answered(not_covered="*the price* of <!here> [x](https://evil.com)"), ABOUT)
    said = next(
        block for block in message.blocks if block["type"] == "section" and block["text"]["type"] == "plain_text"
    )
    assert said["text"]["text"] == "Not answered here: *the price* of <\u2060!here> [x](https://evil.com)"


def test_an_answer_that_was_cut_short_says_so() -> None:
    assert answers.INCOMPLETE in _written(reply(answered(complete=False), ABOUT)[0])
    assert answers.INCOMPLETE not in _written(reply(answered(), ABOUT)[0])


def test_an_abstention_says_what_was_searched_names_the_nearest_pages_and_offers_a_person() -> None:
    (message,) = reply(declined(cited()), ABOUT)
    assert message.blocks[0]["text"].startswith("I don't know:")
    assert "Searched: 1,201 documents in 2 sources." in _written(message)
    assert "*The nearest pages I found*\\n• <https://help.example/sso|Reset SSO>" in _written(message)
    assert [each["action_id"] for each in _elements(message, "actions")] == ["ask_human", "resolved"]
    assert not _elements(message, "context_actions")


def test_an_abstention_without_any_page_is_whole_too() -> None:
    (message,) = reply(declined(), About())
    assert "nearest" not in _written(message)
    assert "Searched" not in _written(message)
    assert not faults(message, set())


def test_what_the_log_kept_is_shown_the_same() -> None:
    for answer in (answered(), answered(complete=False, not_covered="the price"), declined(cited())):
        assert reply(recorded(answer), ABOUT) == reply(answer, ABOUT)


def test_a_notification_says_the_answer_and_its_sources_in_words() -> None:
    (message,) = reply(
        answered("## Do\n\nPress **Reset** `now` & [go](https://help.example/page). [1]\n\n- a_b"), ABOUT
    )
    assert message.text == "Do\n\nPress Reset now &amp; go. [1]\n\n- a_b\nSources: [1] Reset SSO"


def test_a_private_draft_can_be_shared_to_its_thread_or_discarded() -> None:
    message = private(answered(), ABOUT, channel="C1", thread_ts="1.2")
    share, discard, ask = _elements(message, "actions")
    assert (share["action_id"], share["text"]["text"]) == ("share", "Share to thread")
    assert json.loads(share["value"]) == {"question_id": "q1", "channel": "C1", "thread_ts": "1.2"}
    assert (discard["action_id"], discard["value"], ask["action_id"]) == ("discard", "q1", "ask_human")
    assert not _elements(message, "context_actions")


def test_a_private_draft_outside_of_a_thread_is_shared_to_the_channel() -> None:
    message = private(answered(), ABOUT, channel="C1", thread_ts=None)
    share = _elements(message, "actions")[0]
    assert share["text"]["text"] == "Share"
    assert json.loads(share["value"])["thread_ts"] is None


def test_a_long_private_draft_is_one_message_that_turns_to_its_other_parts() -> None:
    answer = answered(long(random.Random(5), 25_000), complete=False)  # noqa: S311
    found = parts_of(answer)
    assert len(found) > 2
    assert not any(faults(message, {"https://help.example/page", "https://help.example/sso"}) for message in found)
    shown = [block for message in found for block in message.blocks if block["type"] in ("markdown", "section")]
    whole = [block for message in reply(answer, ABOUT) for block in message.blocks]
    assert shown == [block for block in whole if block["type"] in ("markdown", "section")]
    assert answers.INCOMPLETE in _written(found[-1])
    pressed = [[each["action_id"] for each in _elements(message, "actions")] for message in found]
    below = ["share", "discard", "ask_human"]
    assert pressed[0] == [answers.LATER, *below]
    assert pressed[1:-1] == [[answers.EARLIER, answers.LATER, *below]] * (len(found) - 2)
    assert pressed[-1] == [answers.EARLIER, *below]
    assert f"Part 2 of {len(found)}. {answers.PRIVATE}" in _written(found[1])


def test_a_part_that_there_is_not_is_the_nearest_that_there_is() -> None:
    answer = answered(long(random.Random(5), 25_000))  # noqa: S311
    found = parts_of(answer)
    for part, expected in ((-3, found[0]), (0, found[0]), (99, found[-1])):
        assert private(answer, ABOUT, channel="C1", thread_ts="1.1", part=part) == expected


def test_there_is_nothing_to_share_where_there_is_no_answer() -> None:
    message = private(declined(), ABOUT, channel="C1", thread_ts=None)
    assert [each["action_id"] for each in _elements(message, "actions")] == ["ask_human", "discard"]


def test_a_shared_answer_names_who_shared_it() -> None:
    assert "Shared by <@U7>." in _written(reply(answered(), About(shared_by="U7"))[0])


def test_after_it_is_settled_only_the_thumbs_can_be_pressed_and_it_says_why() -> None:
    (message,) = reply(answered(), ABOUT)
    once = settled(message.blocks, notices.resolved_note("U7"))
    assert [block["type"] for block in once] == ["markdown", "section", "context", "context_actions", "context"]
    assert settled(once, notices.resolved_note("U7")) == once


def test_a_long_answer_goes_on_in_further_messages_and_only_the_last_can_be_pressed() -> None:
    text = long(random.Random(5), 25_000)  # noqa: S311
    messages = reply(answered(text), ABOUT)
    assert len(messages) > 2
    assert not any(faults(message, {"https://help.example/page", "https://help.example/sso"}) for message in messages)
    assert all(message.blocks[-1]["elements"][0]["text"] == CONTINUED for message in messages[:-1])
    assert all(not _elements(message, "actions") for message in messages[:-1])
    assert [each["action_id"] for each in _elements(messages[-1], "actions")] == ["ask_human", "resolved"]
    assert len({message.text for message in messages}) == len(messages)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_an_answer_holds_every_message_is_harmless_and_within_limits(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    for _ in range(8):
        text = "\n\n".join(GUARD.check(hostile(chance), CITED).text for _ in range(chance.choice((1, 3, 80))))
        pages = [cited(hostile(chance, 3), chance.choice((*GOOD, "evil.com", "javascript:x"))) for _ in range(8)]
        answer = answered(text, *pages, complete=chance.random() < 0.5, not_covered=GUARD.check(hostile(chance)).text)
        found = [*reply(answer, INTERNAL), *parts_of(answer)]
        assert not [fault for message in found for fault in faults(message, ALLOWED)]


def test_sources_with_the_longest_addresses_fit() -> None:
    pages = [cited("t" * 500, f"https://help.example/{number}?{'&' * 300}{'x' * 500}") for number in range(20)]
    messages = reply(answered("Yes. [1]", *pages), ABOUT)
    assert not [fault for message in messages for fault in faults(message, {page.url for page in pages})]
    assert sum(_written(message).count("https://help.example/") for message in messages) == 20
