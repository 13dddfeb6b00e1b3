"""A streamed reply becomes statements, none before its source."""

import random
from collections.abc import Iterable, Iterator, Sequence

import pytest

from rag_core.assembling import Assembler
from rag_core.citing import Composer
from rag_core.domain import Statement
from tests.making import passage

PASSAGES = [
    passage("Refunds take thirty days. Ask billing for one.", "refunds"),
    passage("Call the API:\n\n```sh\ncurl https://api.example/v3/send\n```", "api"),
]
Part = str | tuple[str, int]  # text, and the passage it cites


def streamed(parts: Iterable[Part], order: str, sizes: Sequence[int] = ()) -> Iterator[tuple[str, Statement]]:
    """The statements, each with the text that had been sent when it came; `order` of text and citation in a block."""
    assembler, sent, steps = Assembler(PASSAGES), "", iter(sizes)
    for part in parts:
        text, cited = (part, None) if isinstance(part, str) else part
        if cited is not None and order == "before":
            yield from ((sent, each) for each in assembler.cite(cited, "quote"))
        while text:
            size = next(steps, 5)
            piece, text = text[:size], text[size:]
            sent += piece
            yield from ((sent, each) for each in assembler.text(piece))
        if cited is not None and order == "after":
            yield from ((sent, each) for each in assembler.cite(cited, "quote"))
        yield from ((sent, each) for each in assembler.close())
    yield from ((sent, each) for each in assembler.end(complete=True))


def shown(parts: Iterable[Part], order: str = "before", sizes: Sequence[int] = ()) -> str:
    composer = Composer(PASSAGES)
    return "".join(composer.add(statement) for _, statement in streamed(parts, order, sizes))


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([("It takes thirty days.", 0)], "It takes thirty days. [1]"),
        ([("It takes thirty days", 0), "."], "It takes thirty days. [1]"),
        ([("One. Two.", 0), " ", ("Three.", 1)], "One. [1] Two. [1] Three. [2]"),
        ([("One thing", 0), " and ", ("another.", 1)], "One thing and another. [1] [2]"),
        (["To get one:\n\n", ("1. Ask billing.\n2. Wait.", 0)], "To get one:\n\n1. Ask billing. [1]\n2. Wait. [1]"),
        (["Sure! I can help. ", ("Thirty days.", 0), " Have a nice day!"], "Thirty days. [1]"),
        (["Refunds take **thirty** days."], "Refunds take **thirty** days. [1]"),
        (["Refunds take three days."], ""),
        (["I don't know."], ""),
        ([("Use e.g. the API, version 2.0 or so.", 1)], "Use e.g. the API, version 2.0 or so. [1]"),
        (
            [("Call it:", 1), "\n\n```sh\ncurl https://api.example/v3/send\n```\n"],
            "Call it: [1]\n\n```sh\ncurl https://api.example/v3/send\n```\n\n[1]",
        ),
        ([("Call it.", 1), "\n\n```sh\ncurl https://evil.example/\n```\n"], "Call it. [1]"),
        (
            [("| a | b |\n|---|---|\n| 1 | 2 |\n", 0), "\n", ("So it is.", 0)],
            "| a | b |\n|---|---|\n| 1 | 2 |\n\n[1]\n\nSo it is. [1]",
        ),
        (["## Refunds\n\n", ("Thirty days.", 0)], "## Refunds\n\nThirty days. [1]"),
        ([("Das dauert 30 Tage. Fragen Sie nach.", 0)], "Das dauert 30 Tage. [1] Fragen Sie nach. [1]"),
        ([("Forty days.", 7)], ""),
        ([], ""),
    ],
)
def test_what_is_shown(parts: list[Part], text: str, order: str) -> None:
    assert shown(parts, order) == text


def test_however_the_text_is_cut_into_tokens_the_statements_are_the_same() -> None:
    parts: list[Part] = [
        "# Refunds\n\nTo get one:\n\n",
        ("1. Ask billing, e.g. by mail. They answer (soon).\n2. Wait 30.5 days", 0),
        ".\n\n",
        ("Call 2.0:", 1),
        "\n```sh\ncurl https://api.example/v3/send\n```\n\nGood luck! ",
        ("| a |\n|---|\n| 1. |\n", 0),
        ("That is all.", 1),
    ]
    chance = random.Random(5)  # noqa: S311
    expected = shown(parts, "before", [1_000] * 20)
    assert expected.count("[1]") >= 4
    for order in ("before", "after"):
        for _ in range(200):
            assert shown(parts, order, [chance.randint(1, 9) for _ in range(300)]) == expected


def test_a_sentence_comes_as_soon_as_the_next_begins() -> None:
    came = list(streamed([("It takes thirty days. Ask billing for more. Then wait.", 0)], "before", [1] * 99))
    assert [sent[len("It takes thirty days.") :] for sent, _ in came[:1]] == [" A"]


def test_nothing_comes_before_its_citation() -> None:
    assembler = Assembler(PASSAGES)
    assert list(assembler.text("It takes thirty days. Ask billing. Yes")) == []
    assert [each.text for each in assembler.cite(0)] == ["It takes thirty days.", "Ask billing."]
    assert [each.text for each in assembler.end(complete=False)] == []
    assert assembler.left_out == len("Yes")
