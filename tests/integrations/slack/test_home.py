"""App Home: everyone sees what can be done, admins how it goes."""

import json
from datetime import timedelta
from typing import Any

from integrations.slack import modals
from integrations.slack.home import ForAdmins, home
from integrations.slack.messages import Message
from integrations.slack.modals import ChannelSettings
from integrations.slack.needs import Week
from rag_core.domain import Audience, PersonId, SourceName
from rag_core.runs import Failure, IngestionRun, RunId, RunRecord, RunState
from tests.integrations.slack.answering import AS_OF
from tests.integrations.slack.judging import faults

BAD = "<!channel> @here <https://evil.com|x>"
EMPTY = Week(0, None, None, (), None)


def _run(
    failures: int = 0, state: RunState = RunState.DONE, by: str = "slack:T1:U7", source: str = "docs"
) -> RunRecord:
    failed = tuple(Failure(f"{BAD} {number}", BAD) for number in range(failures))
    result = IngestionRun(SourceName(source), 12, 1_300, 2, failed, ("a.zip",), 9_000, None, 61.2)
    ended = AS_OF + timedelta(seconds=61)
    return RunRecord(
        RunId("r1"),
        SourceName(source),
        PersonId(by),
        AS_OF,
        state=state,
        ended=ended,
        result=result,
        failed=failures,
        skipped=1,
    )


def _written(view: dict[str, Any]) -> str:
    return json.dumps(view["blocks"], ensure_ascii=False)


def _values(view: dict[str, Any]) -> list[str | None]:
    found = [block["accessory"] for block in view["blocks"] if "accessory" in block]
    found += [each for block in view["blocks"] if block["type"] == "actions" for each in block["elements"]]
    assert {each["action_id"] for each in found} <= {"open_channel_settings"}
    return [each.get("value") for each in found]


def test_everyone_sees_what_can_be_done_and_nothing_of_others() -> None:
    view = home()
    assert "/support" in _written(view)
    assert "This week" not in _written(view)
    assert not _values(view)


def test_where_the_log_is_shared_it_says_why_no_question_is_listed() -> None:
    written = _written(home(ForAdmins(Week(1, 0.0, None, None, None))))
    assert "several workspaces" in written
    assert "Asked, but not in the documents" not in written


def test_admins_see_the_week_the_last_run_and_the_channels() -> None:
    week = Week(1_204, 0.876, 0.5, ("How do I export?", "What is <b>?"), _run(failures=7))
    settings = ChannelSettings(
        "C1", Audience.INTERNAL, frozenset({SourceName("faq"), SourceName("docs")}), automatic=True
    )
    view = home(ForAdmins(week, (settings,)))
    written = _written(view)
    for words in (
        "*Questions*: 1,204\\n*Answered*: 88%\\n*Helpful, of rated answers*: 50%",
        "1. How do I export?",
        "2. What is <b>?",
        "*State*: done",
        "by <@U7>",
        "*Took*: 0:01:01",
        "12 written, 1,300 unchanged, 2 removed, 7 failed, 1 skipped",
        "*Could not be read*: 7",
        "And 2 more",
        "<#C1>\\nInternal and public documents, docs, faq; answers every question",
    ):
        assert words in written
    assert modals.settings_of(_values(view)[0] or "") == settings
    assert _values(view)[-1] is None


def test_before_anything_happened_it_says_so() -> None:
    written = _written(home(ForAdmins(EMPTY)))
    assert "*Answered*: –" in written
    assert "No run is recorded yet" in written
    assert "No channel has settings of its own" in written


def test_a_run_that_is_under_way_says_how_far_it_is() -> None:
    run = RunRecord(RunId("r1"), SourceName("docs"), PersonId("cli:ada"), AS_OF, done=5, total=1_000)
    written = _written(home(ForAdmins(Week(0, None, None, (), run))))
    assert "*State*: running, 5 of 1,000" in written
    assert "by cli:ada" in written


def test_what_others_wrote_is_shown_and_does_nothing_and_a_hundred_blocks_are_enough() -> None:
    week = Week(9, 0.1, 0.2, tuple(BAD * 40 for _ in range(30)), _run(300, RunState.FAILED, BAD, BAD))
    names = frozenset(SourceName(f"{BAD}{number}") for number in range(90))
    channels = tuple(ChannelSettings(f"C{number}", Audience.PUBLIC, names, automatic=False) for number in range(300))
    view = home(ForAdmins(week, channels))
    assert len(view["blocks"]) <= 100
    assert "240 more have settings" in _written(view)
    for block in view["blocks"]:
        assert not faults(Message("x", (block,)), set())
