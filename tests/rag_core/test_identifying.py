"""The language of a text is told, or nothing is."""

import json

import pytest

from rag_core.identifying import languages
from tests.benchmarks.material import DEMO


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wie kann ich meine Domain verifizieren?", "German"),
        ("Comment créer une clé API ?", "French"),
        ("¿Cómo puedo cancelar mi suscripción?", "Spanish"),
        ("Quanto custa o plano Growth e como eu pago?", "Portuguese"),
        ("Come posso annullare il mio abbonamento?", "Italian"),
        ("Hoe kan ik mijn wachtwoord wijzigen?", "Dutch"),
        ("Hur kan jag byta mitt lösenord?", "Swedish"),
        ("Jak mogę zmienić hasło i adres?", "Polish"),
        ("How do I change my password?", "English"),
        ("パスワードを変更するにはどうすればよいですか？", "Japanese"),
        ("如何更改 API 密码？", "Chinese"),
        ("Как изменить пароль?", "Cyrillic script"),
    ],
)
def test_a_question_is_of_its_language(text: str, language: str) -> None:
    assert language in languages(text)


@pytest.mark.parametrize("text", ["", "LP-4021", "rate limit API", "Larkpost", "42?", "Password reset 密"])
def test_of_too_little_no_language_is_told(text: str) -> None:
    assert not languages(text)


def test_no_english_question_is_taken_for_another_language() -> None:
    questions = [json.loads(line)["text"] for line in (DEMO / "questions.jsonl").read_text("utf-8").splitlines()]
    assert not [text for text in questions if languages(text) and "English" not in languages(text)]
