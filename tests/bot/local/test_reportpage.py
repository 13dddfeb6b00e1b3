"""The report is one page that holds everything and fetches nothing."""

import re
from dataclasses import replace
from datetime import date, timedelta

import httpx
import pytest
from markupsafe import escape

from bot.local.reportpage import page, style_hash
from rag_core.domain import (
    AnswerRecord,
    Citation,
    DocumentId,
    Outcome,
    PersonId,
    QuestionId,
    Rating,
    SourceName,
    Usage,
)
from rag_core.reporting import Channel, Day, Drafts, Gap, Report
from rag_core.runs import RunState
from rag_core.tallies import Verdicts
from tests.bot.test_durations import MANY
from tests.making import NOON, SOURCE, question

PERIOD = (date(2026, 1, 1), date(2026, 1, 31))
SPENT = ((date(2026, 1, 1), 1.5), (date(2026, 1, 2), 0.0251))
EMPTY = Report(0, 0, 0, 0, (), (), (), (), *PERIOD, spent=(), by_meaning=False)
EVIL = "</h3><script>alert(1)</script> & [x](javascript:alert(1))"


def busy(days: int = 3) -> Report:
    rating = Rating(QuestionId("q1"), PersonId("ada"), helpful=False, rated_at=NOON, reason="wrong", comment=EVIL)
    citation = Citation("Page", "https://help.example/page", SOURCE, DocumentId("page"))
    record = AnswerRecord(question(EVIL), Outcome.ANSWERED, "Yes. [1]", (citation,), 0.5, (rating,))
    counted = tuple(Day(date(2026, 1, 1) + timedelta(days=number), 5, 1) for number in range(days))
    gaps = (
        Gap((EVIL, "And this?", "And this?"), date(2026, 1, 3), touched=True),
        Gap(("That?",), date(2026, 1, 2), touched=False, internal=True),
    )
    return Report(
        1_018, 515, 4, 3, (record,), gaps, counted, (("wrong", 2), (EVIL, 1)), *PERIOD, spent=SPENT, by_meaning=True
    )


TIMED = replace(busy(), durations=MANY)
WITH_DRAFTS = replace(busy(), drafts=Drafts(30, 15, 5, 9.6), shadow=Drafts(0, 1, 0, 0.25))


def test_the_figures_are_there() -> None:
    html = page(busy())
    for figure in (
        "from 2026-01-01 to 2026-01-31",
        "alike in meaning",
        "1,018",
        "51%",
        "75%",
        "3 of 4 ratings",
        "Asked 3 times, last on 2026-01-03",
        "2026-01-02",
        "0.0251",
        "Bar chart: what models cost per day in USD",
    ):
        assert figure in html
    assert html.count("<li>And this?</li>") == 1


def test_channels_sources_and_ingestions_are_there_each_with_its_figures() -> None:
    channels = (Channel("slack", 1_200, 300, Verdicts(3, 1)), Channel("api", 5, 0, Verdicts()))
    ended = {RunState.DONE: 12, RunState.FAILED: 1}
    html = page(
        replace(
            busy(),
            channels=channels,
            sources=((SourceName(EVIL), Verdicts(1, 1)),),
            ingestions=((SourceName("handbook"), ended),),
        )
    )
    for row in (
        '<th scope="row">Slack</th><td>1,500</td><td>80%</td><td>4</td><td>75%</td>',
        '<th scope="row">Api</th><td>5</td><td>100%</td><td>0</td><td>–</td>',
        f'<th scope="row">{escape(EVIL)}</th><td>2</td><td>50%</td>',
        '<th scope="row">handbook</th><td>12</td><td>1</td><td>0</td>',
    ):
        assert row in html


def test_how_long_answers_took_is_there_where_it_was_counted() -> None:
    html = page(TIMED)
    for figure in (
        "How long answers took",
        "790 ms",
        "1.9 s",
        "Embedding the question",
        "the share of each stage in percent",
    ):
        assert figure in html
    assert re.search(r"From the cache</dt><dd>10%<small>asked before: 1 in the same words</small>", html)
    assert "How long answers took" not in page(busy())


@pytest.mark.parametrize("report", [EMPTY, busy(), busy(days=1), busy(days=200), WITH_DRAFTS, TIMED])
def test_nothing_is_run_or_fetched(report: Report) -> None:
    html = page(report)
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|https?:|//\w", html)
    assert not re.search(r"\s(?:on\w+|style)=", re.sub("<style>.*?</style>", "", html, flags=re.DOTALL))
    assert "javascript:alert(1)" not in re.sub(">[^<]*<", "><", html)


def test_what_people_wrote_is_text() -> None:
    assert page(busy()).count("&lt;script&gt;") >= 4  # question, comment, gap, reason


def test_an_empty_report_says_so() -> None:
    html = page(EMPTY)
    assert "Nothing was asked yet" in html
    assert "<svg" not in html


def test_what_agents_sent_is_shown_and_shadow_apart() -> None:
    html = page(WITH_DRAFTS)
    sent, shadow = re.findall(r"<figure(?:(?!</figure>).)*draft.*?</figure>", html, flags=re.DOTALL)
    assert "90%<small>45 of 50 sent as they were or edited" in html
    assert "Of an edited draft 64% was kept on average." in sent
    assert re.findall(r'row">(.*?)</th><td>(\d+)', sent) == [("As it was", "30"), ("Edited", "15"), ("Not used", "5")]
    assert "1 ticket that agents answered would have had a draft." in shadow
    assert "it was 25% on average" in shadow
    assert [row[1] for row in re.findall(r'row">(.*?)</th><td>(\d+)', shadow)] == ["0", "1", "0"]


@pytest.mark.parametrize("report", [EMPTY, busy()])
def test_without_drafts_there_is_not_a_word_of_them(report: Report) -> None:
    html = re.sub("<style>.*?</style>", "", page(report), flags=re.DOTALL)
    assert not re.search("draft|shadow|sent", html, flags=re.IGNORECASE)


def test_days_without_questions_are_drawn_and_old_ones_cut() -> None:
    assert page(busy(days=1)).count('class="bar"') >= 2 * 14
    assert "the last 90 days" in page(busy(days=200))
    assert "the last 90 days" not in page(busy(days=90))


def test_the_playground_shows_the_same_page(client: httpx.Client) -> None:
    assert "Nothing was asked yet" in client.get("/report").text
    client.post("/answers", data={"question": "Xylophone quasars?"})
    response = client.get("/report")
    assert "Xylophone quasars?" in response.text
    assert f"style-src '{style_hash()}'" in response.headers["content-security-policy"]


def test_what_an_answer_took_is_told_where_models_were_asked() -> None:
    asked = replace(busy(), used=Usage("", 1_030_000, 206_000, 515_000, 0, 2.06))
    html = page(asked)
    assert "0.0040" in html
    assert "3,000 tokens in, 400 out" in html
    assert "Cost of an answer" not in page(replace(asked, spent=()))
