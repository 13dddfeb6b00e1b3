"""What others wrote shows as itself; only ids and addresses that are some become tokens."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from integrations.slack.escaping import channel, date, escaped, group, inert, is_web, link, person


def test_every_sign_shows_as_itself() -> None:
    assert escaped("<!here> & <@U1> @here\x00") == "&lt;!here&gt; &amp; &lt;@U1&gt; @\u2060here"


def test_plain_text_is_one_line_of_the_length_asked_for() -> None:
    assert inert("a\n\tb <!here> @channel", 100) == "a b <\u2060!here> @\u2060channel"
    assert inert("word " * 30, 12) == "word word w…"
    assert inert(" \n", 10) == "–"


@pytest.mark.parametrize(
    ("url", "label", "shown"),
    [
        ("https://a.example/b?c=1&d=2", "A & B", "<https://a.example/b?c=1&amp;d=2|A &amp; B>"),
        ("https://a.example/b|c>d", "x", "<https://a.example/b%7Cc%3Ed|x>"),
        ("javascript:alert(1)", "x", "x"),
        ("http://user@evil.com/", "x", "x"),
        ("https://a.example/b c", "x", "x"),
        ("docs/page.md", "the <b>page", "the &lt;b&gt;page"),
        ("", "named only", "named only"),
        ("https://a.example/", "`code` <!here>\nmore", "<https://a.example/|'code' &lt;\u2060!here&gt; more>"),
        ("https://a.example/?" + "&" * 1_900, "x", "x"),
    ],
)
def test_only_pages_on_the_web_become_links(url: str, label: str, shown: str) -> None:
    assert link(url, label) == shown


@pytest.mark.parametrize("write", [person, group, channel])
def test_what_is_no_id_becomes_no_token(write: object) -> None:
    assert callable(write)
    assert write("!here") == "!here"
    assert "<" not in write("U1> <!channel")


def test_ids_become_tokens() -> None:
    assert (person("U1A"), group("S1"), channel("C1")) == ("<@U1A>", "<!subteam^S1>", "<#C1>")


def test_a_moment_is_shown_where_the_reader_is_and_has_words_for_elsewhere() -> None:
    moment = datetime(2026, 11, 2, 14, 5, tzinfo=timezone(timedelta(hours=2)))
    stamp = int(datetime(2026, 11, 2, 12, 5, tzinfo=UTC).timestamp())
    assert date(moment) == f"<!date^{stamp}^{{date_short_pretty}} at {{time}}|2 Nov 2026, 12:05 UTC>"


def test_an_address_is_on_the_web_or_none() -> None:
    assert is_web("HTTPS://Help.Example/a")
    assert not any(
        map(is_web, ("//a.example", "https:///x", "https://", "ftp://a.example", "https://a.example/" + "x" * 2_000))
    )
