"""The extractive answer model writes nothing that does not stand in a passage."""

import pytest

from rag_core.backends.extractive import ExtractiveAnswerModel
from rag_core.domain import Draft, Passage
from rag_core.markup import plain_text
from tests.fakes.embedder import HashingEmbedder
from tests.making import passage, question


def draft(text: str, *passages: Passage) -> Draft:
    return ExtractiveAnswerModel().draft(question(text), passages)


def test_it_takes_the_sentence_that_answers() -> None:
    filler = "The barn was " + "painted red and " * 18 + "sold. "
    long = filler + "Refunds take thirty days. " + filler
    found = draft("How long do refunds take?", passage(long, "refunds"))
    assert [statement.text for statement in found.statements] == ["Refunds take thirty days."]
    assert found.citations[0].document_id == "refunds"
    assert found.citations[0].quote == "Refunds take thirty days."


def test_every_statement_has_its_own_citation() -> None:
    found = draft(
        "refund days and fee",
        passage("Refunds take thirty days.", "refunds"),
        passage("The refund fee is 2 EUR.", "fees", score=0.9),
    )
    assert [found.citations[s.citation].document_id for s in found.statements] == ["refunds", "fees"]


def test_words_are_the_passages_own() -> None:
    source = "Set `sendAt` to a **Unix** time, see [the API](https://x.example).\n\n- one\n- two"
    source += "\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    for statement in draft("sendAt one two a b", passage(source)).statements:
        for line in plain_text(statement.text).split():
            assert line in plain_text(source)


def test_steps_come_whole_and_with_the_line_that_leads_to_them() -> None:
    source = "To verify a domain:\n\n1. Open **Settings**.\n2. Add the `TXT` record.\n3. Click Verify."
    (statement,) = draft("How do I verify a domain?", passage(source)).statements
    assert statement.text == "To verify a domain:\n\n1. Open Settings.\n2. Add the `TXT` record.\n3. Click Verify."


def test_of_a_long_table_the_rows_that_matter() -> None:
    rows = "\n".join(f"| feature {n} | {n} |" for n in range(10))
    (statement,) = draft(
        "how many contacts", passage(f"| What | Growth |\n|---|---|\n{rows}\n| Contacts | 50,000 |")
    ).statements
    assert statement.text == "| What | Growth |\n| --- | --- |\n| Contacts | 50,000 |"


def test_steps_keep_their_numbers_and_cells_their_bars() -> None:
    (steps,) = draft("steps open click", passage("5. Open it.\n6. Click it.")).statements
    assert steps.text == "5. Open it.\n6. Click it."
    (table,) = draft("x z", passage("| a | b |\n|---|---|\n| x \\| y | z |")).statements
    assert table.text.splitlines()[-1] == "| x \\| y | z |"


def test_a_long_list_says_how_much_is_missing() -> None:
    (statement,) = draft("list of roles", passage("\n".join(f"- role {n}" for n in range(20)))).statements
    assert statement.text.endswith("- … and 8 more")


def test_a_pointer_is_a_poor_answer() -> None:
    found = draft(
        "warm up an IP",
        passage("For more information on how to warm up an IP, see Warm up an IP.", "pointer"),
        passage("An IP is warmed up by sending little at first.", "guide", score=0.8),
    )
    assert found.citations[0].document_id == "guide"


def test_pictures_and_raw_tags_never_get_through() -> None:
    hostile = "Refunds ![s](https://attacker.example/p.png?d=1) take <img src=x onerror=alert(1)> thirty days."
    (statement,) = draft("How long do refunds take?", passage(hostile)).statements
    assert "attacker" not in statement.text
    assert "<img" not in statement.text


@pytest.mark.parametrize("text", ["", "---", "```\n```", "| a |\n|---|", "- ", "<br>", "> "])
def test_odd_passages_are_survived(text: str) -> None:
    assert isinstance(draft("anything at all", passage(text)), Draft)


def test_with_an_embedder_the_same_words_win() -> None:
    model = ExtractiveAnswerModel(HashingEmbedder())
    found = model.draft(
        question("refund days"), [passage("Our barn is red and old."), passage("Refund in thirty days.", "r")]
    )
    assert found.citations[0].document_id == "r"
