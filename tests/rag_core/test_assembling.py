"""A streamed reply becomes statements, none before its source."""

import random
import re
from collections.abc import Iterable, Iterator, Sequence

import pyromark
import pytest

from rag_core.assembling import Assembler
from rag_core.citing import Composer
from rag_core.domain import Statement
from rag_core.markup import OPTIONS
from tests.making import passage

PASSAGES = [
    passage("Refunds take thirty days. Ask billing for one.", "refunds"),
    passage("Call the API:\n\n```sh\ncurl https://api.example/v3/send\n```", "api"),
]
Part = str | tuple[str, int]  # text, and the passage it cites


def streamed(
    parts: Iterable[Part], order: str, sizes: Sequence[int] = (), assembler: Assembler | None = None
) -> Iterator[tuple[str, Statement]]:
    """The statements, each with the text that had been sent when it came; `order` of text and citation in a block."""
    assembler, sent, steps = assembler or Assembler(PASSAGES), "", iter(sizes)
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
        ([("Sorry! I don't know.", 0)], ""),
        ([("I'm sorry. Refunds take thirty days.", 0)], "Refunds take thirty days. [1]"),
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
        "\n\nPlan | Calls\n--- | ---\n",
        ("Free | 10\n", 0),
        "Pro | 99\n",
        ("\r\n- 返金は30日以内です！送料は\r\n   ~~~~\r\n   a\r\n   ~~~\r\n\r\n   b\r\n   ~~~~\r\n", 1),
        "Free for all 🎉 ",
        ("See [1] there", 1),
        "\n[not covered] Whether it costs 2.50 EUR. Or more.",
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


