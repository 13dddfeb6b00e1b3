import re
import time

import pytest

from integrations.zendesk.rendering import TAGS, html, plain
from rag_core.domain import Citation, DocumentId, SourceName

REFUNDS = Citation("Refunds", "https://help.example/refunds?a=1&b=2", SourceName("docs"), DocumentId("refunds"))
LOCAL = Citation("Notes", "notes.md", SourceName("docs"), DocumentId("notes"))
LINK = '<a href="https://help.example/refunds?a=1&amp;b=2" rel="noopener noreferrer">[1]</a>'


def test_a_marker_leads_to_its_source() -> None:
    assert html("It takes **ten** days. [1]", [REFUNDS]) == f"<p>It takes <strong>ten</strong> days. {LINK}</p>"


def test_without_sources_the_markers_are_left_out() -> None:
    assert html("It takes ten days. [1] [2] Really. [1]") == "<p>It takes ten days. Really.</p>"


def test_markers_that_stand_alone_leave_no_empty_paragraph() -> None:
    assert html("- One\n- Two\n\n[1] [2]\n\nLast. [1]") == "<ul>\n<li>One</li>\n<li>Two</li>\n</ul>\n\n<p>Last.</p>"


@pytest.mark.parametrize("text", ["Press \\[1\\]", "Press `[1]`", "```\nx = y[1]\n```"])
def test_a_number_in_brackets_that_is_no_marker_stays(text: str) -> None:
    for citations in ([REFUNDS], []):
        found = html(text, citations)
        assert "[1]" in found
        assert LINK not in found


def test_a_link_whose_words_are_a_number_stays_a_link() -> None:
    assert html("[1](https://help.example/refunds)") == (
        '<p><a href="https://help.example/refunds" rel="noopener noreferrer">1</a></p>'
    )


def test_what_is_no_source_of_it_or_has_no_address_is_not_linked() -> None:
    assert html("One. [1] Two. [2] Ten. [10]", [REFUNDS, LOCAL]).endswith("Two. [2] Ten. [10]</p>")


def test_a_table_becomes_a_list_and_a_heading_a_strong_line() -> None:
    found = html("## Limits\n\n| Plan | Sends |\n| --- | --- |\n| Free | `500` |\n| Pro | |")
    assert found == (
        "<p><strong>Limits</strong></p>\n<ul><li>Plan: Free; Sends: <code>500</code></li><li>Plan: Pro</li></ul>"
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<div onclick='x()'>a</div>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt&colon;alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "![a](https://evil.example/p.png)",
        "<https://a.example/?x=\"onmouseover='alert(1)'>",
        "\ue001 \ue3ff <svg/onload=alert(1)>",
        "| <img src=x onerror=alert(1)> | b |\n|---|---|\n| <script>1</script> | [c](vbscript:x) |",
    ],
)
def test_nothing_active_leaves(text: str) -> None:
    found = html(f"{text} [1]", [REFUNDS])
    assert set(re.findall(r"<([a-z0-9]+)", found)) <= TAGS
    for tag in re.findall(r"<[a-z][^>]*>", found):
        assert re.fullmatch(r'<a( href="https?://[^"]*")?( rel="noopener noreferrer")>|<[a-z]+>|<ol start="\d+">', tag)


def test_raw_html_is_shown_as_it_stands_there() -> None:
    assert html("Use <b>bold</b>") == "<p>Use &lt;b&gt;bold&lt;/b&gt;</p>"
    assert plain(html("Use <b>bold</b>")) == "Use <b>bold</b>"


def test_a_character_of_private_use_is_no_marker() -> None:
    assert html("One \ue001 two", [REFUNDS]) == "<p>One  two</p>"


@pytest.mark.parametrize(
    "text", ["{{ticket.requester.email}}", "`{{{a}}}`", "{% if x %}", "[{{a}}](https://a.example/{{b}})"]
)
def test_zendesk_finds_no_placeholder_to_fill_in(text: str) -> None:
    assert not re.search(r"\{[{%]", html(text) + plain(html(text)))


def test_cells_alike_keep_their_columns_names() -> None:
    assert html("|a|b|\n|-|-|\n|same|same|") == "<ul><li>a: same; b: same</li></ul>"


@pytest.mark.parametrize(("columns", "rows"), [(3_000, 1), (1_500, 1_500)])
def test_a_table_that_is_too_large_for_a_list_is_shown_as_it_was_typed(columns: int, rows: int) -> None:
    table = f"|{'a|' * columns}\n|{'-|' * columns}\n" + "|b\n" * rows
    started = time.process_time()
    made = html(f"Before <b>it</b> [1].\n\n{table}\nAfter.", [REFUNDS])
    assert time.process_time() - started < 10  # filled up, its cells took minutes
    assert made.startswith("<p>Before &lt;b&gt;it&lt;/b&gt; <a href=")
    assert "|a|a|" in made


def test_quotes_in_quotes_have_an_end() -> None:
    assert "deep" in html(f"{'>' * 3_000} deep\n\n{'> ' * 3_000} down")


def test_an_address_of_another_kind_is_no_address_outside_code() -> None:
    shown = html("Open File:///etc or ftp://a.example, not `redis://host`. See https://help.example/a")
    assert "File:\u2060///etc" in shown
    assert "ftp:\u2060//a.example" in shown
    assert "<code>redis://host</code>" in shown
    assert "https://help.example/a" in shown


def test_as_text_lists_and_code_keep_their_form() -> None:
    text = "Do **this**:\n\n1. Open *it*\n   - slowly\n2. Close [the page](https://help.example/a)\n\n```\na_b * c\n```"
    assert plain(html(text)) == (
        "Do this:\n\n1. Open it\n   - slowly\n2. Close the page (https://help.example/a)\n\na_b * c"
    )


@pytest.mark.parametrize(
    "text", ["- Open it\n- Press it\n\n[1]", "1. Open it\n2. Press it\n\n [1]", "- Open it\n\n- Press it\n\n[1]"]
)
def test_a_lists_marker_stands_at_its_end(text: str) -> None:
    found = html(text, [REFUNDS])
    assert re.search(r"Press it <a [^>]*>\[1\]</a>(</p>)?\s*</li>\s*</[ou]l>$", found)
    assert "Press it [" not in html(text)
