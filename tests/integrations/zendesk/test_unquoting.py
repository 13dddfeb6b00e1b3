"""What somebody wrote anew, out of what their mail program sent."""

import time

import pytest

from integrations.zendesk.unquoting import seen, unquoted

ENGLISH = "On Wed, Dec 20, 2023 at 13:37, Support <help@example.com> wrote:\n> We did.\n> Did it help?"
GERMAN = "Am 20.12.2023 um 13:37 schrieb Support <help@example.com>:\n> Das war es."
FRENCH = "Le 20 déc. 2023 à 13:37, Support <help@example.com> a écrit :\n> Oui."


@pytest.mark.parametrize(
    ("text", "locale", "kept"),
    [
        (f"It still fails.\n\n{ENGLISH}", "en-GB", "It still fails."),
        (f"Es geht nicht.\n\n{GERMAN}", "de", "Es geht nicht."),
        (f"Cela ne marche pas.\n\n{FRENCH}", "fr", "Cela ne marche pas."),
        ("How long?\n\nBest regards,\nAnn Lee\n+44 20 7946 0000", "en", "How long?"),
        ("Wie lange?\n\nMit freundlichen Grüßen\nAnn", "de-AT", "Wie lange?"),
        ("How long?\n\nSent from my iPhone", "en", "How long?"),
        ("How long?\n\n--\nAnn Lee, Lee Ltd", "en", "How long?"),
        ("I tried:\n- this\n- that", "en", "I tried:\n- this\n- that"),
        ("I read it.\n> You said so.\nIt is wrong.", "en", "I read it.\nIt is wrong."),
    ],
)
def test_history_and_signatures_go(text: str, locale: str, kept: str) -> None:
    assert unquoted("", text, locale) == kept


def test_what_only_begins_as_a_signature_does_stays() -> None:
    text = "Hi,\n\nThanks, but it still fails with error 500.\nWhat now?\n\nBest regards,\nAnn"
    assert unquoted("", text, "en") == "Hi,\n\nThanks, but it still fails with error 500.\nWhat now?"


def test_what_is_nothing_but_a_quote_stays() -> None:
    assert "We did." in unquoted("", ENGLISH)
    assert unquoted("<blockquote>All of it</blockquote>", "") == "All of it"


def test_html_becomes_lines_without_what_is_marked_as_quoted() -> None:
    html = (
        "<style>p{}</style><p>Hello,</p><p>one<br>two&nbsp;&lt;b&gt;</p><ul><li>a</li><li>b</li></ul>"
        "<div class='gmail_quote'>On Monday Bob wrote: <blockquote>old</blockquote></div>"
    )
    assert unquoted(html, "ignored") == "Hello,\n\none\ntwo <b>\n\n- a\n\n- b"
    assert "old" in seen(html)


@pytest.mark.parametrize(
    "text",
    ["\n" * 50_000, " \n" * 50_000, "On " * 20_000, "On x\n" * 9_000, "From: a\n" * 9_000, "> " * 30_000]
    + ["Warning: " * 9_000, "Disclaimer: mail " * 5_000, "x\n \n" * 9_000, "_" * 60_000, "a, " * 30_000],
)
def test_text_that_was_made_for_it_costs_no_time(text: str) -> None:
    begun = time.process_time()
    for locale in ("en", "de", "pl", "xx"):
        unquoted("", text, locale)
    assert time.process_time() - begun < 8


@pytest.mark.parametrize(
    "html",
    ["<div>" * 13_000, "<ul><li>" * 8_000 + "x", "<blockquote>" * 5_000 + "hi", "<div>a</div>" * 5_400]
    + ["<!--" * 16_000, "<br>" * 16_000, "<p>" * 21_000],
    ids=["nested", "lists", "quotes", "flat", "comments", "breaks", "paragraphs"],
)
def test_html_that_was_made_for_it_costs_no_time(html: str) -> None:
    begun = time.process_time()
    unquoted(html, "")
    seen(html)
    assert time.process_time() - begun < 8


@pytest.mark.parametrize("html", ["half \ud800 a character", "https://a.example/b.html", "/etc/passwd", "a.txt"])
def test_html_without_a_tag_is_text(html: str) -> None:
    assert unquoted(html, "") == seen(html) == html.replace("\ud800", "")


def test_what_html_does_not_show_is_not_read() -> None:
    assert unquoted("<p>One<!-- two --> three</p><!DOCTYPE x><title>four</title>", "") == "One three"
