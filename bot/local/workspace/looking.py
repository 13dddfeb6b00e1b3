"""Who and what is there: auth.test, users.info, usergroups.users.list, team.info, bots.info, files.info."""

from bot.local.workspace import showing
from bot.local.workspace.calling import Call
from bot.local.workspace.nouns import File, Json, Role, Team
from bot.local.workspace.refusing import RefusalError
from bot.local.workspace.world import World


def auth_test(call: Call) -> Json:
    bot = call.world.users[call.team.bot]
    return {
        "url": f"https://{call.team.domain}.slack.example/",
        "team": call.team.name,
        "user": bot.handle,
        "team_id": call.team.id,
        "user_id": bot.id,
        "bot_id": call.team.bot_id,
        "is_enterprise_install": False,
    }


def user(call: Call) -> Json:
    found = call.world.users.get(call.arguments.text("user"))
    if found is None or (found.team != call.team.id and not _shares_a_team(call, found.id)):
        raise RefusalError("user_not_found")
    return {"user": showing.user(call.world, found, call.team)}


def _shares_a_team(call: Call, person: str) -> bool:
    """Somebody of another team is known where a channel is shared with them, whether or not the bot is in it."""
    channels = call.world.channels.values()
    return any(call.team.id in channel.teams and person in channel.members for channel in channels)


def group_members(call: Call) -> Json:
    group = call.world.groups.get(call.arguments.text("usergroup"))
    if group is None or group.team != call.team.id:
        raise RefusalError("no_such_subteam")
    return {"users": list(group.members)}


def team(call: Call) -> Json:
    named = call.world.teams.get(call.arguments.text("team") or call.team.id)
    if named is None:
        raise RefusalError("team_not_found")
    return {"team": {"id": named.id, "name": named.name, "domain": named.domain, "email_domain": "", "icon": {}}}


def bot(call: Call) -> Json:
    asked = call.arguments.text("bot") or call.team.bot_id
    for found in call.world.users.values():
        if found.role is Role.BOT and found.bot_id == asked and found.team == call.team.id:
            about = {"id": asked, "app_id": call.world.app.id, "user_id": found.id, "name": found.name}
            return {"bot": about | {"deleted": False, "updated": 0, "icons": {}}}
    raise RefusalError("bot_not_found")


def file(call: Call) -> Json:
    found = find_file(call.world, call.team, call.arguments.text("file"))
    return {"file": showing.file(call.world, found), "comments": [], "response_metadata": {"next_cursor": ""}}


def find_file(world: World, team: Team, ident: str) -> File:
    """A file the bot may see: it was shared in a conversation the bot is in."""
    found = world.files.get(ident)
    places = (channel for channel in world.channels.values() if team.bot in channel.members)
    shared = (file.id for place in places for message in place.messages.values() for file in message.files)
    if found is None or ident not in shared:
        raise RefusalError("file_not_found")
    return found