def said(*parts: Part, passages: Sequence[str] = (), question: str = "") -> tuple[str, Assembler]:
    given = [passage(text, str(n)) for n, text in enumerate(passages)] or PASSAGES
    assembler, composer = Assembler(given, question), Composer(given)
    text = "".join(composer.add(each) for _, each in streamed(parts, "after", (), assembler))
    return text, assembler


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Able to send from any domain.", "Unable to send from any domain without it. Unable to send from any domain."),
        ("The limit is 5", "The limit is 50 MB"),
        ("Delete the whole account.", "Never do this: delete the whole account. Ask us."),
        ("Delete the whole account.", "Never do this:\n\n- Ask us.\n- Delete the whole account."),
        ("Delete the whole account.", "Never do this:\n\nDelete the whole account."),
        ("You may:\n\nWait.\n- Delete the whole account.", "You may:\n- Delete the whole account."),
        ("delete the whole account.", "You must by no means\ndelete the whole account."),
        ("- delete the whole account", "- You must by no means\n  delete the whole account"),
        ("| Free | 10 | 20 |", "| Free | 10 | 200 |"),
        ("Free 10 Pro 20 Max", "| Free | 10 |\n| Pro | 20 |\n| Max |"),
        ("Can I delete the account?", "Can I delete the account? Yes."),
        ("```\nrm -r ./build/x\n```", "```\nrm -r ./build/x.old\n```"),
        ("```\nrm -r ./build/x\n```", "Never rm -r ./build/x\nrm -r ./build/x"),
        ("```\nfind . -name a\nrm -r ./build/x\n```", "```\nfind . -name a\ntrue\nrm -r ./build/x\n```"),
        ("```\nfind . -name a\nrm -r ./build/x\n```", "```\nfind . -name a\n```\n\n```\nrm -r ./build/x\n```"),
        ("rm -r ./build/x", "```\nrm -r ./build/x\n```"),
        ("```\nRM -R ./BUILD/X\n```", "```\nrm -r ./build/x\n```"),
    ],
)
def test_a_part_of_a_passage_is_no_source_where_the_whole_may_say_the_opposite(text: str, source: str) -> None:
    assert said(text, passages=[source])[0] == ""


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Able to send from any domain.", "Yes. Able to send\nfrom **any** domain. More."),
        ("- Delete the whole account", "1. Delete the whole account.\n2. Wait."),
        ("You may do this:\n- Delete the whole account.", "You may do this:\n\n- Ask us.\n- Delete the whole account."),
        ("返金は三十日以内に支払われます。", "返金は三十日以内に支払われます。送料は返金されません。"),
        ("```\nrm -r ./build/x\n```", "1. Run\n\n   ```sh\n   cd a\n   rm -r ./build/x\n   ```"),
        ("```\nrm -r ./build/x\n```", "Run\n\n    rm -r ./build/x\n"),
    ],
)
def test_a_whole_sentence_item_or_line_of_code_is_its_own_source(text: str, source: str) -> None:
    assert said(text, passages=[source])[0].replace("[1]", "").split() == text.split()


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (
            [
                "| Plan | Calls |\n|---|---|\n",
                ("| Free | 10 |\n", 0),
                "| Pro | 999 |\n",
                ("| Max | 600 |\n", 1),
                "\n",
                ("Done.", 0),
            ],
            "| Plan | Calls |\n|---|---|\n| Free | 10 |\n| Max | 600 |\n\n[1] [2]\n\nDone. [1]",
        ),
        (["| Free for all |\n| Really |\n", ("| 1 |\n", 0)], "| 1 |\n\n[1]"),
        ([("Run:\n\n````\nrm x\n````\n\n", 0), "Get $500 for free."], "Run: [1]\n\n````\nrm x\n````\n\n[1]"),
        ([("~~~~\nrm x\n~~~\n~~~~\n\n", 0), "Get $500 for free."], "~~~~\nrm x\n~~~\n~~~~\n\n[1]"),
        ([("```\nrm x\n", 0), "\nGet $500 for free."], ""),
        (["```sh\n", ("rm x\n", 0), "```\n"], "```sh\nrm x\n```\n\n[1]"),
        ([("```sh\nrm x\n", 0), "rm y\n```\n"], ""),
        ([("It takes thirty days", 0), ", and everyone gets five for free."], ""),
        ([("It takes thirty days", 0), " or not."], ""),
        ([("It takes ", 0), "2 days."], ""),
        (["Never do this:\n- Ask.\n", ("- Delete it.", 0)], "Never do this:\n\n- Delete it. [1]"),
        (["For those who wait: ", ("thirty days.", 0)], "For those who wait: thirty days. [1]"),
        *(
            ([f"{uncited}{gap}", ("Thirty days.", 0)], "Thirty days. [1]")
            for uncited, gap in [
                ("Everyone gets it for free 🎉", " "),
                ("Everyone gets it for free ❤️", " "),
                ("Everyone gets it for free…", " "),
                ("Everyone gets it for free", "\n"),
                ("全員に無料の一年があります！", ""),
                ("全員に無料の一年がありますか？", ""),
                ("「全員に無料の一年があります。」", ""),
                ("सबको एक मुफ्त साल मिलता है।", " "),
                ("آپ کو مفت سال ملے گا۔", " "),
                ("تحصل على سنة مجانية؟", " "),
                ("تحصل على سنة مجانية؟", ""),
                ("Everyone pays 2.", " "),
            ]
        ),
        (["Everyone gets it for free ", ("Thirty days.", 0)], ""),
        (["ทุกคนได้รับฟรีหนึ่งปี", (" คืนเงินภายใน", 0)], ""),
        (["全員無料で", ("返金は30日以内です。", 0)], ""),
        ([("返金です！送料です？終。", 0)], "返金です！ [1] 送料です？ [1] 終。 [1]"),
    ],
)
def test_no_part_passes_on_the_source_of_another(parts: list[Part], text: str) -> None:
    assert said(*parts)[0] == text


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize(
    "text", ["The fee is 2.", "The fee is 2", "Ask billing for", "| a |\n|---|\n| 2", "```\nrm -r"]
)
def test_of_a_reply_that_was_cut_off_nothing_unfinished_is_shown(text: str, closed: bool) -> None:
    assembler = Assembler(PASSAGES)
    shown = [*assembler.cite(0), *assembler.text(f"Thirty days.\n\n{text}")]
    shown += assembler.close() if closed else ()
    shown += assembler.end(complete=False)
    assert [each.text for each in shown] == ["Thirty days."]
    assert assembler.left_out == len(text)


def test_an_open_block_is_not_closed_by_the_cut() -> None:
    assembler = Assembler(PASSAGES)
    assert [*assembler.cite(0), *assembler.text("See Node."), *assembler.end(complete=False)] == []


def test_a_number_may_go_on_in_the_next_block() -> None:
    assert said(("The fee is 2.", 0), ("50 EUR.", 0))[0] == "The fee is 2.50 EUR. [1]"


STEPS: list[Part] = [("1. Open it.\n", 0), ("2. Save it.\n", 0), ("3. Done.", 0)]


