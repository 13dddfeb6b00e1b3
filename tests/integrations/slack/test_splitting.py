"""Long Markdown in parts: each fits and stands on its own, and nothing is lost between them."""

import random
import re

import pytest

from integrations.slack.defusing import defused
from integrations.slack.splitting import split
from tests.integrations.slack.writing_markdown import hostile, long

HEADS = re.compile(r"^(?:`{3,}.*|\| name \| what \||\| --- \| --- \|)$", re.MULTILINE)


def _words(text: str) -> list[str]:
    """Without what may be repeated: fences, and a table's head."""
    return HEADS.sub("", text).split()


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_and_everything_fits(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    for limit in (4_500, 9_000):
        text = long(chance, 30_000)
        parts = split(text, limit)
        assert all(0 < len(part) <= limit for part in parts)
        assert "".join(_words("\n".join(parts))) == "".join(_words(text))
        assert len(parts) <= 3 * len(text) / limit


@pytest.mark.parametrize("seed", range(10))
def test_no_part_tears_a_fence_a_link_or_code(seed: int) -> None:
    for part in split(long(random.Random(seed), 40_000), 4_500):  # noqa: S311
        assert len(re.findall(r"^```", part, re.MULTILINE)) % 2 == 0
        outside = re.sub(r"^```.*?^```$", "", part, flags=re.MULTILINE | re.DOTALL)
        assert outside.count("`") % 2 == 0
        assert outside.count("[a page. here]") == outside.count("[a page. here](https://help.example/page)")
        if "\n| r" in part or part.startswith("| r"):
            assert "| name | what |\n| --- | --- |\n| r" in part


def test_what_is_hostile_is_no_more_so_in_parts() -> None:
    chance = random.Random(3)  # noqa: S311
    for _ in range(20):
        text = defused("".join(hostile(chance) for _ in range(60)), lambda _: False)
        for part in split(text, 4_500):
            assert defused(part, lambda _: False).count("&lt;") == part.count("&lt;")
            assert len(part) <= 4_500


def test_a_short_text_is_one_part() -> None:
    assert split("One.\n\n- two\n- three\n", 100) == ["One.\n\n- two\n- three"]
    assert split(" \n\n ", 100) == []


def test_paragraphs_stay_whole() -> None:
    assert split("First one.\n\nSecond one.\n\nThird one.", 25) == ["First one.\n\nSecond one.", "Third one."]


def test_a_heading_goes_with_what_it_is_above() -> None:
    assert split("Some words here.\n\n## Next\n\nMore words here.", 30) == [
        "Some words here.",
        "## Next\n\nMore words here.",
    ]


def test_what_leads_to_a_list_goes_with_it() -> None:
    assert split("Some words are here.\n\nDo this:\n\n- one\n- two", 30) == [
        "Some words are here.",
        "Do this:\n\n- one\n- two",
    ]


def test_a_list_is_cut_between_its_items() -> None:
    text = "\n".join(f"- item {number}\n  goes on here" for number in range(4))
    assert split(text, 60) == [
        "- item 0\n  goes on here\n- item 1\n  goes on here",
        "- item 2\n  goes on here\n- item 3\n  goes on here",
    ]


def test_prose_is_cut_between_sentences_and_never_within_code() -> None:
    text = "One two three four. Use `a. b. c. d. e. f` now. Five six seven."
    assert split(text, 45) == ["One two three four.", "Use `a. b. c. d. e. f` now. Five six seven."]


def test_code_goes_on_in_a_fence_of_the_same_kind() -> None:
    assert split("```sh\n" + "make one\n" * 4 + "```", 32) == ["```sh\nmake one\nmake one\n```"] * 2


def test_a_word_without_end_is_cut_and_kept() -> None:
    parts = split("x" * 95, 40)
    assert [len(part) for part in parts] == [40, 40, 15]


def test_an_entity_is_not_cut_in_two() -> None:
    assert split("x" * 37 + "&amp;" + "y" * 10, 40)[0] == "x" * 37
