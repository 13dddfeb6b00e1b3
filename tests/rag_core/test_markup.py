import re

import pyromark
import pytest

from rag_core.markup import blocks, inside, items, link_texts, paragraphs, plain_text, quoted, sections, sentences


def test_entities_do_not_bring_control_characters_back() -> None:
    for bad in ("&#27;[31m", "&#x202e;", "&#x9b;", "\u009b", "&#8206;"):
        assert plain_text(f"red {bad} text").replace("[31m", "").split() == ["red", "text"]
        assert not set(quoted(f"red {bad} text")) & set("\x1b\u202e\x9b\u200e")


def test_sections_keep_their_path_and_anchor() -> None:
    found = sections("Intro.\n\n# One\n\na\n\n## Two *words* {#own}\n\nb\n\n# One\n\nc")
    assert [[h.text for h in s.headings] for s in found] == [[], ["One"], ["One", "Two words"], ["One"]]
    assert [s.headings[-1].anchor for s in found[1:]] == ["one", "own", "one-1"]
    assert [block.source for s in found for block in s.blocks] == ["Intro.", "a", "b", "c"]


def test_no_two_anchors_are_equal() -> None:
    found = sections("# A\n\n# A\n\n# A 1\n\n# A\n\n# Own {#b}\n\n# B")
    assert [s.headings[-1].anchor for s in found] == ["a", "a-1", "a-1-1", "a-2", "b", "b-1"]


def test_indented_code_keeps_its_indentation() -> None:
    assert [(b.kind, b.source) for b in blocks("    a\n      b\n\ntext\n\n\tc\n\n- d")] == [
        ("CodeBlock", "    a\n      b"),
        ("Paragraph", "text"),
        ("CodeBlock", "\tc"),
        ("List", "- d"),
    ]


def test_what_stands_inside_an_item() -> None:
    marker, found = inside("1. a\nlazy\n   - b\n     - c\n\n   ```sh\n   run\n   ```")
    assert marker == "1. "
    assert [b.source for b in found] == ["a\nlazy", "- b\n  - c", "```sh\nrun\n```"]
    assert inside("-") == ("-", [])


def test_the_words_of_links() -> None:
    assert link_texts("See [the *API*](a) and [`b`](c), <https://d.example> ![e](f)") == [
        "the API",
        "b",
        "https://d.example",
    ]


def test_a_hash_in_code_is_no_heading() -> None:
    (section,) = sections("```sh\n# install\nmake\n```")
    assert section.headings == ()
    assert section.blocks[0].kind == "CodeBlock"


def test_a_comment_in_code_nobody_fenced_is_no_heading() -> None:
    found = sections(
        "## Send\n\nclient = Client()\n\n# Send it\nclient.send()\n\n# Real\n\nText\n\n# Above\n## Below\n\nMore"
    )
    assert [s.headings[-1].text for s in found] == ["Send", "Real", "Above", "Below"]
    assert [s.headings[-1].text for s in sections("# Tight\ntext\n# Page\nmore")] == ["Tight", "Page"]


def test_a_sentence_above_a_rule_is_no_heading() -> None:
    found = sections("Title\n---\n\nHere are more examples:\n---\n\nTwo lines\nof text\n---\n\nSmall\n=====\n\nEnd.")
    assert [h.text for s in found for h in s.headings] == ["Title", "Small"]


def test_offsets_hold_beyond_ascii() -> None:
    assert [b.source for b in blocks("é — ü\n\n- ä\n- ö\n\nß")] == ["é — ü", "- ä\n- ö", "ß"]


def test_what_reorders_or_controls_the_screen_is_dropped() -> None:
    assert plain_text(blocks("refund \u202e elif\u2066 only\x07")[0].source) == "refund elif only"


def test_plain_text_has_no_syntax_and_no_pictures() -> None:
    source = "Use **the** [key](https://x.example) `a_b` ![logo](l.png) <b>now</b>."
    assert plain_text(source) == "Use the key a_b now."
    assert quoted(source) == "Use the key `a_b` now."


@pytest.mark.parametrize(
    "text", ["2 * 3 * 4", "[x](http://evil.example)", "<b>bold</b>", "_under_ and mail_send", "a | b"]
)
def test_what_is_quoted_shows_the_same_words_again(text: str) -> None:
    escaped = re.sub(r"([\\*\[\]<_])", r"\\\1", text)
    assert plain_text(escaped) == text
    assert plain_text(quoted(escaped)) == text
    assert not any("Link" in str(event) or "Html" in str(event) for event in pyromark.events(quoted(escaped)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It costs $49.50, e.g. On Growth. See plan B.", ["It costs $49.50, e.g. On Growth.", "See plan B."]),
        ('He said "Stop!" Then nothing.', ['He said "Stop!"', "Then nothing."]),
        ("Set it. `sendAt` waits.", ["Set it.", "`sendAt` waits."]),
        ("設定します。次に送信！「確認」です。", ["設定します。", "次に送信！", "「確認」です。"]),
        ("यह पहला है। दूसरा।", ["यह पहला है।", "दूसरा।"]),
        ("no end", ["no end"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_says(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_items_of_lists_and_rows_of_tables() -> None:
    assert items("1. a\n   - inner\n2. b") == ["1. a\n   - inner", "2. b"]
    assert items("| a | b |\n|---|---|\n| 1 | 2 |") == ["| a | b |", "| 1 | 2 |"]


def test_paragraphs_of_plain_text() -> None:
    assert [b.source for b in paragraphs("# no heading\nline\n\n \n    indented")] == ["# no heading\nline", "indented"]
