"""A response_url: the app answers a person where they acted, without a token."""

from bot.local.workspace import composing
from bot.local.workspace.arguments import Arguments
from bot.local.workspace.calling import Announce, Change
from bot.local.workspace.nouns import Json, Message
from bot.local.workspace.triggers import ResponseUrl
from bot.local.workspace.world import World


def respond(world: World, right: ResponseUrl, given: Json, announce: Announce) -> None:
    """Post, replace or delete, as the answer says; without a word to it, the answer is for that person's eyes."""
    arguments = Arguments(given)
    origin = right.origin
    if origin is not None and arguments.flag("delete_original"):
        world.drop(origin)
        if not origin.seen_by:
            announce(origin, Change.DELETED)
        return
    made = composing.content(arguments)
    composing.demand_something(made)
    if origin is not None and arguments.flag("replace_original"):
        composing.fill(origin, {"blocks": [], "text": ""} | made)
        world.touch()
        if not origin.seen_by:
            announce(origin, Change.CHANGED)
        return
    message = answer(world, right, arguments)
    composing.fill(message, made)
    world.keep(message)
    if not message.seen_by:
        announce(message, Change.POSTED)


def answer(world: World, right: ResponseUrl, arguments: Arguments) -> Message:
    team = world.teams[right.team]
    thread = arguments.text("thread_ts") or None
    private = arguments.text("response_type", "ephemeral") != "in_channel"
    return Message(
        right.channel,
        world.clock.ts(),
        team.bot,
        team.id,
        thread_ts=thread,
        bot_id=team.bot_id,
        seen_by=right.user if private else None,
    )
