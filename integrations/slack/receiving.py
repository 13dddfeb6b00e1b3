"""What Slack sent, in its three forms: an event as JSON, an interaction as a form's `payload`, a command as a form.

What comes out is what Socket Mode's envelope holds: behind this line nobody knows which way it came.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from rag_core.errors import RejectedError

FIELDS = 100  # of a form; a command has about fifteen


class Kind(StrEnum):
    """What a payload is, by what is done with it at once."""

    EVENT = "event"
    ACTION = "action"
    SUBMISSION = "submission"
    CLOSED = "closed"
    SHORTCUT = "shortcut"
    COMMAND = "command"
    HANDSHAKE = "handshake"  # Slack asks whether this address is ours
    OTHER = "other"  # authentic, and nothing that this app has asked for


KINDS = {
    "event_callback": Kind.EVENT,
    "block_actions": Kind.ACTION,
    "view_submission": Kind.SUBMISSION,
    "view_closed": Kind.CLOSED,
    "message_action": Kind.SHORTCUT,
    "shortcut": Kind.SHORTCUT,
    "url_verification": Kind.HANDSHAKE,
}


@dataclass(frozen=True, slots=True)
class Received:
    """One payload; `key` is the same for every delivery of it, and another for every other."""

    payload: dict[str, Any]
    kind: Kind
    key: str

    @property
    def event(self) -> Mapping[str, Any]:
        """Of an EVENT."""
        found: Mapping[str, Any] = self.payload["event"]
        return found

    @property
    def actions(self) -> list[Mapping[str, Any]]:
        """Of an ACTION."""
        found: list[Mapping[str, Any]] = self.payload["actions"]
        return found


def receive(body: bytes) -> Received:
    """Raises RejectedError for what Slack would not send."""
    try:
        return received(_parsed(body))
    except (ValueError, RecursionError) as error:  # no UTF-8, no JSON, no form, a number of 5,000 digits
        raise RejectedError(f"the body is not of Slack's forms ({type(error).__name__})") from None


def received(payload: object) -> Received:
    """A payload as Socket Mode delivers it. Raises RejectedError."""
    if not isinstance(payload, dict):
        raise RejectedError("the payload is not an object")
    if "command" in payload and "type" not in payload:
        return Received(payload, Kind.COMMAND, _joined(payload, "team_id?", "user_id", "command", "trigger_id"))
    if "ssl_check" in payload:
        return Received(payload, Kind.OTHER, "")
    kind = KINDS.get(_text(payload, "type"), Kind.OTHER)
    return Received(payload, kind, _key(kind, payload))


def _parsed(body: bytes) -> object:
    """By the body's own form: a header that says otherwise changes nothing."""
    if body.lstrip()[:1] == b"{":
        return json.loads(body.decode())
    pairs = parse_qsl(
        body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=FIELDS
    )
    form = dict(pairs)
    return json.loads(form["payload"]) if "payload" in form else form


def _key(kind: Kind, payload: Mapping[str, Any]) -> str:
    match kind:
        case Kind.EVENT:
            _text(_object(payload, "event"), "type")
            return _joined(payload, "team_id?", "event_id")
        case Kind.ACTION:
            action = _first(payload)
            return f"{_person(payload)}:{_joined(action, 'action_id', 'action_ts')}"
        case Kind.SUBMISSION | Kind.CLOSED:
            view = _object(payload, "view")
            return f"{_person(payload)}:{kind}:{_joined(view, 'id', 'hash?')}:{_joined(payload, 'trigger_id?')}"
        case Kind.SHORTCUT:
            return f"{_person(payload)}:{_joined(payload, 'callback_id', 'action_ts?', 'trigger_id')}"
        case Kind.HANDSHAKE:
            return _text(payload, "challenge")
    return ""


def _person(payload: Mapping[str, Any]) -> str:
    team, user = payload.get("team"), _object(payload, "user")
    named = team.get("id") if isinstance(team, dict) else user.get("team_id")  # an app of a whole Grid has no team
    return f"{named or ''}:{_text(user, 'id')}"


def _first(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    actions = payload.get("actions")
    if not isinstance(actions, list) or not actions or not all(isinstance(action, dict) for action in actions):
        raise RejectedError("the payload has no action")
    first: Mapping[str, Any] = actions[0]
    return first


def _joined(given: Mapping[str, Any], *names: str) -> str:
    """The named texts; one with a question mark may be missing."""
    return ":".join(str(given.get(name[:-1]) or "") if name.endswith("?") else _text(given, name) for name in names)


def _text(given: Mapping[str, Any], name: str) -> str:
    found = given.get(name)
    if not isinstance(found, str) or not found:
        raise RejectedError(f"the payload has no {name}")
    return found


def _object(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = given.get(name)
    if not isinstance(found, dict):
        raise RejectedError(f"the payload has no {name}")
    return found
