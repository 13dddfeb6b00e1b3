"""Each format: what a user writes comes out as sections with their headings; what cannot be read says why."""

import io
import time
from datetime import date

import docx
import pytest
from bs4 import BeautifulSoup
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from rag_core.domain import Audience
from rag_core.errors import RejectedError
from rag_core.extracting.extracted import Extracted
from rag_core.extracting.reading import read
from rag_core.markup import Block, plain_text, sentences


def text(extracted: Extracted) -> str:
    return "\n".join(block.source for section in extracted.sections for block in section.blocks)


def headings(extracted: Extracted) -> list[str]:
    return [" > ".join(h.text for h in section.headings) for section in extracted.sections]


class TestMarkdown:
    def test_front_matter_is_honoured(self) -> None:
        source = b"---\ntitle: 'Refunds: how'\npermalink: https://h.example/r\naudience: internal\n"
        source += b"updated: 2026-03-01\n---\nBody."
        found = read(".md", source)
        assert (found.title, found.url) == ("Refunds: how", "https://h.example/r")
        assert (found.audience, found.updated) == (Audience.INTERNAL, date(2026, 3, 1))
        assert text(found) == "Body."

    @pytest.mark.parametrize("stated", ["Internal", "staff", "[public]", "publik"])
    def test_an_audience_we_do_not_know_is_kept_internal(self, stated: str) -> None:
        assert read(".md", f"---\naudience: {stated}\n---\nBody".encode()).audience is Audience.INTERNAL

    def test_broken_front_matter_refuses_the_page(self) -> None:
        with pytest.raises(RejectedError, match="front matter"):
            read(".md", b"---\naudience: [internal\n---\nBody")

    def test_without_front_matter_the_first_heading_is_the_title(self) -> None:
        assert read(".md", b"\xef\xbb\xbf# Hello *you*\r\n\r\nBody").title == "Hello you"

    @pytest.mark.parametrize(
        "source",
        [
            "---\na: !!bool foo\n---\nx",
            "---\na: !!timestamp foo\n---\nx",
            '---\na: !!int ""\n---\nx',
            "---\na: &a [x]\ntitle: [*a, *a]\n---\nx",
            "---\nx: " + "[" * 40_000 + "\n---\nx",
            "---\naudience: internal\n\nnever closed",
        ],
    )
    def test_front_matter_that_cannot_be_trusted_refuses_the_page(self, source: str) -> None:
        with pytest.raises(RejectedError, match="front matter"):
            read(".md", source.encode())

    @pytest.mark.parametrize(
        "start", ["\n\n---\naudience: internal", "---\nAudience: INTERNAL", "---\nAUDIENCE : staff"]
    )
    def test_an_audience_is_heard_however_it_is_written(self, start: str) -> None:
        assert read(".md", f"{start}\n---\nBody".encode()).audience is Audience.INTERNAL

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", " JavaScript:x"])
    def test_a_url_nobody_should_follow_is_dropped(self, url: str) -> None:
        assert read(".md", f"---\nurl: '{url}'\n---\nBody".encode()).url is None

    @pytest.mark.parametrize("source", ["a\n" * 40_000 + "===", "a\n" * 40_000 + "---", "Mr. " * 40_000, "> " * 50_000])
    def test_a_large_page_takes_no_more_than_its_share(self, source: str) -> None:
        started = time.monotonic()
        sentences(text(read(".md", f"{source}\n\nWords.".encode())))
        assert time.monotonic() - started < 20  # seconds; it took minutes when it grew with the square

    def test_tables_in_html_become_tables(self) -> None:
        source = b"## Codes\n\nSee:\n\n<table>\n<tr><th>Code</th><th>Meaning</th></tr>\n\n<tr><td>550</td>\n<td>The "
        source += b"<b>mailbox</b> is a | b</td></tr>\n</table>\n\nAfter."
        (section,) = read(".md", source).sections
        assert [block.kind for block in section.blocks] == ["Paragraph", "Table", "Paragraph"]
        assert section.blocks[1].source == "| Code | Meaning |\n|---|---|\n| 550 | The mailbox is a \\| b |"

    @pytest.mark.parametrize("start", ["", "\n \n", "---\ntitle: T\n---\n"])
    def test_code_at_the_start_keeps_its_indentation(self, start: str) -> None:
        (section,) = read(".md", f"{start}    if x:\n        run()\n\nText.".encode()).sections
        assert section.blocks[0] == Block("CodeBlock", "    if x:\n        run()")

    def test_a_rule_is_not_front_matter(self) -> None:
        assert "kept" in text(read(".md", b"---\n\nkept\n\nmore"))


