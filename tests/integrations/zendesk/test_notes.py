"""A draft as a note."""

from dataclasses import replace

import pytest

from integrations.zendesk.notes import LONGEST, Beside, note
from integrations.zendesk.supporting import supported
from integrations.zendesk.templates import Frame
from rag_core.domain import Answer, Citation, DocumentId, Outcome, QuestionId, SourceName
from tests.integrations.zendesk.judging import faults

PAGES = tuple(
    Citation(f"Page {n}", f"https://help.example/{n}", SourceName("docs"), DocumentId(str(n))) for n in range(1, 4)
)
ANSWER = Answer(QuestionId("0123456789abcdef"), Outcome.ANSWERED, "It takes ten days. [1]", PAGES[:1], (), 0.8)


def test_each_source_says_what_it_stands_behind() -> None:
    text = "It takes **ten** days. [1] Ask Olga. [2] [1]\n\n- One\n- Two\n\n[3]\n\n`x[1]` and \\[2\\] stay. [3]"
    assert supported(text) == {
        1: ("It takes ten days.", "Ask Olga."),
        2: ("Ask Olga.",),
        3: ("Two", "x[1] and [2] stay."),
    }


def test_statements_are_told_apart_where_there_are_several_sources() -> None:
    long = f"It takes ten days {'and ' * 30}more."
    text = f"{long} [1] Ask Olga. [2]"
    found = note(replace(ANSWER, text=text, citations=PAGES[:2]), Beside())
    assert " for “It takes ten days and and and and" in found
    assert "…”" in found
    assert " for “Ask Olga.”</li>" in found
    assert " for “" not in note(replace(ANSWER, text=f"{long} [1]"), Beside())


def test_an_answer_that_was_cut_off_says_so() -> None:
    assert "incomplete" in note(replace(ANSWER, complete=False), Beside())
    assert "incomplete" not in note(ANSWER, Beside())


@pytest.mark.parametrize(("value", "word"), [(0.75, "high"), (0.74, "medium"), (0.55, "medium"), (0.54, "low")])
def test_confidence_in_words(value: float, word: str) -> None:
    assert f"confidence: {word}" in note(replace(ANSWER, confidence=value), Beside())


def test_what_is_too_long_is_left_out_part_by_part_and_said_to_be() -> None:
    sentence = "&" * 11_000
    whole = note(replace(ANSWER, text=f"{sentence} [1]"), Beside())
    assert len(whole.encode()) <= LONGEST
    many = tuple(replace(PAGES[0], title="&" * 150) for _ in range(90))
    cut = note(replace(ANSWER, text=f"{'&' * 6_000} [1]", citations=many), Beside())
    assert "90 sources are left out" in cut
    assert "&amp;" * 6_000 in cut
    none = note(replace(ANSWER, text="&" * 20_000), Beside())
    assert "too long for a note" in none
    assert all("supportbot:0123456789abcdef" in each for each in (whole, cut, none))


def test_placeholders_are_text_in_code_too() -> None:
    text = "Use {{ticket.title}} {% if x %}, `{{first_name}}`, [a](https://help.example/{{x}}) [1]"
    found = note(replace(ANSWER, text=text, citations=(replace(PAGES[0], title="{{ticket.id}}"),)), Beside())
    assert not faults(found, {PAGES[0].url, "https://help.example/%7B%7Bx%7D%7D", "https://help.example/{{x}}"})
    assert "<code>{\u2060{first_name}}</code>" in found


def test_titles_and_names_make_no_links_and_no_tags() -> None:
    odd = replace(PAGES[0], title="https://evil.example <b> www.evil.example", url="javascript:alert(1)")
    found = note(
        replace(ANSWER, citations=(odd,), not_covered="see https://evil.example"),
        Beside(Frame("Hi <img src=x>,"), internal=(odd,), unread=("www.evil.example.png",)),
    )
    assert not faults(found, set())


def test_a_page_without_an_address_is_named() -> None:
    assert "<li>Notes</li>" in note(
        replace(ANSWER, citations=(replace(PAGES[0], title="Notes", url="a.md"),)), Beside()
    )


def test_without_a_draft_it_says_why() -> None:
    text = "I don't know: the documents that I found are in English, and this question seems to be in another language."
    found = note(replace(ANSWER, outcome=Outcome.UNSUPPORTED, text=text), Beside())
    assert "No draft: the documents that I found are in English" in found
    assert "I don" not in found
