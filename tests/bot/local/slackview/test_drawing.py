"""Slack's markup as HTML: what is markup is drawn, what is not is escaped."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.local.slackview.drawing import Drawing, moment
from bot.local.workspace.clock import Clock
from bot.local.workspace.nouns import Kind, Role, UserGroup
from bot.local.workspace.world import App, World


@pytest.fixture
def world() -> World:
    return World(App(), Clock())


@pytest.fixture
def draw(world: World) -> Drawing:
    return Drawing(world)


@pytest.mark.parametrize(
    ("given", "drawn"),
    [
        ("*bold* _slanted_ ~gone~", "<strong>bold</strong> <em>slanted</em> <del>gone</del>"),
        ("2*3*4, snake_case_name, a ~ b", "2*3*4, snake_case_name, a ~ b"),
        ("*`code` within*", "<strong><code>code</code> within</strong>"),
        ("`*no* <b> &amp; :x:`", "<code>*no* &lt;b&gt; &amp; :x:</code>"),
        ("```a\n*b*```", "<pre><code>a\n*b*</code></pre>"),
        ("one\ntwo", "one<br>two"),
        ("&gt; said\n> again\nnow", "<blockquote>said<br>again</blockquote>now"),
        (":unknown_sign:", ":unknown_sign:"),
    ],
)
def test_markup_is_drawn(draw: Drawing, given: str, drawn: str) -> None:
    assert draw.mrkdwn(given) == drawn


@pytest.mark.parametrize(
    ("given", "drawn"),
    [
        ("<script>alert(1)</script>", "script" + "alert(1)" + "/script"),
        ("&lt;img src=x onerror=alert(1)&gt;", "&lt;img src=x onerror=alert(1)&gt;"),
        ("<javascript:alert(1)|press>", "press"),
        ('<https://a.example/"onclick="x|go>', None),
        ("\ue0000\ue001 `a`", "0 <code>a</code>"),
        ("&amp;lt;b&amp;gt;", "&amp;lt;b&amp;gt;"),
    ],
)
def test_nothing_that_was_written_is_run(draw: Drawing, given: str, drawn: str | None) -> None:
    found = draw.mrkdwn(given)
    assert "<script" not in found
    assert '"onclick' not in found
    assert drawn is None or found == drawn


def test_a_link_leads_where_it_says(draw: Drawing) -> None:
    assert draw.mrkdwn("<https://help.example/?a=1&amp;b=2|The *page*>") == (
        '<a href="https://help.example/?a=1&amp;b=2" rel="noopener noreferrer">The *page*</a>'
    )


def test_ids_are_shown_as_names(world: World, draw: Drawing) -> None:
    team = world.add_team("Larkpost")
    ada, place = world.add_user(team, "Ada <b>", Role.MEMBER), world.add_channel(team, "help", Kind.PUBLIC, [])
    world.groups["S1"] = UserGroup("S1", team.id, "humans", [])
    names = draw.mrkdwn(f"<@{ada.id}> <#{place.id}> <!subteam^S1> <!here> <@U404>")
    assert names.replace('<span class="mention">', "").replace("</span>", "") == (
        "@Ada &lt;b&gt; #help @humans @here @U404"
    )


def test_a_date_is_told_as_a_person_says_it() -> None:
    now = datetime.now(UTC).astimezone()
    assert moment(now) == f"today at {now:%H:%M}"
    assert moment(now - timedelta(days=1), "{date_short_pretty}") == "yesterday"
    assert moment(datetime(2026, 3, 4, 12, tzinfo=UTC), "{date}") == "Mar 4, 2026"


def test_a_date_in_a_message_is_in_our_time(draw: Drawing) -> None:
    stamp = int(datetime.now(UTC).timestamp())
    assert draw.mrkdwn(f"As of <!date^{stamp}^{{date_short_pretty}}|a day>.") == "As of today."


def test_a_sign_is_drawn_and_spoken(draw: Drawing) -> None:
    assert 'aria-label="white check mark"' in draw.mrkdwn(":white_check_mark: Recorded")


def test_plain_text_has_no_markup(draw: Drawing) -> None:
    assert draw.text({"type": "plain_text", "text": "*a* <b> :x:"}) == "*a* &lt;b&gt; :x:"


def test_a_heading_is_no_heading_of_the_page(draw: Drawing) -> None:
    found = draw.markdown("# Steps\n\n1. One [1]\n\n<script>alert(1)</script>")
    assert "<p><strong>Steps</strong></p>" in found
    assert "<script" not in found