class TestHtml:
    def test_navigation_scripts_and_hidden_text_are_left_out(self) -> None:
        page = """<html><head><title>T</title><meta name="audience" content="internal">
        <link rel="canonical" href="https://h.example/p"></head><body><nav>Menu</nav><main><h1>Top</h1>
        <h2 id="own-id">Prices</h2><p>Costs a_b * 2.</p><script>alert(1)</script><p style="display:none">SECRET</p>
        <table><tr><th>Plan</th></tr><tr><td>Free</td></tr></table></main><footer>Imprint</footer></body></html>"""
        found = read(".html", page.encode())
        assert (found.title, found.url, found.audience) == ("Top", "https://h.example/p", Audience.INTERNAL)
        assert "Costs a_b * 2." in text(found)
        assert "| Plan |" in text(found)
        assert not {"Menu", "alert", "SECRET", "Imprint"} & set(text(found).replace("(", " ").split())
        assert found.sections[1].headings[-1].anchor == "own-id"

    def test_a_page_in_a_form_and_a_heading_in_a_header_are_read(self) -> None:
        page = b"<body><header>Menu</header><form><article><header><h1>Title</h1></header>"
        found = read(".html", page + b"<p style='font-size:0.9rem'>Words.</p></article></form></body>")
        assert (found.title, text(found)) == ("Title", "Words.")

    @pytest.mark.parametrize(
        "words",
        ["# 1 on the list", "- 5 degrees", "+ 49 30 1234", "* see below", "1. of May", "12) is a dozen", "--- cut here"]
        + ["> 5 GB", "| is a bar", "``` ends it", "[1]: a note", "The &lt;b&gt; tag", "# <b>2</b>", "a<br># b<br>- c"],
    )
    @pytest.mark.parametrize("around", ["<p>{}</p>", "<div>{}</div>", "<p><span>{}</span></p>", "<ul><li>{}</li></ul>"])
    def test_text_stays_text(self, words: str, around: str) -> None:
        (section,) = read(".html", f"<main>{around.format(words)}<p>End.</p></main>".encode()).sections
        assert section.headings == ()
        assert [block.kind for block in section.blocks] == ["List" if "<li>" in around else "Paragraph", "Paragraph"]
        shown = BeautifulSoup(words.replace("<br>", "\n"), "lxml").get_text()
        assert plain_text(section.blocks[0].source) == " ".join(shown.split())

    def test_a_heading_and_a_cell_are_not_escaped(self) -> None:
        found = read(".html", b"<main><h2>1. Start</h2><table><tr><th>n</th></tr><tr><td>- 5</td></tr></table></main>")
        assert headings(found) == ["1. Start"]
        assert "| - 5 |" in text(found)

    def test_a_bar_in_a_cell_does_not_make_two(self) -> None:
        page = b"<table><tr><th>a|b</th><th>c</th></tr><tr><td>x | y <code>p|q</code></td><td>z</td></tr></table>"
        assert text(read(".html", page)).splitlines()[::2] == ["| a\\|b | c |", "| x \\| y `p\\|q` | z |"]

    def test_code_with_fences_in_it_stays_one_block(self) -> None:
        page = b"<pre>Write:\n```sh\n# run\nmake\n````\nDone.</pre><p>After.</p>"
        (section,) = read(".html", page).sections
        assert [block.kind for block in section.blocks] == ["CodeBlock", "Paragraph"]
        assert "# run\nmake\n````\nDone." in section.blocks[0].source

    def test_tags_without_end_are_refused(self) -> None:
        with pytest.raises(RejectedError, match="nested"):
            read(".html", b"<div>" * 5_000 + b"deep")


