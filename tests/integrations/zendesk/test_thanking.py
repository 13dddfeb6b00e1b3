"""Which comments are no more than thanks."""

import pytest

from integrations.zendesk.thanking import is_thanks

NAMES = ("Ada Lovelace", "Grace Hopper")


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "Ok thank you, have a nice day",
        "Perfect, that works now. Thanks a lot for the quick help, Grace!\n\nAda Lovelace",
        "Vielen Dank für die schnelle Antwort, jetzt klappt alles. Viele Grüße, Ada",
        "Merci beaucoup, c'est parfait.",
        "¡Muchas gracias!",
        "Grazie mille per l'aiuto",
        "Bedankt voor de snelle hulp",
    ],
)
def test_thanks_are_known(text: str) -> None:
    assert is_thanks(text, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "👍",
        "ok",
        "It works now.",
        "Thanks! And how do I export my data?",
        "Thanks, but it still does not work",
        "Thanks, is that all?",
        "Thank you. The invoice is missing.",
        "Thanks 4711",
        "Danke, aber es geht nicht",
        "Thanks " + "very " * 40,
        "Thanks, Bertrand",
    ],
)
def test_what_may_be_more_is_not(text: str) -> None:
    assert not is_thanks(text, NAMES)
