from typing import Any

import pytest

from bot.local.workspace import blocks, modals
from bot.local.workspace.composing import checked
from bot.local.workspace.nouns import Json
from bot.local.workspace.refusing import RefusalError
from tests.bot.local.workspace.shapes import actions, button, feedback, field, modal, plain, section, select


def markdown(length: int) -> Json:
    return {"type": "markdown", "text": "x" * length}


def context(elements: int) -> Json:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * elements}


GOOD: list[list[Json]] = [
    [markdown(12_000)],
    [section("x" * 3_000), {"type": "divider"}, {"type": "header", "text": plain("x" * 150)}],
    [actions(*(button(f"a{number}") for number in range(25)))],
    [actions(button("a", value="v" * 2_000, text="x" * 75)), feedback(), context(10)],
    [{"type": "section", "text": plain("x"), "block_id": "i" * 255, "accessory": select("s", "one", "two")}],
    [{"type": "divider"} for _ in range(50)],
    [{"type": "context_actions", "elements": [{"type": "icon_button", "icon": "trash", "text": plain("Delete")}]}],
]

BAD: list[tuple[list[Json], str]] = [
    ([markdown(12_001)], "/blocks/0/text"),
    ([markdown(6_001), markdown(6_000)], "/blocks"),
    ([section("x" * 3_001)], "/blocks/0/text/text"),
    ([section("")], "/blocks/0/text/text"),
    ([{"type": "divider"}, {"type": "header", "text": plain("x" * 151)}], "/blocks/1/text/text"),
    ([{"type": "divider"} for _ in range(51)], "/blocks"),
    ([actions(*(button(f"a{number}") for number in range(26)))], "/blocks/0/elements"),
    ([actions(button("a"), button("a"))], "/blocks/0/elements"),
    ([actions(button("a", text="x" * 76))], "/blocks/0/elements/0/text/text"),
    ([actions(button("a", value="v" * 2_001))], "/blocks/0/elements/0/value"),
    ([actions(feedback()["elements"][0])], "/blocks/0/elements/0/type"),
    ([{"type": "context_actions", "elements": [button("a")]}], "/blocks/0/elements/0/type"),
    ([context(11)], "/blocks/0/elements"),
    ([{"type": "divider", "block_id": "i" * 256}], "/blocks/0/block_id"),
    ([{"type": "divider", "block_id": "i"}, {"type": "divider", "block_id": "i"}], "/blocks/1/block_id"),
    ([{"type": "carousel_of_dreams"}], "/blocks/0/type"),
    ([{"type": "section", "text": {"type": "html", "text": "x"}}], "/blocks/0/text/type"),
    ([actions(select("s"))], "/blocks/0/elements/0/options"),
    ([actions(select("s", "x" * 151))], "/blocks/0/elements/0/options/0/text/text"),
    ([actions(select("s", "a") | {"initial_option": {"text": plain("B"), "value": "b"}})],
     "/blocks/0/elements/0/initial_option"),
]  # fmt: skip


@pytest.mark.parametrize("given", GOOD)
def test_blocks_within_the_limits_are_taken(given: list[Json]) -> None:
    checked(given)
    assert all(block["block_id"] for block in given)


@pytest.mark.parametrize(("given", "at"), BAD)
def test_blocks_beyond_a_limit_are_refused_with_their_place(given: list[Json], at: str) -> None:
    with pytest.raises(RefusalError) as caught:
        checked(given)
    assert caught.value.code == "invalid_blocks"
    assert caught.value.answer()["response_metadata"]["messages"][0].endswith(f"[json-pointer:{at}]")


@pytest.mark.parametrize("given", ["text", {"type": "divider"}, [1]])
def test_what_is_no_list_of_blocks_has_its_own_error(given: Any) -> None:
    with pytest.raises(RefusalError, match="invalid_blocks_format"):
        checked(given)


def test_all_texts_together_have_a_limit() -> None:
    checked([markdown(12_000), section("x" * 1_200)])
    with pytest.raises(RefusalError, match="msg_blocks_too_long"):
        checked([markdown(12_000), section("x" * 1_201)])


def test_a_modal_holds_what_a_message_may_not_and_the_other_way_round() -> None:
    modals.check(modal(field("comment"), section("x")), surface="modal", size=100)
    with pytest.raises(RefusalError, match="invalid_arguments"):
        modals.check(modal(markdown(1)), surface="modal", size=100)
    modals.check({"type": "home", "blocks": [{"type": "divider"} for _ in range(100)]}, surface="home", size=100)
    with pytest.raises(RefusalError, match="invalid_arguments"):
        modals.check({"type": "home", "blocks": [{"type": "divider"} for _ in range(101)]}, surface="home", size=100)


@pytest.mark.parametrize(
    "broken",
    [
        {"title": plain("x" * 25)},
        {"title": None},
        {"submit": None},
        {"submit": plain("x" * 25)},
        {"private_metadata": "x" * 3_001},
        {"callback_id": "x" * 256},
        {"type": "home"},
    ],
)
def test_a_modal_beyond_a_limit_is_refused(broken: Json) -> None:
    with pytest.raises(RefusalError, match="invalid_arguments"):
        modals.check(modal(field("comment")) | broken, surface="modal", size=100)


def test_a_view_has_a_largest_size() -> None:
    with pytest.raises(RefusalError, match="view_too_large"):
        modals.check(modal(), surface="modal", size=modals.LARGEST + 1)


def test_a_given_block_id_never_meets_a_made_one() -> None:
    given = [{"type": "divider"}, {"type": "divider", "block_id": "=0x"}]
    blocks.check(given)
    assert given[0]["block_id"] != given[1]["block_id"]
