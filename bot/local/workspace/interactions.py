"""What Slack sends when a person clicks, submits, commands: the payloads, without sending them."""

from collections.abc import Mapping
from typing import Any

from bot.local.workspace import showing
from bot.local.workspace.nouns import Channel, Json, Message, Team, User, View
from bot.local.workspace.world import World

CHOICES = {
    "static_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "multi_static_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
}
OPTIONS = {"static_select", "radio_buttons", "overflow", "multi_static_select", "checkboxes"}


class NoSuchElementError(LookupError):
    """The person cannot do this: what they would act on is not on their screen."""


def _acted(world: World, team: Team, user: User, kind: str) -> Json:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.handle, "name": user.handle, "team_id": user.team},
        "api_app_id": world.app.id,
        "token": world.app.verification_token,
        "team": {"id": team.id, "domain": team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def on_message(world: World, team: Team, user: User, message: Message, action: Json) -> Json:
    """A click in a message; of an ephemeral one Slack sends the place, not the message."""
    channel = world.channels[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.seen_by is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = _acted(world, team, user, "block_actions") | {
        "container": container,
        "trigger_id": world.triggers.issue(team, user.id),
        "channel": _brief(channel),
        "state": {"values": {}},
        "response_url": world.url + world.triggers.url(team, user.id, channel.id, message),
        "actions": [action],
    }
    if not message.seen_by:
        payload["message"] = showing.message(world, message)
    return payload


def on_view(world: World, team: Team, user: User, view: View, action: Json) -> Json:
    return _acted(world, team, user, "block_actions") | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": world.triggers.issue(team, user.id),
        "view": showing.view(world, view),
        "actions": [action],
    }


def submission(world: World, team: Team, user: User, view: View) -> Json:
    return _acted(world, team, user, "view_submission") | {
        "trigger_id": world.triggers.issue(team, user.id),
        "view": showing.view(world, view),
        "response_urls": [],
    }


def closing(world: World, team: Team, user: User, view: View, *, cleared: bool) -> Json:
    return _acted(world, team, user, "view_closed") | {"view": showing.view(world, view), "is_cleared": cleared}


def shortcut(world: World, team: Team, user: User, message: Message, callback_id: str) -> Json:
    """A message shortcut; its answer goes to the channel, and replaces nothing."""
    channel = world.channels[message.channel]
    return _acted(world, team, user, "message_action") | {
        "action_ts": world.clock.ts(),
        "callback_id": callback_id,
        "trigger_id": world.triggers.issue(team, user.id),
        "response_url": world.url + world.triggers.url(team, user.id, channel.id),
        "channel": _brief(channel),
        "message_ts": message.ts,
        "message": showing.message(world, message),
    }


def command(world: World, team: Team, user: User, channel: Channel, name: str, text: str) -> Json:
    return {
        "token": world.app.verification_token,
        "team_id": team.id,
        "team_domain": team.domain,
        "channel_id": channel.id,
        "channel_name": _brief(channel)["name"],
        "user_id": user.id,
        "user_name": user.handle,
        "command": name,
        "text": text,
        "api_app_id": world.app.id,
        "is_enterprise_install": "false",
        "response_url": world.url + world.triggers.url(team, user.id, channel.id),
        "trigger_id": world.triggers.issue(team, user.id),
    }


def _brief(channel: Channel) -> Json:
    return {"id": channel.id, "name": channel.name if channel.name else "directmessage"}


def action(blocks: list[Json], action_id: str, value: Any, ts: str) -> Json:
    """What clicking an element sends; the element must be there, and hold that value where it holds one."""
    for block in blocks:
        for element in _elements(block):
            if element.get("action_id") == action_id:
                found = _pressed(element, value)
                if found is not None:
                    ids = {"type": element["type"], "action_id": action_id, "block_id": block["block_id"]}
                    return ids | found | {"action_ts": ts}
    raise NoSuchElementError(f"nothing to act on is called {action_id!r}" + (f" with {value!r}" if value else ""))


def _elements(block: Json) -> list[Json]:
    found = [each for each in block.get("elements", []) if isinstance(each, dict)]
    return found + [block[name] for name in ("accessory", "element") if isinstance(block.get(name), dict)]


def _pressed(element: Json, value: Any) -> Json | None:
    """None where the element holds another value."""
    if element["type"] == "feedback_buttons":
        buttons = [element["positive_button"], element["negative_button"]]
        found = next((each for each in buttons if each["value"] == value), None)
        return {"text": found["text"], "value": value} if found else None
    if element["type"] in {"button", "icon_button"}:
        if value is not None and element.get("value") != value:
            return None
        held = {"value": element["value"]} if "value" in element else {}
        return {"text": element["text"]} | held
    return entered(element, value)


def entered(element: Json, value: Any) -> Json:
    """What a person chose or wrote, as Slack holds it."""
    kind = element["type"]
    name = CHOICES.get(kind, "value")
    if kind not in OPTIONS:
        return {"type": kind, name: value}
    wanted = value if isinstance(value, (list, tuple)) else [value]
    by_value = {option["value"]: option for option in element["options"]}
    if value is not None and any(each not in by_value for each in wanted):
        raise NoSuchElementError(f"{element.get('action_id')!r} does not offer {value!r}")
    chosen = [by_value[each] for each in wanted] if value is not None else []
    return {"type": kind, name: chosen if name.endswith("s") else (chosen[0] if chosen else None)}


def initial(element: Json) -> Json:
    """What a field holds before anybody touched it."""
    kind = element["type"]
    name = CHOICES.get(kind, "value")
    default: Any = [] if name.endswith("s") else None
    return {
        "type": kind,
        name: element.get(name.replace("selected", "initial") if kind in CHOICES else "initial_value", default),
    }


def state(view: View, values: Mapping[str, Any]) -> dict[str, dict[str, Json]]:
    """A modal's fields by block and action; `values` are by action_id, what is not named stays as it was."""
    left, made = dict(values), dict[str, dict[str, Json]]()
    for block in view.content["blocks"]:
        if block["type"] not in {"input", "actions", "section"}:
            continue
        for element in _elements(block):
            name = element.get("action_id", "")
            if element["type"] in {"button", "overflow", "image"}:
                continue
            filled = entered(element, left.pop(name)) if name in left else initial(element)
            made.setdefault(block["block_id"], {})[name] = filled
    if left:
        raise NoSuchElementError(f"the modal has no field called {', '.join(left)}")
    return made
