"""Documents of Zendesk's as pages: what an author wrote stays inside, however it is written."""

import time

import pytest

from integrations.zendesk.composing import page


def body(written: str) -> str:
    made = page("Refunds", "https://help.example.com/1", written, "2026-01-31").decode()
    return made.partition("</h1>")[2].removesuffix("</main></body></html>")


@pytest.mark.parametrize(
    "written",
    [
        "a</main>b",
        "a</MAIN >b",
        "a<body onload=x>b",
        "a</ma<main>in>b",
        "a<head",
        "a</html\n x='1'>b",
        '<main x="<b>">',
    ],
)
def test_nothing_ends_the_page_or_begins_another(written: str) -> None:
    found = body(written).lower()
    assert not any(f"<{end}{name}" in found for end in ("", "/") for name in ("main", "html", "head", "body"))


def test_other_elements_stay_as_they_are() -> None:
    assert body("<p>a <b>b</b> < c</p><header>d</header><mainframe>") == (
        "\n<p>a <b>b</b> < c</p><header>d</header><mainframe>\n"
    )


def test_a_million_tags_that_do_not_end_take_no_longer_than_to_read_them() -> None:
    started = time.process_time()
    body("<main " * 200_000)
    assert time.process_time() - started < 10  # each read to the end they would take hours
