"""Modals within Slack's limits, and what is submitted with them, believed only as far as it makes sense."""

import json
import subprocess
import sys
from typing import Any

import pytest

from integrations.slack import modals
from integrations.slack.modals import ChannelSettings, Feedback, UnfitError
from rag_core.domain import LONGEST_COMMENT, REASONS, Audience, QuestionId, SourceName
from rag_core.errors import RejectedError

NAMES = [SourceName("docs"), SourceName("faq")]
SETTINGS = ChannelSettings("C1", Audience.INTERNAL, frozenset(NAMES), automatic=True)


def _submitted(view: dict[str, Any], **values: dict[str, Any]) -> dict[str, Any]:
    """As Slack sends it: every input has a value, what was left empty is null."""
    state = {
        block["block_id"]: {
            block["element"]["action_id"]: {"type": block["element"]["type"]} | values.get(block["block_id"], {})
        }
        for block in view["blocks"]
    }
    return view | {"state": {"values": state}}


def _option(value: str) -> dict[str, Any]:
    return {"selected_option": {"value": value, "text": {}}}


def _options(*values: str) -> dict[str, Any]:
    return {"selected_options": [{"value": value} for value in values]}


def _block(view: dict[str, Any], block_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(block["element"] for block in view["blocks"] if block["block_id"] == block_id)
    return found


def test_feedback_comes_back_as_it_was_given() -> None:
    view = modals.feedback(QuestionId("q1"), "C1", "1.2")
    read = modals.read_feedback(_submitted(view, reason=_option("outdated"), comment={"value": "since <May>"}))
    assert read == Feedback(QuestionId("q1"), "C1", "1.2", "outdated", "since <May>")
    assert modals.read_feedback(_submitted(view, reason=_option("other"), comment={"value": None})).comment == ""


def test_every_reason_can_be_chosen_and_a_comment_be_as_long_as_it_is_kept() -> None:
    view = modals.feedback(QuestionId("q1"), "C1", "1.2")
    assert [option["value"] for option in _block(view, "reason")["options"]] == list(REASONS)
    assert _block(view, "comment")["max_length"] == LONGEST_COMMENT


def test_feedback_without_a_reason_is_asked_for_one() -> None:
    view = modals.feedback(QuestionId("q1"), "C1", "1.2")
    with pytest.raises(UnfitError) as caught:
        modals.read_feedback(_submitted(view, reason=_option("nonsense"), comment={"value": "x" * 2_001}))
    assert set(caught.value.errors) == {"reason", "comment"}


@pytest.mark.parametrize("current", [SETTINGS, ChannelSettings("C2", Audience.PUBLIC, None, automatic=False)])
def test_settings_that_are_not_touched_come_back_as_they_were(current: ChannelSettings) -> None:
    view = modals.channel_settings(NAMES, current)
    chosen = {
        "channel": {"selected_conversation": _block(view, "channel")["initial_conversation"]},
        "audience": {"selected_option": _block(view, "audience")["initial_option"]},
        "sources": {"selected_options": _block(view, "sources").get("initial_options", [])},
        "automatic": {"selected_options": _block(view, "automatic").get("initial_options", [])},
    }
    assert modals.read_channel_settings(_submitted(view, **chosen)) == current


def test_a_new_channel_is_for_the_public_and_answered_when_mentioned() -> None:
    view = modals.channel_settings(NAMES)
    assert _block(view, "audience")["initial_option"]["value"] == "public"
    assert "initial_options" not in _block(view, "automatic")


def test_a_source_that_is_gone_stays_chosen_so_that_saving_opens_nothing() -> None:
    view = modals.channel_settings([SourceName("faq")], SETTINGS)
    assert [each["value"] for each in _block(view, "sources")["initial_options"]] == ["docs", "faq"]


def test_of_many_sources_as_many_are_offered_as_slack_takes_and_it_says_how_many_are_not() -> None:
    names = [SourceName(f"source {number} " + "x" * 90) for number in range(130)] + [SourceName("y" * 151)]
    view = modals.channel_settings(names)
    options = _block(view, "sources")["options"]
    assert len(options) == 100
    assert all(len(each["text"]["text"]) <= 75 and len(each["value"]) <= 150 for each in options)
    assert "31 more" in next(block["hint"]["text"] for block in view["blocks"] if block["block_id"] == "sources")


def test_without_sources_there_is_nothing_to_choose() -> None:
    view = modals.channel_settings([])
    assert [block["block_id"] for block in view["blocks"]] == ["channel", "audience", "automatic"]
    read = modals.read_channel_settings(
        _submitted(
            view, channel={"selected_conversation": "C1"}, audience=_option("internal"), automatic=_options("on")
        )
    )
    assert read == ChannelSettings("C1", Audience.INTERNAL, None, automatic=True)


def test_settings_without_a_channel_or_an_audience_are_asked_for_them() -> None:
    with pytest.raises(UnfitError) as caught:
        modals.read_channel_settings(_submitted(modals.channel_settings(NAMES), audience=_option("everyone")))
    assert set(caught.value.errors) == {"channel", "audience"}


@pytest.mark.parametrize(
    "view",
    [
        {},
        {"state": None},
        {"state": {"values": []}},
        {"private_metadata": "[", "state": {"values": {}}},
        {"private_metadata": "7"},
    ],
)
def test_a_view_that_is_not_ours_is_refused(view: dict[str, Any]) -> None:
    with pytest.raises(RejectedError):
        modals.read_feedback(view)
    with pytest.raises(RejectedError):
        modals.read_channel_settings(view)


def _feedback(**values: dict[str, Any]) -> dict[str, Any]:
    view = modals.feedback(QuestionId("q1"), "C1", "1.2")
    return _submitted(view, **({"reason": _option("outdated")} | values))


def _settings(**values: dict[str, Any]) -> dict[str, Any]:
    chosen = {"channel": {"selected_conversation": "C1"}, "audience": _option("public")}
    return _submitted(modals.channel_settings(NAMES), **(chosen | values))


@pytest.mark.parametrize(
    "view",
    [
        _feedback(comment={"value": 7}),
        _feedback(comment={"value": True}),
        _feedback(reason={"selected_option": {"value": []}}),
        _feedback() | {"private_metadata": "[" * 100_000},
        _feedback() | {"private_metadata": '{"question_id": ["q1"]}'},
        _feedback() | {"private_metadata": '{"question_id": "q1", "channel": 1}'},
    ],
)
def test_feedback_that_slack_would_not_send_is_refused(view: dict[str, Any]) -> None:
    with pytest.raises(RejectedError) as caught:
        modals.read_feedback(view)
    assert not isinstance(caught.value, UnfitError)


@pytest.mark.parametrize(
    "view",
    [
        _settings(channel={"selected_conversation": ["C1"]}),
        _settings(sources={"selected_options": 7}),
        _settings(sources={"selected_options": {"value": "docs"}}),
        _settings(sources={"selected_options": [{"value": ["docs"]}]}),
        _settings(automatic={"selected_options": True}),
    ],
)
def test_settings_that_slack_would_not_send_are_refused(view: dict[str, Any]) -> None:
    with pytest.raises(RejectedError) as caught:
        modals.read_channel_settings(view)
    assert not isinstance(caught.value, UnfitError)


def test_a_state_of_a_strange_kind_is_read_as_nothing() -> None:
    state = {
        "values": {"reason": 7, "comment": {"comment": 7}, "channel": {"channel": {"selected_conversation": None}}}
    }
    with pytest.raises(UnfitError):
        modals.read_feedback({"state": state})
    with pytest.raises(UnfitError):
        modals.read_channel_settings({"state": state})


@pytest.mark.parametrize("settings", [SETTINGS, ChannelSettings("C2", Audience.PUBLIC, None, automatic=False)])
def test_the_edit_button_carries_the_settings(settings: ChannelSettings) -> None:
    assert modals.settings_of(modals.settings_value(settings)) == settings


@pytest.mark.parametrize(
    "value",
    ["", "7", "{}", "[", "[" * 100_000, '{"channel": "C1", "audience": "all", "sources": null, "automatic": true}'],
)
def test_a_button_that_carries_none_gives_none(value: str) -> None:
    assert modals.settings_of(value) is None


def test_settings_too_long_for_a_button_are_not_cut_but_left_out() -> None:
    many = frozenset(SourceName(f"{number}" + "x" * 140) for number in range(20))
    assert modals.settings_value(ChannelSettings("C1", Audience.PUBLIC, many, automatic=False)) == ""


def test_titles_buttons_and_what_is_kept_are_within_limits() -> None:
    for view in (modals.feedback(QuestionId("q" * 64), "C1", "1.2"), modals.channel_settings(NAMES, SETTINGS)):
        assert all(0 < len(view[part]["text"]) <= 24 for part in ("title", "submit", "close"))
        assert len(view["private_metadata"]) <= 3_000
        assert json.loads(json.dumps(view)) == view


def test_the_modals_load_nothing_heavy() -> None:
    script = "import sys; import integrations.slack.modals; print(sorted(m.partition('.')[0] for m in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert not [name for name in ("slack_sdk", "slack_bolt", "pyromark", "bs4", "pydantic") if f"'{name}'" in loaded]