@pytest.mark.parametrize(
    ("parts", "counts"),
    [
        (["To do so:\n", *STEPS], {"ol": 1, "li": 3}),
        (["To do so:\n\n", *STEPS], {"ol": 1, "li": 3}),
        ([("To do so:\n", 0), *STEPS], {"ol": 1, "li": 3}),
        ([("To do so:\n", 0), "1. Get $5.\n", *STEPS[1:]], {"ol": 1, "li": 2}),
        ([("- Fast\n- Cheap\n- Good", 0)], {"ul": 1, "li": 3}),
        ([("* Fast\n", 0), ("* Cheap\n", 1), "\n", ("That is all.", 0)], {"ul": 1, "li": 2, "p": 1}),
        ([("1. Open:\n   - a b\n   - c d\n2. Save.", 0)], {"ol": 1, "ul": 1, "li": 4}),
        ([("1. Open.\n  - a b\n  - c d\n2. Save.", 0)], {"ol": 1, "ul": 1, "li": 4}),
        ([("- Open.\n    - a b\n    - c d\n        - e f\n    - g h\n- Save.", 0)], {"ul": 3, "li": 6, "code": 0}),
        ([("1. Open.\n   - a b\n\n   So it is.\n2. Save.", 0)], {"ol": 1, "ul": 1, "li": 3}),
        ([("1. Open:\n", 0), ("   - a b\n", 0), ("   - c d\n", 0), ("2. Save.", 0)], {"ol": 1, "ul": 1, "li": 4}),
        (["1. Open:\n", ("   - a b\n   - c d\n2. Save.", 0)], {"ol": 1, "ul": 1, "li": 4}),
        (
            [("1. See. Then:\n\n   | a | b |\n   |---|---|\n   | 1 | 2 |\n\n2. Save.", 0)],
            {"ol": 1, "li": 2, "table": 1},
        ),
        ([("1. Run:\n   ```\n   a\n\n     b\n   ```\n2. Save.", 0)], {"ol": 1, "li": 2, "code": 1}),
        ([("1. Run:\n   ~~~\n   a\n   ~~~\n2. Save.", 0)], {"ol": 1, "li": 2, "code": 1}),
        (["Run:\n", ("~~~\n\na\n~~~\nSo.", 0)], {"code": 1, "p": 3}),
        ([("a | b\n---|---\n1 | 2\n3 | 4\n\nSo.", 0)], {"table": 1, "tr": 3, "p": 2}),
        (["a | b\n---|---\n", ("1 | 2\n", 0), ("3 | 4", 1)], {"table": 1, "tr": 3}),
        ([("To do so:\r\n\r\n1. a b.\r\n2. c d.\r\n\r\n```\r\nx\r\n```\r\nEnd.", 0)], {"ol": 1, "li": 2, "code": 1}),
        (["Sure. ", ("Look.", 0), "\n\n- Nope, none of it.\n", ("      - a b", 0)], {"ul": 1, "li": 1, "code": 0}),
        (["1. Sure thing! ", ("Open it.\n", 0), ("2. Save.", 0)], {"ol": 1, "li": 2}),
    ],
)
@pytest.mark.parametrize("sizes", [[], [1] * 200])
def test_marks_tear_nothing(parts: list[Part], counts: dict[str, int], sizes: list[int]) -> None:
    text = shown(parts, "after", sizes)
    html = pyromark.html(text, options=OPTIONS)
    assert {tag: len(re.findall(f"<{tag}[ >]", html)) for tag in counts} == counts, html
    assert "[1]" in html
    assert "\r" not in text
    assert not re.search(r"<code[^>]*>[^<]*\[1", html)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("[not covered] Whether it costs 2.50 EUR. Or more.", "Whether it costs 2.50 EUR. Or more."),
        ("\n**[Not covered]** Der Preis, [hier](https://evil.example/x) www.evil.example.", "Der Preis, hier"),
        ("\n- [not covered]: " + "word " * 100, ("word " * 40).strip()),
    ],
)
def test_what_the_documents_do_not_answer_stands_apart(line: str, left: str) -> None:
    text, assembler = said(("Export it.", 0), " ", line)
    assert text == "Export it. [1]"
    assert assembler.not_covered == left
    assert assembler.left_out == 0


@pytest.mark.parametrize("refusal", ["I don't know.", "i DON’T know", "**I don't know.**"])
def test_a_refusal_is_no_answer_whatever_stands_with_it(refusal: str) -> None:
    faq = ["If you answer so: I don't know.\n\nI don't know.", "Thirty days."]
    for parts in ([refusal], [(refusal, 0)], [refusal, "\n", ("Thirty days.", 1)]):
        text, assembler = said(*parts, passages=faq)
        assert (text, assembler.refused) == ("", True)
    assert said("I don't know ", ("Thirty days.", 1), passages=faq)[1].refused
    assert said("Sorry! I don't know. ", ("Thirty days.", 1), passages=faq)[1].refused


def test_a_refusal_behind_an_answer_is_left_out() -> None:
    text, assembler = said(("Thirty days. I don't know.", 0), ("\nAsk.", 0))
    assert (text, assembler.refused) == ("Thirty days. [1]\nAsk. [1]", False)


def test_the_question_is_no_answer() -> None:
    assert said(("How do I verify it?\n", 0), question="how do I verify it?")[0] == ""
    assert said(("How do I verify it? ", 0), ("Click.", 0), question="how do I verify it?")[0] == "Click. [1]"
