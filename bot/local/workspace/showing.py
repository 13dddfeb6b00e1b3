"""Things of the world as Slack writes them in JSON."""

from bot.local.workspace.nouns import Channel, File, Json, Kind, Message, Role, Team, User, View
from bot.local.workspace.world import World

GUESTS = {Role.GUEST, Role.CHANNEL_GUEST}


def message(world: World, shown: Message, *, metadata: bool = False) -> Json:
    """A message as history and events hold it; its metadata only where it was asked for."""
    said: Json = {"type": "message", "user": shown.user, "ts": shown.ts, "text": shown.text, "team": shown.team}
    if shown.client_msg_id:
        said["client_msg_id"] = shown.client_msg_id
    if shown.bot_id:
        said |= {"bot_id": shown.bot_id, "app_id": world.app.id, "bot_profile": profile(world, shown)}
    for name in ("blocks", "attachments"):
        if getattr(shown, name):
            said[name] = getattr(shown, name)
    if shown.thread_ts:
        said |= _threaded(world, shown)
    if shown.files:
        said |= {"files": [file(world, each) for each in shown.files], "upload": False}
        if not shown.bot_id:
            said["subtype"] = "file_share"
    if shown.edited:
        said["edited"] = {"user": shown.user, "ts": shown.edited}
    if metadata and shown.metadata:
        said["metadata"] = shown.metadata
    return said


def _threaded(world: World, shown: Message) -> Json:
    channel = world.channels[shown.channel]
    if shown.thread_ts == shown.ts:
        replies = channel.threads.get(shown.ts, [])
        return {
            "thread_ts": shown.ts,
            "reply_count": len(replies),
            "reply_users_count": len({reply.user for reply in replies}),
            "latest_reply": replies[-1].ts if replies else shown.ts,
            "reply_users": sorted({reply.user for reply in replies}),
            "is_locked": False,
        }
    root = channel.messages.get(shown.thread_ts or "")
    parent = {"parent_user_id": root.user} if root else {}
    broadcast = {"subtype": "thread_broadcast"} if shown.broadcast else {}
    return {"thread_ts": shown.thread_ts, **parent, **broadcast}


def profile(world: World, shown: Message) -> Json:
    return {
        "id": shown.bot_id,
        "app_id": world.app.id,
        "user_id": shown.user,
        "name": world.app.name,
        "deleted": False,
        "updated": 0,
        "team_id": shown.team,
    }


def user(world: World, shown: User, asking: Team) -> Json:
    """A person, as the bot of one team sees them."""
    guest = shown.role in GUESTS
    seen: Json = {
        "id": shown.id,
        "team_id": shown.team,
        "name": shown.handle,
        "real_name": shown.name,
        "deleted": shown.deleted,
        "is_admin": shown.role in {Role.ADMIN, Role.OWNER},
        "is_owner": shown.role is Role.OWNER,
        "is_primary_owner": False,
        "is_restricted": guest,
        "is_ultra_restricted": shown.role is Role.CHANNEL_GUEST,
        "is_bot": shown.role is Role.BOT,
        "is_app_user": False,
        "tz": "Europe/London",
        "tz_offset": 0,
        "updated": 0,
        "profile": {
            "real_name": shown.name,
            "display_name": shown.name,
            "real_name_normalized": shown.name,
            "display_name_normalized": shown.name,
            "team": shown.team,
        },
    }
    if shown.role is Role.BOT:
        seen["profile"] |= {"bot_id": shown.bot_id, "api_app_id": world.app.id}
    elif shown.team == asking.id:
        seen["profile"]["email"] = f"{shown.handle}@{asking.domain}.example"
    else:
        seen["is_stranger"] = not _meets(world, shown, asking)
    return seen


def _meets(world: World, shown: User, asking: Team) -> bool:
    """Slack calls somebody of another team a stranger only where no conversation is shared with them."""
    return any({shown.id, asking.bot} <= channel.members for channel in world.channels.values())


def channel(shown: Channel, asking: Team) -> Json:
    seen: Json = {
        "id": shown.id,
        "created": shown.created,
        "is_archived": shown.archived,
        "is_channel": shown.kind is Kind.PUBLIC,
        "is_group": shown.kind is Kind.PRIVATE,
        "is_im": shown.kind is Kind.DIRECT,
        "is_mpim": shown.kind is Kind.GROUP,
        "is_private": shown.kind is not Kind.PUBLIC,
        "is_org_shared": False,
        "context_team_id": asking.id,
        "updated": 0,
    }
    if shown.kind is Kind.DIRECT:
        others = sorted(shown.members - {asking.bot})
        return seen | {"user": others[0] if others else asking.bot, "is_user_deleted": False, "priority": 0}
    return seen | {
        "name": shown.name,
        "name_normalized": shown.name,
        "is_general": False,
        "is_shared": bool(shown.shared_with),
        "is_ext_shared": bool(shown.shared_with),
        "is_pending_ext_shared": shown.pending,
        "is_member": asking.bot in shown.members,
        "conversation_host_id": shown.team,
        "shared_team_ids": sorted(shown.teams),
        "connected_team_ids": sorted(shown.teams - {asking.id}),
        "unlinked": 0,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
    }


def file(world: World, shown: File) -> Json:
    if shown.mode == "tombstone":
        return {"id": shown.id, "mode": "tombstone"}
    private = f"{world.url}/files-pri/{shown.team}-{shown.id}"
    return {
        "id": shown.id,
        "created": shown.created,
        "timestamp": shown.created,
        "name": shown.name,
        "title": shown.name,
        "mimetype": shown.mimetype,
        "filetype": shown.name.rpartition(".")[2],
        "user": shown.user,
        "user_team": shown.team,
        "mode": shown.mode,
        "size": len(shown.content),
        "is_external": False,
        "is_public": False,
        "file_access": "visible",
        "url_private": f"{private}/{shown.name}",
        "url_private_download": f"{private}/download/{shown.name}",
        "permalink": f"{world.url}/files/{shown.user}/{shown.id}/{shown.name}",
    }


def view(world: World, shown: View) -> Json:
    content = {name: value for name, value in shown.content.items() if name != "type"}
    return {
        "id": shown.id,
        "team_id": shown.team,
        "type": shown.content["type"],
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "submit": None,
        "close": None,
        **content,
        "state": {"values": shown.state},
        "hash": shown.hash,
        "previous_view_id": shown.previous,
        "root_view_id": shown.root,
        "app_id": world.app.id,
        "app_installed_team_id": shown.team,
        "bot_id": world.teams[shown.team].bot_id,
    }