class TestPdf:
    def make(self) -> bytes:
        file = io.BytesIO()
        canvas = Canvas(file, pagesize=A4)
        canvas.setTitle("Warm-up plan")
        for page in (1, 2):
            canvas.setFont("Helvetica-Bold", 18)
            canvas.drawString(72, 780, f"Week {page}")
            canvas.setFont("Helvetica", 11)
            canvas.drawString(72, 750, f"Send {page}00 emails a day.")
            canvas.drawString(72, 735, "Watch the bounces.")
            canvas.setFont("Helvetica", 1)
            canvas.drawString(72, 20, "SYSTEM: hidden instruction")
            canvas.showPage()
        canvas.save()
        return file.getvalue()

    def test_larger_lines_are_headings_and_the_anchor_is_the_page(self) -> None:
        found = read(".pdf", self.make())
        assert found.title == "Warm-up plan"
        written = [section for section in found.sections if section.blocks]
        assert [s.headings[-1].text for s in written] == ["Week 1", "Week 2"]
        assert [s.headings[-1].anchor for s in written] == ["page=1", "page=2"]
        assert "Send 200 emails a day." in text(found)

    def test_text_too_small_to_see_is_left_out(self) -> None:
        assert "hidden" not in text(read(".pdf", self.make()))

    def test_a_picture_of_text_says_so(self) -> None:
        file = io.BytesIO()
        canvas = Canvas(file)
        canvas.rect(10, 10, 100, 100)
        canvas.showPage()
        canvas.save()
        with pytest.raises(RejectedError, match="scanned"):
            read(".pdf", file.getvalue())


def test_word_headings_lists_and_tables() -> None:
    document = docx.Document()
    document.add_heading("Nonprofit programme", 0)
    document.add_heading("Who may apply", 1)
    document.add_paragraph("Registered charities.", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for cell, value in zip(
        [c for row in table.rows for c in row.cells], ["Plan", "Discount", "Growth", "30 %"], strict=True
    ):
        cell.text = value
    file = io.BytesIO()
    document.save(file)
    found = read(".docx", file.getvalue())
    assert found.title == "Nonprofit programme"
    assert headings(found)[-1] == "Who may apply"
    assert "- Registered charities." in text(found)
    assert "30 %" in text(found)


class TestFaq:
    def test_each_row_is_a_section_with_its_url(self) -> None:
        found = read(".csv", b'Question,Answer,URL\n"Do you, really?","Yes.\n\nAlways.",https://h.example/a\nB?,C,\n')
        assert headings(found) == ["Do you, really?", "B?"]
        assert [section.url for section in found.sections] == ["https://h.example/a", None]
        assert "Always." in text(found)

    def test_a_question_asked_twice_has_two_anchors(self) -> None:
        found = read(".csv", b"question,answer\nWhy?,Because.\nWhy?,Why not.")
        assert [section.headings[0].anchor for section in found.sections] == ["why", "why-1"]

    def test_semicolons_as_spreadsheets_write_them(self) -> None:
        assert headings(read(".csv", "Question;Answer\nKostet, was?;Nichts".encode("cp1252"))) == ["Kostet, was?"]

    def test_one_internal_row_makes_the_file_internal(self) -> None:
        source = b"question,answer,audience\nA?,B,public\nC?,D,internal"
        assert read(".csv", source).audience is Audience.INTERNAL

    @pytest.mark.parametrize(
        ("source", "reason"), [(b"a,b\n1,2", "column named question"), (b"question,answer\nWhy?,\n", "no answer")]
    )
    def test_a_table_that_is_no_faq_says_what_it_lacks(self, source: bytes, reason: str) -> None:
        with pytest.raises(RejectedError, match=reason):
            read(".csv", source)


class TestText:
    def test_other_encodings_are_read(self) -> None:
        assert text(read(".txt", "Grüße — schön".encode("utf-16"))) == "Grüße — schön"
        sentence = "Die Rückerstattung für Geschäftskunden beträgt höchstens fünfzig Euro."
        assert text(read(".txt", sentence.encode("cp1252"))) == sentence
        russian = "Возврат средств занимает тридцать дней для всех клиентов."
        assert text(read(".txt", russian.encode("cp1251"))) == russian

    @pytest.mark.parametrize("source", [b"", b"  \n ", b"a\0b\0" * 9, b"--- *** ---"])
    def test_what_is_no_text_is_refused(self, source: bytes) -> None:
        with pytest.raises(RejectedError):
            read(".txt", source)
