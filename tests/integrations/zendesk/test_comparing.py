"""What became of a draft."""

import time
from itertools import pairwise

import pytest

from integrations.zendesk.comparing import compared
from rag_core.domain import Use
from tests.shared import DEMO

DRAFT = (
    "Larkpost pays refunds to the original payment method. Cards take 5 to 10 business days and SEPA takes 3 business "
    "days. Refunds cannot be paid to another card or account. Only the owner of the account can ask for a refund."
)
EDITED = DRAFT.replace("Refunds cannot be paid to another card or account.", "We will see to it today, I promise you.")


@pytest.mark.parametrize(
    ("sent", "use"),
    [
        (DRAFT, Use.AS_IS),
        (DRAFT.upper().replace(" ", "  \n"), Use.AS_IS),
        (f"Hello Ann,\n\nthank you for your message.\n\n{DRAFT}\n\nBest regards\nBob\nLarkpost Support", Use.AS_IS),
        (EDITED, Use.EDITED),
        (DRAFT.split(". ", maxsplit=1)[0] + ". " + DRAFT.split(". ")[1] + ".", Use.EDITED),
        (f"{DRAFT} {'And there is another thing that you should know about your plan. ' * 4}", Use.EDITED),
        ("Please give us a call, we will find out what happened to your payment and to your account.", Use.UNUSED),
        ("", Use.UNUSED),
    ],
)
def test_use(sent: str, use: Use) -> None:
    assert compared(DRAFT, sent)[0] is use


def test_the_share_that_was_kept() -> None:
    assert compared(DRAFT, DRAFT)[1] == 1.0
    assert 0.7 < compared(DRAFT, EDITED)[1] < 0.85
    assert compared(DRAFT, "Hello there.")[1] == 0.0


def test_a_draft_of_few_words_is_compared_as_a_whole() -> None:
    assert compared("Yes, it does.", "Hi Ann, yes it does. Bob") == (Use.AS_IS, 1.0)
    assert compared("Yes, it does.", "No, it does not.")[0] is Use.UNUSED


def test_two_pages_about_other_things_are_not_taken_for_one_another() -> None:
    pages = [path.read_text("utf-8") for path in sorted((DEMO / "help-center" / "deliverability").glob("*.md"))]
    assert {compared(one[:1_500], other[:1_500])[0] for one, other in pairwise(pages)} == {Use.UNUSED}


def test_two_long_texts_of_one_word_cost_no_time() -> None:
    begun = time.process_time()
    compared("the " * 3_000, "the " * 9_000)
    assert time.process_time() - begun < 20
