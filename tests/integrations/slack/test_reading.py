"""What a person wrote, of what Slack sends."""

from typing import Any

import pytest

from bot.local.workspace.nouns import Message
from integrations.slack.reading import files, read
from rag_core.domain import Deadline
from tests.integrations.slack.office import Office
from tests.integrations.slack.sending import Door, mention


def test_what_is_said_with_me_is_said(here: Office) -> None:
    direct = here.slack.direct(here.ada)
    asked: Message = here.slack.say(direct, here.ada, "wonders how to reset SSO?")
    here.queue.jobs.clear()
    event = {"type": "message", "subtype": "me_message", "channel": direct.id, "channel_type": "im"}
    here.worker.work(here.event(**event, user=here.ada.id, ts=asked.ts, text=asked.text), Deadline.within(20), False)
    assert [question.text for question in here.core.asked] == ["wonders how to reset SSO?"]
    assert here.replies(asked)


def test_what_is_said_with_me_waits_in_the_queue() -> None:
    door = Door()
    door.send(mention(type="message", subtype="me_message"))
    assert len(door.queue.jobs) == 1


@pytest.mark.parametrize("given", [None, 3, "x", {"a": 1}, [], [None, "x", 3]])
def test_what_are_no_files_are_none(given: object) -> None:
    assert files({"files": given}) == ()
    event: dict[str, Any] = {"type": "app_mention", "user": "U1", "ts": "1.1", "channel": "C1", "text": "why?"}
    asked = read({"event": event | {"files": given}}, "T1", "UBOT")
    assert asked is not None
    assert asked.files == ()


def test_a_file_that_was_deleted_has_a_name_and_no_address() -> None:
    [file] = files({"files": [{"id": "F1", "mode": "tombstone"}]})
    assert (file.name, file.url) == ("file", "")
