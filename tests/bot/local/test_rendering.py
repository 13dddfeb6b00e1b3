"""What others wrote can be read, and can do nothing."""

import pytest

from bot.local.rendering import answer_blocks, rendered


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a **b** `c`", "<p>a <strong>b</strong> <code>c</code></p>"),
        ("1 < 2 & <b>3</b>", "<p>1 &lt; 2 &amp; &lt;b&gt;3&lt;/b&gt;</p>"),
        ("![a picture](https://tracker.example/p.png)", "<p>a picture</p>"),
        ("[x](javascript:alert)", '<p><a rel="noopener noreferrer">x</a></p>'),
        ("[x](data:text/html,y)", '<p><a rel="noopener noreferrer">x</a></p>'),
        ("[x](//other.example/)", '<p><a rel="noopener noreferrer">x</a></p>'),
        ("[x](../page.md)", '<p><a rel="noopener noreferrer">x</a></p>'),
        ("[x](#part)", '<p><a href="#at-part" rel="noopener noreferrer">x</a></p>'),
        ("[x](https://a.example/?b=1)", '<p><a href="https://a.example/?b=1" rel="noopener noreferrer">x</a></p>'),
        ("`<b>` stays", "<p><code>&lt;b&gt;</code> stays</p>"),
        ("<@U123> and <!channel>", "<p>&lt;@U123&gt; and &lt;!channel&gt;</p>"),
    ],
)
def test_markdown_becomes_harmless_html(markdown: str, html: str) -> None:
    assert rendered(markdown).strip() == html


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<div>\n\n<iframe src='https://a.example'>\n\n</div>",
        "<svg><script>x</script></svg>",
        "<!-- <script>x</script> -->",
        "ä <style>x</style>",
    ],
)
def test_html_is_shown_not_used(markdown: str) -> None:
    html = rendered(markdown)
    assert "&lt;" in html
    assert not any(f"<{tag}" in html for tag in ("script", "img", "iframe", "svg", "style", "div"))


def test_markers_lead_to_the_sources() -> None:
    (block,) = answer_blocks("Thirty days. [1] And more [2].", ["s-1", "s-2"])
    assert 'days.<sup class="cite"><a href="#s-1" aria-label="Source 1">1</a></sup> And' in block
    assert "more [2]." in block  # not where a marker of ours stands


@pytest.mark.parametrize("text", ["`a [1]`", "```\nx [1] y\n```", "see [1](https://a.example)", "list[1]", "[7] x"])
def test_other_brackets_are_no_markers(text: str) -> None:
    assert "<sup" not in "".join(answer_blocks(text, ["s-1"]))


def test_a_document_cannot_redirect_a_marker() -> None:
    html = "".join(answer_blocks("Thirty days. [1]\n\n[1]: https://evil.example", ["s-1"]))
    assert "evil" not in html
    assert 'href="#s-1"' in html


def test_the_marker_of_a_table_belongs_to_it() -> None:
    blocks = list(answer_blocks("| a |\n| --- |\n| b |\n\n[1]", ["s-1"]))
    assert blocks[0].startswith('<div class="table" role="region"')
    assert blocks[1].startswith('<p class="cites"><sup')
