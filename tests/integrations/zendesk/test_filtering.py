"""What no person wrote gets no draft."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from integrations.zendesk.conversing import Comment, Part, Person
from integrations.zendesk.filtering import is_automatic

ANN = Person(1, Part.CUSTOMER, "Ann", "ann@example.org")
SAID = Comment(2, ANN, True, "", "How long does a refund take?", datetime(2026, 11, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Refund",
        "Auto-Reply: x",
        "RE: Out of Office",
        "Out of the office until Monday",
        "Automatische Antwort: Erstattung",
        "Abwesenheitsnotiz",
        "Réponse automatique : absence",
        "Absence du bureau",
        "Respuesta automática: x",
        "Fuera de la oficina",
        "Resposta automática: x",
        "Risposta automatica: x",
        "Automatisch antwoord: x",
        "Autosvar: x",
        "Automatyczna odpowiedź: x",
        "Автоответ: x",
        "自動応答: x",
        "自动回复: x",
        "Delivery Status Notification (Failure)",
        "Undeliverable: Refund",
        "Mail delivery failed: returning message to sender",
        "Unzustellbar: x",
        "Undelivered Mail Returned to Sender",
        "Returned mail: see transcript for details",
        "Delivery has failed to these recipients or groups:",
        "I am on annual leave until Monday",
        "不在通知: 返金",
        "不在のため、来週ご返信いたします。",
    ],
)
def test_an_automatic_reply_says_so(subject: str) -> None:
    assert is_automatic(SAID, subject)
    assert is_automatic(replace(SAID, plain=subject))


@pytest.mark.parametrize(
    "subject",
    [
        "How do I set up an automatic reply?",
        "Delivery of my campaign",
        "Deliverability",
        "Your out of office rules are wrong",
        "Refund",
        "Absent contacts are imported",
        "Delivery time",
        "Delivery failed: my parcel never came",
        "Delivery has failed twice",
        "Delivery delayed",
        "Undelivered order 4711",
        "Undeliverable parcel, what now?",
        "Returned mail item: do I get a refund?",
        "On parental leave, how do I pause my plan?",
        "不在票が入っていました",
        "不在保修期内怎么办",
        "",
    ],
)
def test_a_question_about_one_is_none(subject: str) -> None:
    assert not is_automatic(SAID, subject)


@pytest.mark.parametrize(
    "email",
    ["no-reply@shop.example", "noreply@x.example", "do_not_reply@x.example", "MAILER-DAEMON@x.example"]
    + ["postmaster@x.example", "bounce@x.example", "donotreply@x.example"],
)
def test_who_takes_no_answer_gets_none(email: str) -> None:
    assert is_automatic(replace(SAID, author=replace(ANN, email=email)))


@pytest.mark.parametrize("email", ["noreen@example.org", "reply@example.org", "post@example.org", ""])
def test_other_people_are_people(email: str) -> None:
    assert not is_automatic(replace(SAID, author=replace(ANN, email=email)))


def test_zendesks_own_word() -> None:
    assert is_automatic(replace(SAID, flags=frozenset({4})))
    assert not is_automatic(replace(SAID, flags=frozenset({0, 2, 3, 5, 11, 15, 22})))
    assert is_automatic(replace(SAID, author=replace(ANN, suspended=True)))
