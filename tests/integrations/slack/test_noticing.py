"""What asks something and what is only said, by its words, in the languages of many."""

from typing import Literal
from unicodedata import normalize

import pytest

from integrations.slack.noticing import is_chatter, is_greeting, is_question

MARKED = [
    "Why?",
    "Android?",
    "iOS？",
    "and what about mobile?",
    "如何重置密码？",
    "你好，如何重置密码？谢谢！",
    "パスワードをリセットするには？",
    "비밀번호를 재설정하려면?",
    "كيف أعيد تعيين كلمة المرور؟",
    "Πώς αλλάζω τον κωδικό;",
    "Does https://help.example/sso work?",
    "is it this one (https://help.example/sso)?",
    "¿Mi contraseña?",
]
UNMARKED = [
    "how do I reset it",
    "Wie lange dauert das",
    "und warum geht das auf Android nicht",
    "Hallo zusammen, wo finde ich mein Passwort",
    "Was kostet das",
    "Comment réinitialiser mon mot de passe",
    "Bonjour, est-ce que je peux changer de compte",
    "Cómo restablezco mi contraseña",
    "Come reimposto la password",
    "Como redefino minha senha",
    "Hoe reset ik mijn wachtwoord",
    "Как сбросить пароль",
    "كيف أعيد تعيين كلمة المرور",
    "如何重置密码",
    "这样可以吗",
    "パスワードの変更方法を教えてください",
    "비밀번호를 어떻게 재설정하나요",
    "รีเซ็ตรหัสผ่านยังไง",
]
CHATTER = [
    "thanks",
    "thanks?",
    "ok?",
    ":tada:",
    ":question:",
    "???",
    "lunch?",
    "anyone?",
    "no problem?",
    "Vielen Dank!",
    "danke?",
    "Danke, hat geklappt",
    "Mittagessen?",
    "Wie geht's?",
    "Merci beaucoup !",
    "Ça va ?",
    "Muchas gracias por la ayuda",
    "¿Qué tal?",
    "Grazie mille",
    "Muito obrigado!",
    "Dank je wel",
    "Спасибо большое!",
    "شكراً جزيلاً",
    "谢谢",
    "谢谢大家！",
    "好的，收到？",
    "你好吗？",
    "ありがとうございます！",
    "お疲れ様です",
    "元気ですか？",
    "감사합니다!",
    "ㅋㅋㅋ",
]
Form = Literal["NFC", "NFD"]
GREETING = [
    "hi",
    "Hallo zusammen!",
    "Guten Morgen",
    "Bonjour à tous",
    "hola",
    "Bom dia",
    "Ciao a tutti",
    "hoi",
    "Привет",
    "السلام عليكم",
    "你好",
    "大家好！",
    "こんにちは",
    "안녕하세요",
]
SAID = [
    "42?",
    "We released 1.2 today",
    "Heute ist Release 1.2",
    "Wie besprochen, das Treffen ist um drei",
    "Was out yesterday, back now",
    "Come on, it is Friday",
    "Comment on the draft please",
    "Nous avons livré la version",
    "今天发布了1.2版本",
    "本日リリースしました",
    "https://help.example/?q=1",
    "look at https://help.example/?q=1",
]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("text", [*MARKED, *UNMARKED])
def test_a_question_is_one_in_any_language(text: str, form: Form) -> None:
    assert is_question(normalize(form, text))
    assert not is_chatter(text)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("text", [*CHATTER, *GREETING])
def test_chatter_is_chatter_in_any_language(text: str, form: Form) -> None:
    assert is_chatter(normalize(form, text))
    assert not is_question(normalize(form, text))


@pytest.mark.parametrize("text", SAID)
def test_what_asks_nothing_is_left_alone_though_it_is_no_chatter(text: str) -> None:
    assert not is_question(text)
    assert not is_chatter(text)


@pytest.mark.parametrize("text", GREETING)
def test_a_greeting_is_known_in_any_language(text: str) -> None:
    assert is_greeting(text)


@pytest.mark.parametrize("text", [*CHATTER, *MARKED, *UNMARKED])
def test_what_is_no_greeting_is_not_greeted(text: str) -> None:
    assert not is_greeting(text)


@pytest.mark.parametrize("text", ["", "İ", "BOM DİA", "buenoſ días", "\u0301", "？", "¿", "👍🏽", "'", ";"])
def test_whatever_is_written_is_read(text: str) -> None:
    assert not is_question(text)
