"""What a customer said as one question."""

from datetime import UTC, datetime

import pytest

from integrations.zendesk.asking import LONGEST, cut, question
from integrations.zendesk.conversing import Comment, Conversation, Part, Person
from integrations.zendesk.deciding import Due

AT = datetime(2026, 11, 2, tzinfo=UTC)
ANN, BOB = Person(1, Part.CUSTOMER, "Ann", locale="en"), Person(2, Part.AGENT, "Bob")


def said(number: int, text: str, by: Person = ANN) -> Comment:
    return Comment(number, by, True, "", text, AT)


def ticket(*comments: Comment, subject: str = "Refund") -> Conversation:
    return Conversation(1, subject, "open", "x", (), "", "", "", "email", ANN, comments, whole=True)


def asked(
    *comments: Comment, subject: str = "Refund", follows: bool = False, files: dict[str, str | None] | None = None
) -> str:
    last = max((place for place, each in enumerate(comments) if each.by_agent), default=-1)
    due = Due(comments[-1], comments[last + 1 :], opens=last < 0)
    return question(ticket(*comments, subject=subject), due, files or {}, follows=follows)


def test_the_subject_is_part_of_it_unless_it_stands_there_anyway() -> None:
    assert asked(said(1, "How long?")) == "Refund\n\nHow long?"
    assert asked(said(1, "Refund: how long?")) == "Refund: how long?"
    assert asked(said(1, "")) == "Refund"
    assert asked(said(1, ""), subject=" ") == ""


def test_a_further_one_stands_for_itself_or_with_what_it_answers_to() -> None:
    before = (said(1, "How long?"), said(2, "Ten days.\n\nBest regards,\nBob", BOB))
    asks, complains = "And how long does it take to a bank account?", "That is wrong!"
    assert asked(*before, said(3, asks), follows=True) == asks
    replied = "Support had replied:\nTen days.\n\nThe customer now says:\n\n"
    assert asked(*before, said(3, complains), follows=True) == replied + complains
    assert asked(*before, said(3, asks)) == f"{replied}Refund\n\n{asks}"


def test_of_very_many_comments_the_first_and_the_newest_are_read() -> None:
    found = asked(*(said(number, f"Number {number}.") for number in range(1, 301)))
    assert found.startswith("Refund\n\nNumber 1.\n\n(... 280 comments left out ...)\n\nNumber 282.\n\n")
    assert found.endswith("Number 299.\n\nNumber 300.")
    assert asked(*(said(number, "Yes.") for number in range(1, 21))).count("Yes.") == 20


def test_files_are_part_of_it_or_named() -> None:
    found = asked(said(1, "See this."), files={"a.log": "E1 refused ", "b.png": None, "c.txt": ""})
    assert found == "Refund\n\nSee this.\n\nAttached file a.log:\nE1 refused\n\nAlso attached, not read: b.png"


@pytest.mark.parametrize("text", ["word " * 3_000, "x" * 20_000, "😀 " * 9_000])
def test_what_is_too_long_keeps_more_of_its_end_and_says_so(text: str) -> None:
    found = asked(said(1, f"It begins here. {text} And how do I stop it?"))
    assert len(found) <= LONGEST
    assert "characters left out" in found
    head, tail = found.split("\n\n(...", 1)
    assert len(tail) > len(head)
    if " " in text:
        assert head.startswith("Refund\n\nIt begins here.")


def test_a_cut_is_honest_about_how_much() -> None:
    text = " ".join(f"word{number}" for number in range(2_000))
    found = cut(text, 1_000)
    left = int(found.partition("(... ")[2].partition(" ")[0])
    assert len(found) - len(f"\n\n(... {left} characters left out ...)\n\n") + left == len(text)
    assert found.endswith("word1999")
    assert cut("short", 10) == "short"
