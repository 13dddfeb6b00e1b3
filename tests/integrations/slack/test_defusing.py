"""Markdown as it may stand in Slack: the same words, and nothing Slack would act on."""

import json
import random

import pytest

from integrations.slack.defusing import defused
from integrations.slack.messages import Message, markdown
from rag_core.guarding.checking import Guard
from rag_core.guarding.linking import Allowed
from tests.integrations.slack.judging import faults
from tests.integrations.slack.writing_markdown import GOOD, hostile
from tests.shared import shared

LISTED = set(GOOD) | {"https://help.example/a_%28b%29?q=1&r=2"}


def _faults(text: str, allowed: set[str] = LISTED) -> list[str]:
    safe = defused(text, lambda url: url in GOOD)
    return faults(Message("x", (markdown(safe),)), allowed) if safe.strip() else []


@pytest.mark.parametrize("seed", range(40))
def test_nothing_hostile_comes_through_however_it_is_put_together(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    for _ in range(100):
        text = hostile(chance)
        assert not _faults(text), text


def test_the_naughty_strings_do_no_harm() -> None:
    for text in json.loads(shared("data/hostile/blns/blns.json").read_text("utf-8")):
        assert not _faults(text[:9_000])


def test_behind_the_guard_no_link_is_left_that_was_not_cited() -> None:
    guard, chance = Guard(), random.Random(7)  # noqa: S311
    for _ in range(300):
        said = guard.check(hostile(chance), Allowed(frozenset(GOOD))).text
        safe = defused(said)
        assert not safe.strip() or not faults(Message("x", (markdown(safe),)), LISTED), said


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("see Registrar.Net when it is done.It is", "see `Registrar.Net` when it is done.It is"),
        ("Hi <!channel> and <@U123>", "Hi &lt;!channel&gt; and &lt;@U123&gt;"),
        (r"a \<b\> &lt;c&gt; AT&T &copy; &nosuch;", "a &lt;b&gt; &lt;c&gt; AT&amp;T &copy; &amp;nosuch;"),
        ("`if a < b && c: List<String>`", "`if a < b && c: List<String>`"),
        ("`<!here>`", "`&lt;!here>`"),
        ("> said\n> so", "> said\n> so"),
        ("ask @here or @Everyone!", "ask @\u2060here or @\u2060Everyone!"),
        ("use `@channel` or @hereby", "use `@\u2060channel` or @hereby"),
        ("see [the page](https://help.example/page).", "see [the page](https://help.example/page)."),
        ("see [x](javascript:alert(1)) or ![a plan](https://help.example/p.png)", "see x or a plan"),
        ("<https://help.example/page>", "https://help.example/page"),
        (
            "edit config/settings.yaml, then write to me@site.com",
            "edit `config/settings.yaml`, then write to `me@site.com`",
        ),
        ("e.g. version 1.2 of it. Next", "e.g. version 1.2 of it. Next"),
        (r"1\. no list", r"1\. no list"),
        ("text [1] [2]", "text [1] [2]"),
        ("![a][b] it works![1]", "! [a] [b] it works! [1]"),
        ("| `a|b` | c |", r"| `a\|b` | c |"),
        ("~~~yaml\na: 1\n~~~", "```yaml\na: 1\n```"),
        ("```\nnever closed", "```\nnever closed\n```"),
    ],
)
def test_what_is_said_stays_as_it_reads(text: str, safe: str) -> None:
    assert defused(text) == safe


def test_code_in_a_list_stays_in_its_list() -> None:
    text = "- Run:\n  ```sh\n  curl https://help.example\n  ```\n- Done"
    assert defused(text) == text


def test_a_link_to_what_is_not_listed_keeps_its_words() -> None:
    assert defused("[our **docs**](https://else.example/x)", lambda _: False) == "our **docs**"


@pytest.mark.parametrize(
    "text",
    ["`" * 12_000, "[" * 12_000, "<" * 12_000, "a." * 6_000, "\\" * 12_000, "![](" * 3_000, "&" * 12_000, "`a" * 6_000],
)
def test_no_text_takes_long(text: str) -> None:
    from time import process_time

    begun = process_time()
    defused(text)
    assert process_time() - begun < 3
