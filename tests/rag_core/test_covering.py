"""Of several questions in one text the answer names those that it leaves open."""

from pathlib import Path

import pytest

from bot.app import App
from rag_core.covering import questions
from rag_core.domain import Audience, Outcome
from tests.making import app, question, write

REFUND, PAGER = "How long do refunds take?", "Where does the escalation pager of the warehouse ring?"
SPF, UMBRELLA = "What is an SPF record of the sending domain?", "Do you sell umbrellas with our company logo?"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> App:
    docs: Path = write(
        tmp_path_factory.mktemp("docs"),
        refunds="---\ntitle: Refunds\n---\n## How long\n\nRefunds take thirty days.",
        spf="---\ntitle: SPF\n---\nAn SPF record is a TXT record in the DNS of the sending domain.",
        webhooks="---\ntitle: Webhooks\n---\nWebhooks tell your server of bounces and clicks within seconds.",
        pager="---\ntitle: Pager\naudience: internal\n---\nThe escalation pager of the warehouse rings in Lisbon.",
    )
    built = app(tmp_path_factory.mktemp("home"))
    built.ingest(docs)
    return built


def left_open(built: App, text: str, audience: Audience = Audience.PUBLIC) -> str:
    answer = built.answering.reply(question(text, audience=audience))
    assert answer.outcome is Outcome.ANSWERED
    return answer.not_covered


def test_what_no_document_answers_is_named_beside_what_one_does(built: App) -> None:
    assert left_open(built, f"Hello,\n\n{REFUND} {UMBRELLA}\n\nThanks, Ada") == f"“{UMBRELLA}”"


def test_what_only_other_readers_documents_answer_is_named_too(built: App) -> None:
    assert left_open(built, f"{REFUND} {PAGER}") == f"“{PAGER}”"


@pytest.mark.parametrize(
    "text",
    [
        REFUND,
        f"{REFUND} Can you help me?",  # of no words of its own
        f"{REFUND} How many days do refunds take?",
        f"{UMBRELLA[:-1]}. {REFUND}",  # asks nothing
        f"{REFUND} And when refunds take thirty days, why is that?",
    ],
)
def test_what_is_one_question_or_answered_with_it_is_not(built: App, text: str) -> None:
    assert left_open(built, text) == ""


def test_questions_are_found_in_any_script_and_form() -> None:
    text = (
        'My key v2.0 fails. Does the key expire after days?\nHe asked "where is the invoice kept?" today. '
        "いつ返金されますか？送料の金額はいくらですか？ Why? Does the key expire after days?"
    )
    assert questions(text) == [
        "Does the key expire after days?",
        "いつ返金されますか？",
        "送料の金額はいくらですか？",
    ]
    assert questions("? ??\n" * 1000) == []


def test_a_gap_that_internal_documents_alone_answer_is_told_from_others(built: App) -> None:
    for number, text in enumerate((PAGER, UMBRELLA, REFUND)):
        built.answering.answer(question(text, name=f"q{number}"))
    assert {gap.questions[0]: gap.internal for gap in built.report().gaps} == {PAGER: True, UMBRELLA: False}
    assert not any(gap.internal for gap in built.report(closely=False).gaps)
