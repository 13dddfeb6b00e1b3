import pytest

from rag_core.analyzing import terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How do I verify my domains?", {"verifi", "domain"}),
        ("sendAt", {"sendat", "send"}),
        ("send_at", {"sendat", "send"}),
        ("api/v3/mail_send", {"apiv3mailsend", "api", "v3", "mail", "send"}),
        ("LP-4021", {"lp4021", "lp", "4021"}),
        ("e-mail", {"email", "mail"}),
        ("ＤＫＩＭ", {"dkim"}),
        ("re\u200bfund", {"refund"}),
        ("isn't", set()),
        ("DKIMを設定する", {"dkim", "を設", "設定", "定す"}),
        ("如何重置密码", {"如何", "何重", "重置", "置密", "密码"}),
        ("the customer's invoices", {"custom", "invoic"}),
    ],
)
def test_words_are_stemmed_and_identifiers_also_split(text: str, expected: set[str]) -> None:
    assert set(terms(text)) == expected


def test_one_spelling_of_an_identifier_finds_the_other() -> None:
    assert terms("sendAt")[0] == terms("send_at")[0] == terms("send-at")[0]


def test_data_is_no_word() -> None:
    assert terms("x" * 65) == []
