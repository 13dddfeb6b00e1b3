"""A question becomes an answer with its sources, or an honest abstention, and is recorded either way."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.app import App
from rag_core.answering import Answering, compose
from rag_core.domain import (
    Audience,
    Citation,
    DocumentId,
    Draft,
    Outcome,
    Passage,
    PersonId,
    Question,
    QuestionId,
    Statement,
)
from rag_core.errors import RejectedError
from rag_core.grounding import Grounding
from rag_core.markup import clean
from tests.making import app, question, write
from tests.shared import shared


@pytest.fixture
def built(tmp_path: Path) -> App:
    docs = write(
        tmp_path / "docs",
        refunds="---\ntitle: Refunds\nurl: https://h.example/refunds\n---\n## How long\n\nRefunds take thirty days.",
        spf="---\ntitle: SPF\n---\nAn SPF record is a TXT record in the DNS of the sending domain.",
        webhooks="---\ntitle: Webhooks\n---\nWebhooks tell your server of bounces and clicks within seconds.",
        discounts="---\ntitle: Discounts\naudience: internal\n---\nAgents may give a discount of 20 % to keep one.",
    )
    built = app(tmp_path / "home")
    built.ingest(docs)
    return built


def ask(text: str, audience: Audience = Audience.PUBLIC, previous: str | None = None) -> Question:
    return question(text, audience=audience, previous=previous)


def test_an_answer_has_its_source(built: App) -> None:
    answer = built.answering.answer(ask("How long do refunds take?"))
    assert answer.outcome is Outcome.ANSWERED
    assert answer.text == "Refunds take thirty days. [1]"
    assert [c.url for c in answer.citations] == ["https://h.example/refunds#how-long"]
    assert 0 <= answer.confidence <= 1
    assert {"embed", "retrieve", "judge", "draft", "total"} <= answer.timings_ms.keys()


def test_nothing_found_is_told_from_found_but_not_sufficient(built: App) -> None:
    nothing = built.answering.answer(ask("zebra giraffe?"))
    assert nothing.outcome is Outcome.NO_EVIDENCE
    assert nothing.citations == ()
    touched = built.answering.answer(
        ask("Which webhooks platform integrates natively with Salesforce opportunity pipelines and Slack?")
    )
    assert touched.outcome is not Outcome.ANSWERED
    assert "I don't know" in touched.text


def test_staff_and_public_get_what_they_may_read(built: App) -> None:
    text = "What discount may agents give to keep a customer?"
    staff = built.answering.answer(ask(text, Audience.INTERNAL))
    assert staff.outcome is Outcome.ANSWERED
    assert "20 %" in staff.text
    public = built.answering.answer(ask(text))
    assert "20 %" not in public.text
    assert not {"discounts"} & {p.chunk.document.id for p in public.passages}
    assert not {"discounts"} & {c.document_id for c in public.citations}


def test_a_follow_up_is_searched_with_the_question_before_it(built: App) -> None:
    alone = built.answering.reply(ask("And where is it put?"))
    assert alone.outcome is not Outcome.ANSWERED
    followed = built.answering.reply(ask("And where is it put?", previous="What is an SPF record?"))
    assert [c.document_id for c in followed.citations] == ["spf"]


def test_a_follow_up_about_something_else_is_not_answered_by_what_came_before(built: App) -> None:
    answer = built.answering.reply(ask("Are you HIPAA compliant?", previous="How long do refunds take?"))
    assert answer.outcome is not Outcome.ANSWERED


def test_every_answer_is_recorded_and_a_follow_up_finds_it(built: App) -> None:
    first = built.question("How long do refunds take?", asked_by=PersonId("ada"), channel="test")
    built.answering.answer(first)
    assert built.log.answer(first.id).question == first
    second = built.question("Why?", asked_by=PersonId("ada"), channel="test", follow_up=first.id)
    assert second.previous == first.text
    with pytest.raises(RejectedError):
        built.question("Why?", asked_by=PersonId("ada"), channel="test", follow_up=QuestionId("unknown"))


def test_the_stages_are_told_as_they_begin(built: App) -> None:
    seen: list[str] = []
    built.answering.answer(ask("How long do refunds take?"), on_stage=seen.append)
    assert seen == ["total", "embed", "retrieve", "judge", "draft"]


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_question_is_refused(built: App, text: str) -> None:
    with pytest.raises(RejectedError, match="empty"):
        built.answering.answer(ask(text))


def test_naughty_strings_get_an_answer_or_an_abstention(built: App) -> None:
    for naughty in json.loads(shared("data", "hostile", "blns", "blns.json").read_text("utf-8")):
        if text := clean(naughty).strip():
            answer = built.answering.answer(built.question(text, asked_by=PersonId("ada"), channel="test"))
            assert isinstance(answer.outcome, Outcome)
            assert built.log.answer(answer.question_id).question.text.strip() == text


def test_a_question_as_long_as_a_book_is_survived(built: App) -> None:
    assert built.answering.answer(question("refunds take thirty days " * 20_000)).citations


class Eloquent:
    """An answer model that talks without a source."""

    def draft(self, question: Question, passages: Sequence[Passage]) -> Draft:
        return Draft()


def test_a_draft_without_a_source_is_not_shown(built: App) -> None:
    answering = Answering(built.index, None, Eloquent(), Grounding(), built.log)
    answer = answering.answer(ask("How long do refunds take?"))
    assert answer.outcome is Outcome.UNSUPPORTED
    assert answer.citations[0].document_id == "refunds"


@pytest.mark.parametrize(
    ("statements", "text"),
    [
        ([("One.", 0), ("Two.", 0), ("Three.", 1)], "One. Two. [1] Three. [2]"),
        ([("One.", 0), ("- a\n- b", 0), ("Two.", 1)], "One.\n\n- a\n- b\n\n[1]\n\nTwo. [2]"),
        ([("To do it:\n\n1. a\n2. b", 0)], "To do it: [1]\n\n1. a\n2. b"),
        ([], ""),
    ],
)
def test_statements_are_joined_with_the_numbers_of_their_sources(statements: list[tuple[str, int]], text: str) -> None:
    cited = tuple(Citation("t", "u", DocumentId("d")) for _ in range(2))
    assert compose(Draft(tuple(Statement(*statement) for statement in statements), cited)) == text
