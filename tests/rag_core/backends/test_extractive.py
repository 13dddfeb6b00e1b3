"""The extractive answer model writes nothing that does not stand in a passage."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from rag_core.backends.extractive import EMBEDDED, LONGEST_EMBEDDED, ExtractiveAnswerModel
from rag_core.domain import Draft, Passage, Support, Vector
from rag_core.markup import plain_text
from tests.fakes.embedder import HashingEmbedder
from tests.making import passage, question


def draft(text: str, *passages: Passage, previous: str | None = None) -> Draft:
    return ExtractiveAnswerModel().draft(question(text, previous=previous), passages)


def texts(found: Draft) -> list[str]:
    return [statement.text for statement in found.statements]


def test_it_takes_the_sentence_that_answers() -> None:
    filler = "The barn was " + "painted red and " * 18 + "sold. "
    long = filler + "Refunds take thirty days. " + filler
    found = draft("How long do refunds take?", passage(long, "refunds"))
    assert texts(found) == ["Refunds take thirty days."]
    assert found.statements[0].supports == (Support(0, "Refunds take thirty days."),)


def test_every_statement_has_its_own_support() -> None:
    found = draft(
        "refund days and fee",
        passage("Refunds take thirty days.", "refunds"),
        passage("The refund fee is 2 EUR.", "fees", score=0.9),
    )
    assert [s.supports[0].passage for s in found.statements] == [0, 1]


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


def test_empty_cells_keep_their_columns() -> None:
    source = "| Plan | Growth | Pro |\n|---|---|---|\n| | x | y |\n| z | | |\n| x |\n| y \\|"
    (table,) = draft("x y z", passage(source)).statements
    assert table.text.splitlines()[2:] == ["|  | x | y |", "| z |  |  |", "| x |  |  |", "| y \\| |  |  |"]


def test_a_long_list_says_how_much_is_missing() -> None:
    (statement,) = draft("list of roles", passage("\n".join(f"- role {n}" for n in range(20)))).statements
    assert statement.text.endswith("- … and 8 more")


def test_a_pointer_is_a_poor_answer() -> None:
    found = draft(
        "warm up an IP",
        passage("For more information on how to warm up an IP, see Warm up an IP.", "pointer"),
        passage("An IP is warmed up by sending little at first.", "guide", score=0.8),
    )
    assert found.statements[0].supports[0].passage == 1


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
    assert found.statements[0].supports[0].passage == 1


def test_the_best_place_is_shown_first_and_as_it_stands_there() -> None:
    rules = "Only an Owner pays. " + "The invoice names the company and its address. " * 5
    how = "To change the card:\n\n1. Open Billing.\n2. Click Change card."
    found = draft(
        "How do I change the credit card?",
        passage(rules, "rules", "Cards", score=0.9),
        passage(how, "how", "Change the credit card", score=0.9),
    )
    assert found.statements[0].supports[0].passage == 1


def test_steps_without_a_lead_are_known_by_their_heading() -> None:
    replace = "1. Delete the key.\n2. Next, create an API key.\n3. Replace the key."
    create = "1. Open Settings.\n2. Click New.\n3. Copy what you see."
    found = draft(
        "How do I create an API key?",
        passage(replace, "api", "Replacing an API key"),
        passage(create, "api", "Create an API key"),
    )
    assert found.statements[0].text == create


def test_steps_go_before_prose_for_who_asks_how_and_numbers_for_who_asks_how_many() -> None:
    prose = "Teammates are people whom you add to the account to share the work among them."
    steps = "Add teammates to the account:\n\n1. Open Settings.\n2. Click Add."
    number = "Up to 1000 teammates share an account."
    passages = [passage(each, f"p{n}") for n, each in enumerate((prose, steps, number))]
    assert texts(draft("How do I add teammates to the account?", *passages))[0] == steps
    assert texts(draft("How many teammates can I add to the account?", *passages))[0] == number


def test_a_definition_goes_first_for_who_asks_what_it_is() -> None:
    use = "You can compare up to ten subusers by clicking the plus sign beside each name."
    what = "Subusers are accounts that belong to a parent account, with their own limits."
    assert texts(draft("What is a subuser?", passage(use, "u"), passage(what, "w")))[0] == what


def test_lists_of_links_and_what_stands_below_next_steps_are_poor_answers() -> None:
    links = "- [Verify a domain](a)\n- [Verify a domain later](b)"
    steps = "Now that the domain is there, go on with how to verify it in the guide of the domain."
    answer = "Click Verify beside the domain."
    for poor in (passage(links, "l"), passage(steps, "n", "Next steps")):
        assert texts(draft("verify a domain", poor, passage(answer, "a")))[0] == answer


@pytest.mark.parametrize("lead", ["Example output:", "It responds with:", "A sample:"])
def test_example_output_is_a_poor_answer(lead: str) -> None:
    sample = f'{lead}\n\n```json\n{{"refund": "days"}}\n```'
    assert texts(draft("refund days", passage(sample, "s"), passage("A refund takes some days.", "r")))[0] == (
        "A refund takes some days."
    )


def test_lists_in_lists_are_shown_as_they_are() -> None:
    source = "1. Open **Settings**:\n   - as an *Owner*\n     1. or so\n   - as an Admin\n\n2. Click."
    assert texts(draft("settings", passage(source))) == [
        "1. Open Settings:\n   - as an Owner\n     1. or so\n   - as an Admin\n2. Click."
    ]


def test_steps_that_a_picture_stands_between_are_one_list() -> None:
    found = draft("steps open click", passage("1. Open it.\n\n![A page](p.png)\n\n2. Click it."))
    assert texts(found) == ["1. Open it.\n2. Click it."]


def test_a_remark_between_two_steps_is_part_of_the_first() -> None:
    source = (
        "1. Open it.\n\n<call-out>\n\nIt takes a while.\n\n</call-out>\n\n2. Click it.\n\nThat is all of the steps."
    )
    assert texts(draft("steps open click", passage(source)))[0] == "1. Open it. It takes a while.\n2. Click it."


@pytest.mark.parametrize("between", ["Long. " * 100, "```\ncode\n```", "| a |\n|---|\n| b |"])
def test_what_is_more_than_a_remark_stands_between_two_lists(between: str) -> None:
    found = draft("steps open click", passage(f"1. Open it.\n\n{between}\n\n2. Click it."))
    assert {"1. Open it.", "2. Click it."} <= set(texts(found))


def test_of_a_wide_table_the_columns_that_are_asked_for() -> None:
    plans = "| | Free | Growth | Scale |\n|---|---|---|---|\n| Price | 0 | 79 | 349 |"
    assert texts(draft("price of Growth", passage(plans))) == ["|  | Growth |\n| --- | --- |\n| Price | 79 |"]
    assert "349" in texts(draft("price of each", passage(plans)))[0]
    narrow = "| Error | Message | Meaning |\n|---|---|---|\n| 451 | Later | The server failed |"
    assert "server" in texts(draft("error message 451", passage(narrow)))[0]


def test_of_a_long_table_the_row_with_the_rarest_word() -> None:
    rows = "\n".join(f"| {n} | an error means it failed |" for n in range(440, 460))
    (statement,) = draft("What does error 450 mean?", passage(f"| Code | Text |\n|---|---|\n{rows}")).statements
    assert statement.text.splitlines()[2:] == ["| 450 | an error means it failed |"]


def test_what_two_chunks_repeat_is_quoted_once() -> None:
    first = passage(f"{'The barn is red. ' * 18}\n\nRefunds take thirty days.", "r")
    again = replace(first.chunk, ordinal=1, text="Refunds take thirty days.\n\nFees stay.", overlap=27)
    assert sum("thirty" in each for each in texts(draft("refunds take days", first, replace(first, chunk=again)))) == 1
    alone = replace(again, ordinal=7)
    assert "thirty" in texts(draft("refunds take days", replace(first, chunk=alone)))[0]


def test_a_follow_up_is_answered_by_what_is_new_in_it() -> None:
    add = passage("To add a teammate to the account, open Settings and invite the teammate.", "add")
    limit = passage("The Pro plan allows 1000 of them in an account.", "limit", score=0.9)
    asked = "How do I add a teammate to the account?"
    for model in (ExtractiveAnswerModel(), ExtractiveAnswerModel(HashingEmbedder())):
        assert texts(model.draft(question(asked), [add, limit]))[0].startswith("To add")
        followed = model.draft(question("Which does the Pro plan allow?", previous=asked), [add, limit])
        assert followed.statements[0].supports[0].passage == 1


def test_a_follow_up_does_not_repeat_the_answer_before_it() -> None:
    asked = "How do I verify a domain?"
    verify = passage("To verify a domain, add five records and click Verify.", "verify", "Verify a domain")
    after = passage("A domain that lost its records is pending again.", "lost", "A verified domain is lost", score=0.9)
    for model in (ExtractiveAnswerModel(), ExtractiveAnswerModel(HashingEmbedder())):

        def first(text: str, previous: str | None = None, *, of: Sequence[Passage], by: Any = model) -> int:
            chosen = by.draft(question(text, previous=previous), of).statements[0]
            return int(chosen.supports[0].passage)

        assert first(asked, of=[verify, after]) == 0
        assert first("What if it fails?", asked, of=[verify, after]) == 1
        assert first("What do I click on?", asked, of=[verify, after]) == 0
        assert first("How do I verify that?", asked, of=[verify, after]) == 0
        assert first("What if it fails?", asked, of=[verify]) == 0


def test_quotes_come_of_two_places_and_of_more_for_who_wants_detail() -> None:
    said = ("is paid to the card", "of a gift comes as a voucher", "waits for the bank", "of a year is checked by hand")
    places = [passage(f"A refund {each} within {n} days.", f"p{n}") for n, each in enumerate(said, 4)]

    def places_of(wish: str) -> int:
        asked = replace(question("How many days does a refund take?"), instruction=wish)
        return len({each.supports[0].passage for each in ExtractiveAnswerModel().draft(asked, places).statements})

    assert (places_of(""), places_of("More detail") > 2) == (2, True)


def test_few_texts_are_embedded_and_each_question_once() -> None:
    class Counting(HashingEmbedder):
        questions, passages = 0, 0

        def embed_question(self, text: str, **options: Any) -> Vector:
            self.questions += 1
            return super().embed_question(text, **options)

        def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
            self.passages += len(texts)
            assert max(map(len, texts)) <= LONGEST_EMBEDDED
            return [super(Counting, self).embed_question(text) for text in texts]

    embedder = Counting()
    long = "\n\n".join(f"Refund number {n} takes {'very ' * 70} long." for n in range(30))
    ExtractiveAnswerModel(embedder).draft(question("And the refund?", previous="refund days"), [passage(long)])
    assert (embedder.questions, embedder.passages) == (3, EMBEDDED)


def test_what_was_written_as_the_answer_is_the_answer() -> None:
    found = draft(
        "How long are opens and clicks stored?",
        passage("Single events are kept for 3 days.", "faq", "How long are opens and clicks stored?"),
        passage("1. Open Settings. A red bar shows opens and clicks.\n2. Click Pay now.", "bill", "Pay", score=0.9),
    )
    assert [statement.text for statement in found.statements] == ["Single events are kept for 3 days."]


SEVERAL = [
    passage("Refunds take thirty days.\n\nA refund goes to the card that was charged.", "refunds"),
    passage("A refund of a gift takes forty days.", "gifts", score=0.9),
    passage("Ask for a refund within ten days of the purchase.", "asking", score=0.8),
]


def wished(instruction: str) -> Draft:
    asked = replace(question("How many days do refunds take?"), instruction=instruction)
    return ExtractiveAnswerModel().draft(asked, SEVERAL)


def length(found: Draft) -> int:
    return sum(map(len, texts(found)))


def test_shorter_is_less_of_the_same_and_more_detail_is_more() -> None:
    plain, brief, full = wished(""), wished("Shorter"), wished("More detail")
    assert 0 < length(brief) < length(plain) <= length(full)
    assert texts(brief)[0].split(".")[0] in texts(plain)[0]
    assert not any(each.unheeded for each in (plain, brief, full))
    assert wished("Shorter. More detail").statements == full.statements
    assert wished("please make it a bit shorter").statements == brief.statements


@pytest.mark.parametrize(
    "instruction", ["Friendlier", "Shorter. Friendlier", "in French", "Say that refunds take one day"]
)
def test_of_a_wish_it_cannot_follow_it_says_so(instruction: str) -> None:
    found = wished(instruction)
    assert found.unheeded
    assert all(statement.supports for statement in found.statements)


def test_a_wish_that_was_followed_in_part_shows() -> None:
    assert wished("Shorter. Friendlier").statements == wished("Shorter").statements
