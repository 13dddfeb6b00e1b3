"""Statements become a text whose numbers lead to their sources."""

import pytest

from rag_core.citing import Composer, nearest
from rag_core.domain import Statement, Support
from tests.making import passage


def said(text: str, *passages: int) -> Statement:
    return Statement(text, tuple(Support(each, f"quote {each}") for each in passages))


@pytest.mark.parametrize(
    ("statements", "text"),
    [
        ([said("One.", 0), said("Two.", 0), said("Three.", 1)], "One. [1] Two. [1]\n\nThree. [2]"),
        ([said("Two.", 1), said("One.", 0)], "Two. [1]\n\nOne. [2]"),
        ([said("Both.", 1, 0)], "Both. [1] [2]"),
        ([said("One.", 0), said("- a\n- b", 0), said("Two.", 1)], "One. [1]\n\n- a\n- b [1]\n\nTwo. [2]"),
        ([said("To do it:\n\n1. a\n2. b", 0)], "To do it: [1]\n\n1. a\n2. b"),
        ([said("- a", 0), said("1. b", 0)], "- a [1]\n\n1. b [1]"),
        ([said("1. a\n   - b\n     c", 0)], "1. a\n   - b\n     c [1]"),
        ([said("    a\n    b", 0)], "    a\n    b\n\n[1]"),
        ([said("Run:\n\n    a", 0)], "Run:\n\n    a\n\n[1]"),
        ([said("~~~\n\na\n~~~", 0)], "~~~\n\na\n~~~\n\n[1]"),
        ([], ""),
    ],
)
def test_statements_are_joined_with_the_numbers_of_their_sources(statements: list[Statement], text: str) -> None:
    composer = Composer([passage("a", "first"), passage("b", "second")])
    assert "".join(composer.add(statement) for statement in statements) == text


def test_passages_of_one_place_are_one_source_with_all_its_quotes() -> None:
    composer = Composer([passage("a", "page", "Head"), passage("b", "page", "Head"), passage("c", "page", "Other")])
    for number in (0, 1, 0, 2):
        composer.add(said("Yes.", number))
    assert [(each.url, each.quote) for each in composer.citations] == [
        ("https://help.example/page#head", "quote 0 quote 1"),
        ("https://help.example/page#other", "quote 2"),
    ]


def test_the_nearest_pages_are_named_once() -> None:
    found = nearest([passage("a", name) for name in ("x", "y", "x", "z", "w")])
    assert [each.document_id for each in found] == ["x", "y", "z"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Pay [2] soon [7][8].", r"Pay \[2\] soon \[7\]\[8\]. [1]"),
        (r"Pay \[2\] or \[3] soon.", r"Pay \[2\] or \[3\] soon. [1]"),
        ("[2](not a link) and [2]: so.", r"\[2\](not a link) and \[2\]: so. [1]"),
        ("Use `a[2]` or ``b[`3`]``, not a[4].", r"Use `a[2]` or ``b[`3`]``, not a\[4\]. [1]"),
        ("See [2](https://help.example/2).", "See [2](https://help.example/2). [1]"),
        ("Run:\n\n~~~~\na[2]\n~~~\nb[3]\n~~~~", "Run: [1]\n\n~~~~\na[2]\n~~~\nb[3]\n~~~~"),
        ("```\na[2]\n```\nb[3]", "```\na[2]\n```\nb\\[3\\] [1]"),
    ],
)
def test_a_number_in_brackets_that_the_model_wrote_is_no_mark(text: str, shown: str) -> None:
    assert Composer([passage("a")]).add(said(text, 0)) == shown
