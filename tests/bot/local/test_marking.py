"""The cited words are marked where they stand, whatever tags and line breaks stand between them."""

import pytest
from markupsafe import Markup

from bot.local.marking import marked
from bot.local.rendering import rendered


@pytest.mark.parametrize(
    ("source", "quote", "html"),
    [
        ("A refund takes days.", "refund takes", "<p>A <mark>refund takes</mark> days.</p>"),
        ("It takes\n30   days.", "takes 30 days", "<p>It <mark>takes\n30   days</mark>.</p>"),
        ("a **b** c", "a b c", "<p><mark>a</mark> <strong><mark>b</mark></strong> <mark>c</mark></p>"),
        ("use `x` now", "use `x` now", "<p><mark>use</mark> <code><mark>x</mark></code> <mark>now</mark></p>"),
        ("1 < 2 & 3", "2 & 3", "<p>1 &lt; <mark>2 &amp; 3</mark></p>"),
        ("nothing here", "something else", "<p>nothing here</p>"),
        ("nothing", "", "<p>nothing</p>"),
    ],
)
def test_a_quote_is_marked(source: str, quote: str, html: str) -> None:
    assert marked(rendered(source), quote).strip() == html


def test_a_table_is_marked_cell_by_cell() -> None:
    html = marked(rendered("| a | b |\n| --- | --- |\n| c | d |"), "a b c d")
    assert all(f"<mark>{cell}</mark></t" in html for cell in "abcd")


def test_sentences_are_found_one_by_one_when_the_whole_is_not() -> None:
    html = marked(
        rendered("The first sentence. Another one between. The last sentence."),
        "The first sentence. The last sentence.",
    )
    assert html.count("<mark>") == 2
    assert "<mark>Another" not in html


def test_a_quote_adds_no_html() -> None:
    assert marked(Markup("<p>a</p>"), "<script>") == "<p>a</p>"
