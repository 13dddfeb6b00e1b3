"""Events as the Events API wraps them."""

from bot.local.workspace import showing
from bot.local.workspace.calling import Change
from bot.local.workspace.nouns import Channel, Json, Message, Team
from bot.local.workspace.world import World


def wrap(world: World, team: Team, event: Json, channel: Channel | None = None) -> Json:
    """What the app is sent: one event, in the name of one installation."""
    return {
        "token": world.app.verification_token,
        "team_id": team.id,
        "context_team_id": team.id,
        "context_enterprise_id": None,
        "api_app_id": world.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": world.number("Ev"),
        "event_time": int(float(event.get("event_ts") or world.clock.now())),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": team.id,
                "user_id": team.bot,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": bool(channel and channel.shared_with),
        "event_context": f"4-{world.number('context')}",
    }


def posted(world: World, message: Message) -> Json:
    """A message event."""
    channel = world.channels[message.channel]
    event = showing.message(world, message, metadata=bool(message.bot_id))
    event |= {"channel": channel.id, "event_ts": message.ts, "channel_type": channel.kind.value}
    if channel.shared_with and not message.bot_id:
        event |= {"user_team": message.team, "source_team": message.team}
    return event


def mentioned(world: World, message: Message) -> Json:
    """The same message once more, because it names the bot."""
    event = posted(world, message)
    del event["channel_type"]
    event.pop("subtype", None)
    return event | {"type": "app_mention"}


def changed(world: World, message: Message, change: Change, before: Json | None = None) -> Json:
    """What became of a message: it was edited or deleted."""
    channel = world.channels[message.channel]
    ts = world.clock.ts()
    event: Json = {"type": "message", "channel": channel.id, "ts": ts, "event_ts": ts, "hidden": True}
    event["channel_type"] = channel.kind.value
    shown = showing.message(world, message, metadata=bool(message.bot_id))
    previous = before or shown
    if change is Change.DELETED:
        return event | {"subtype": "message_deleted", "deleted_ts": message.ts, "previous_message": previous}
    return event | {"subtype": "message_changed", "message": shown, "previous_message": previous}


def stopped(world: World, user: str, channel: Channel, thread_ts: str | None, streams: list[str]) -> Json:
    return {
        "type": "agent_session_stopped",
        "user": user,
        "channel": channel.id,
        "thread_ts": thread_ts,
        "streaming_message_ts": streams,
        "event_ts": world.clock.ts(),
    }


def home(world: World, user: str, channel: Channel, tab: str) -> Json:
    event: Json = {"type": "app_home_opened", "user": user, "channel": channel.id, "tab": tab}
    event["event_ts"] = world.clock.ts()
    shown = world.homes.get(user)
    if tab == "home" and shown is not None:
        event["view"] = showing.view(world, shown)
    return event


def joined(world: World, user: str, channel: Channel, inviter: str | None) -> Json:
    event: Json = {"type": "member_joined_channel", "user": user, "channel": channel.id, "team": channel.team}
    event |= {"channel_type": "C", "event_ts": world.clock.ts()}
    return event | ({"inviter": inviter} if inviter else {})
