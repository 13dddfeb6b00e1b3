"""Take a person's id out of what is remembered of Slack.

Turns stay, nameless: by them a question that Slack delivers again is known to be answered. No text is among them.
"""

import json
from collections.abc import Callable
from dataclasses import replace

import msgspec

from integrations.slack.readers import Readers
from integrations.slack.turns import KEPT, Turn
from rag_core.domain import Record
from rag_core.ports import Records

THREADS, RATINGS, READERS, CHANNELS = "slack-thread#", "slack-rating#", "slack-readers#", "slack-channels#"


def forget(records: Records, user: str, team: str | None = None) -> int:
    """How many records named them. `team`: None looks in every workspace."""
    found = [*_turns(records, user, team), *_settings(records, user, team)]
    for group, name, record, nameless, ends in found:
        records.change(group, name, nameless, seen=record, ttl=KEPT if ends else None)
    rated = [(group, name) for group, name, _ in records.every(RATINGS) if name == user]
    for group, name in rated:
        records.remove(group, name)
    reading = [
        group.removeprefix(READERS) for group, _, record in records.every(READERS) if user in json.loads(record.value)
    ]
    Readers(records).forget(user, *{each for each in reading if team in (None, each)})
    return len(found) + len(rated) + len(reading)


Found = tuple[str, str, Record, bytes, bool]


def _turns(records: Records, user: str, team: str | None) -> list[Found]:
    def nameless(record: Record) -> bytes | None:
        try:
            turn = msgspec.json.decode(record.value, type=Turn)
        except msgspec.DecodeError:  # a note on the thread
            return None
        if turn.asked_by != user or team not in (None, turn.team):
            return None
        return msgspec.json.encode(replace(turn, asked_by="", answered=False))

    return _changed(records, THREADS, nameless, ends=True)


def _settings(records: Records, user: str, team: str | None) -> list[Found]:
    """Who set a channel's; what they set stays."""

    def nameless(record: Record) -> bytes | None:
        value = json.loads(record.value)
        return json.dumps(value | {"by": ""}).encode() if value.get("by") == user else None

    return _changed(records, f"{CHANNELS}{team or ''}", nameless, ends=False)


def _changed(
    records: Records, beginning: str, nameless: Callable[[Record], bytes | None], *, ends: bool
) -> list[Found]:
    found = [(group, name, record, nameless(record)) for group, name, record in records.every(beginning)]
    return [(group, name, record, value, ends) for group, name, record, value in found if value is not None]
