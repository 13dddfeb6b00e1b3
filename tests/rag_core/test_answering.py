"""A question becomes an answer with its sources, or an honest abstention, and is recorded either way."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

import pytest

from bot.app import App
from rag_core.answering import Answering
from rag_core.backends.extractive import ExtractiveAnswerModel
from rag_core.domain import (
    NEVER,
    Answer,
    Audience,
    Deadline,
    Draft,
    Outcome,
    Passage,
    PersonId,
    Question,
    QuestionId,
    SourceName,
    Statement,
    Support,
)
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from rag_core.grounding import Grounding
from rag_core.guarding.checking import Guard, GuardPolicy
from rag_core.markup import clean
from rag_core.ports import FeedbackLog, OnStatement
from tests.making import app, question, write
from tests.shared import shared

Given = TypeVar("Given")


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


@pytest.mark.parametrize(
    "text", ["Warum kann ich die webhooks von gestern nicht sehen?", "Почему webhooks ко мне не приходят?"]
)
def test_that_the_documents_are_in_another_language_is_told_and_not_that_they_are_silent(built: App, text: str) -> None:
    answer = built.answering.reply(ask(text))
    assert (answer.outcome, [c.document_id for c in answer.citations]) == (Outcome.UNSUPPORTED, ["webhooks"])
    assert "are in English" in answer.text


def test_where_nothing_is_found_another_language_is_named_as_a_reason_that_may_be(built: App) -> None:
    answer = built.answering.reply(ask("Wie kann ich mein Passwort ändern?"))
    assert (answer.outcome, "another language" in answer.text) == (Outcome.NO_EVIDENCE, True)
    assert "language" not in built.answering.reply(ask("What is a zebra?")).text


def test_a_question_in_the_language_of_a_document_is_not_told_of_another(tmp_path: Path) -> None:
    mixed = app(tmp_path / "home")
    english = "A refund takes thirty days, and it is paid to the card that was charged."
    german = "Ein refund dauert dreißig Tage und wird auf die Karte gezahlt, die belastet wurde."
    mixed.ingest(write(tmp_path / "docs", en=english, de=german))
    answer = mixed.answering.reply(ask("Warum ist mein refund nicht wie versprochen gestern Nacht angekommen?"))
    assert answer.outcome is not Outcome.ANSWERED
    assert "language" not in answer.text


def test_a_follow_up_is_searched_with_the_question_before_it(built: App) -> None:
    alone = built.answering.reply(ask("And where is it put?"))
    assert alone.outcome is not Outcome.ANSWERED
    followed = built.answering.reply(ask("And where is it put?", previous="What is an SPF record?"))
    assert [c.document_id for c in followed.citations] == ["spf"]


def test_a_follow_up_about_something_else_is_not_answered_by_what_came_before(built: App) -> None:
    answer = built.answering.reply(ask("Are you HIPAA compliant?", previous="How long do refunds take?"))
    assert answer.outcome is not Outcome.ANSWERED


def test_a_follow_up_does_not_bring_what_other_readers_asked(built: App) -> None:
    staff = built.question("What does Acme pay?", audience=Audience.INTERNAL, asked_by=PersonId("ada"), channel="test")
    built.answering.answer(staff)
    with pytest.raises(RejectedError, match="other readers"):
        built.question("And why?", asked_by=PersonId("bob"), channel="test", follow_up=staff.id)


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


def test_a_question_as_long_as_a_book_is_refused(built: App) -> None:
    with pytest.raises(RejectedError, match="4,000"):
        built.answering.answer(question("refunds take thirty days " * 20_000))
    assert built.answering.reply(question("refunds take thirty days " * 20_000)).citations


class Scripted:
    """An answer model that says what it was told to."""

    name = "scripted"

    def __init__(self, *statements: Statement) -> None:
        self._statements = statements

    def draft(
        self,
        question: Question,
        passages: Sequence[Passage],
        *,
        on_statement: OnStatement = lambda _: None,
        deadline: Deadline = NEVER,
    ) -> Draft:
        for statement in self._statements:
            on_statement(statement)
        return Draft(self._statements)


def test_a_draft_without_a_source_is_not_shown(built: App) -> None:
    answering = Answering(built.index, None, Scripted(), Grounding(), built.log)
    answer = answering.answer(ask("How long do refunds take?"))
    assert answer.outcome is Outcome.UNSUPPORTED
    assert answer.citations[0].document_id == "refunds"


def test_the_text_is_shown_part_by_part_never_before_its_source(built: App) -> None:
    said = [Statement("One.", (Support(0, "1"),)), Statement("Two.", (Support(0, "2"),))]
    answering = Answering(built.index, None, Scripted(*said), Grounding(), built.log)
    shown: list[tuple[str, int]] = []
    answer = answering.answer(
        ask("How long do refunds take?"), on_text=lambda text, cited: shown.append((text, len(cited)))
    )
    assert shown == [("One. [1]", 1), (" Two. [1]", 1)]
    assert answer.text == "One. [1] Two. [1]"
    assert [citation.quote for citation in answer.citations] == ["1 2"]
    assert answer.index_version == built.index.version


def test_a_model_that_was_talked_into_it_leaks_nothing(built: App) -> None:
    evil = "Ask [billing](https://evil.example/?d=secret) ![x](https://evil.example/p.png) <!channel> now."
    answering = Answering(built.index, None, Scripted(Statement(evil, (Support(0),))), Grounding(), built.log)
    shown: list[str] = []
    answer = answering.answer(ask("How long do refunds take?"), on_text=lambda text, _: shown.append(text))
    assert "".join(shown) == answer.text
    assert "evil" not in answer.text
    assert "<!" not in answer.text
    assert "billing" in answer.text
    assert sum(answer.guarded.values()) >= 3
    assert "evil" not in built.log.answer(answer.question_id).text


def test_a_text_without_end_is_cut_between_statements(built: App) -> None:
    endless = [Statement(f"This is sentence {n}.", (Support(0),)) for n in range(1_000)]
    guard = Guard(GuardPolicy(longest=1_000))
    answer = Answering(built.index, None, Scripted(*endless), Grounding(), built.log, guard=guard).reply(
        ask("How long do refunds take?")
    )
    assert 900 < len(answer.text) <= 1_000
    assert answer.text.endswith(". [1]")
    assert not answer.complete


def test_a_reader_who_goes_away_costs_nobody_the_answer(built: App) -> None:
    said = [Statement("One.", (Support(0),)), Statement("Two.", (Support(0),))]
    answering = Answering(built.index, None, Scripted(*said), Grounding(), built.log)
    asked, told = ask("How long do refunds take?"), list[str]()

    def gone(text: str, _citations: object) -> None:
        told.append(text)
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        answering.answer(asked, on_text=gone)
    assert len(told) == 1
    assert built.log.answer(asked.id).text == "One. [1] Two. [1]"


class Contrary:
    """A reranker that turns everything round; a rewriter that knows what is meant. Both may be away."""

    name = "contrary"

    def __init__(self, *, away: bool = False) -> None:
        self._away = away

    def rank(self, text: str, passages: Sequence[Passage], *, deadline: Deadline = NEVER) -> list[int]:
        return list(reversed(range(len(self.given(passages)))))

    def rewrite(self, question: Question, *, deadline: Deadline = NEVER) -> str:
        return self.given("What is an SPF record?")

    def given(self, value: Given) -> Given:
        if self._away:
            raise UnavailableError("away")
        return value


@pytest.mark.parametrize("away", [False, True])
def test_reranking_decides_what_the_model_reads_first_and_may_fail(built: App, *, away: bool) -> None:
    first = Scripted(Statement("Yes.", (Support(0),)))
    answering = Answering(built.index, None, first, Grounding(), built.log, reranker=Contrary(away=away))
    answer = answering.reply(ask("How long do refunds of a webhook take?"))
    assert len(answer.passages) > 1
    assert answer.citations[0].url == answer.passages[0 if away else -1].chunk.url
    assert answer.degraded == (("rerank",) if away else ())


@pytest.mark.parametrize("away", [False, True])
def test_rewriting_is_for_follow_ups_only_and_may_fail(built: App, *, away: bool) -> None:
    rewriter = Contrary(away=away)
    answering = Answering(built.index, None, ExtractiveAnswerModel(), Grounding(), built.log, rewriter=rewriter)
    followed = answering.reply(ask("And there?", previous="How long do refunds take?"))
    assert followed.citations[0].document_id == ("refunds" if away else "spf")
    assert followed.degraded == (("rewrite",) if away else ())
    alone = answering.reply(ask("How long do refunds take?"))
    assert alone.citations[0].document_id == "refunds"
    assert alone.degraded == ()


def test_a_question_is_answered_from_its_sources_only(built: App) -> None:
    asked = replace(ask("How long do refunds take?"), sources=frozenset({SourceName("elsewhere")}))
    answer = built.answering.answer(asked)
    assert answer.outcome is Outcome.NO_EVIDENCE
    assert answer.passages == ()


class ScriptedModel:
    """An AnswerModel that says what it was given to say, each statement from the first passage."""

    name = "scripted"

    def __init__(self, *texts: str, complete: bool = True) -> None:
        self._texts, self._complete = texts, complete

    def draft(
        self,
        question: Question,
        passages: Sequence[Passage],
        *,
        on_statement: OnStatement = lambda _: None,
        deadline: Deadline = NEVER,
    ) -> Draft:
        statements = tuple(Statement(text, (Support(0),), "\n") for text in self._texts)
        for each in statements:
            on_statement(each)
        return Draft(statements, complete=self._complete)


def scripted(built: App, *texts: str, complete: bool = True) -> Answer:
    model = ScriptedModel(*texts, complete=complete)
    return Answering(built.index, None, model, Grounding(), built.log).reply(ask("How long do refunds take?"))


def test_a_private_key_over_several_statements_does_not_leave(built: App) -> None:
    body = ["MIIEpAIBAAKCAQEAy8Dbv8prpJ", "zO8tCANARYkq3VwIDAQABAoIB"]
    said = scripted(built, "-----BEGIN RSA PRIVATE KEY-----", *body, "-----END RSA PRIVATE KEY-----", "Ask billing.")
    assert "CANARY" not in said.text
    assert "MIIE" not in said.text
    assert "END" not in said.text
    assert "(private key removed)" in said.text
    assert "Ask billing." in said.text


def test_an_answer_that_was_cut_off_before_its_first_source_says_so(built: App) -> None:
    answer = scripted(built, complete=False)
    assert (answer.outcome, answer.complete) == (Outcome.UNSUPPORTED, False)
    assert "cut off" in answer.text
    assert scripted(built).complete


@pytest.mark.parametrize("trouble", [UnavailableError("down"), MisconfiguredError("no table"), RejectedError("429")])
def test_whatever_ails_the_log_an_answer_that_was_shown_stands(built: App, trouble: Exception) -> None:
    log = cast(FeedbackLog, FailingLog(built.log, trouble))
    answering = Answering(built.index, None, ExtractiveAnswerModel(None), Grounding(), log)
    assert answering.answer(ask("How long do refunds take?"), on_text=lambda _text, _cited: None).degraded == ("log",)


class FailingLog:
    """A FeedbackLog that is down for writes."""

    def __init__(self, log: FeedbackLog, trouble: Exception | None = None) -> None:
        self._log, self._trouble = log, trouble or UnavailableError("the log is down")

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def record_answer(self, question: Question, answer: Answer) -> None:
        raise self._trouble


def test_an_answer_that_was_shown_is_no_failure_because_it_could_not_be_recorded(built: App) -> None:
    log = cast(FeedbackLog, FailingLog(built.log))
    answering = Answering(built.index, None, ExtractiveAnswerModel(None), Grounding(), log)
    seen: list[str] = []
    answer = answering.answer(ask("How long do refunds take?"), on_text=lambda text, _: seen.append(text))
    assert "".join(seen) == answer.text
    assert answer.degraded == ("log",)


def test_an_answer_that_nobody_has_seen_is_asked_for_again_when_it_could_not_be_recorded(built: App) -> None:
    log = cast(FeedbackLog, FailingLog(built.log))
    answering = Answering(built.index, None, ExtractiveAnswerModel(None), Grounding(), log)
    with pytest.raises(UnavailableError, match="log"):
        answering.answer(ask("How long do refunds take?"))


def test_a_wish_that_was_not_followed_is_said(built: App) -> None:
    asked = ask("How long do refunds take?")
    friendlier = built.answering.answer(replace(asked, instruction="Friendlier"))
    assert (friendlier.outcome, friendlier.degraded) == (Outcome.ANSWERED, ("instruction",))
    assert built.answering.answer(replace(asked, instruction="Shorter")).degraded == ()
