"""chat.*: messages of the bot."""

from dataclasses import replace

from bot.local.workspace import composing, showing
from bot.local.workspace.calling import Call, Change
from bot.local.workspace.nouns import Channel, Json, Message
from bot.local.workspace.refusing import RefusalError


def post_message(call: Call) -> Json:
    channel = _addressed(call)
    message = draft(call, channel)
    message.metadata = composing.metadata(call.arguments)
    message.broadcast = call.arguments.flag("reply_broadcast") and message.thread_ts is not None
    call.world.keep(message)
    call.announce(message, Change.POSTED)
    shown = showing.message(call.world, message, metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def _addressed(call: Call) -> Channel:
    """A channel, or a person's direct conversation where a person is named."""
    named = call.arguments.needed("channel", error="channel_not_found")
    person = call.world.users.get(named)
    if person is not None and person.team == call.team.id:
        return call.world.direct(call.team.bot, person.id)
    channel = call.channel()
    if channel.archived:
        raise RefusalError("is_archived")
    return channel


def draft(call: Call, channel: Channel) -> Message:
    """A new message of the bot; it is not in its channel yet."""
    made = composing.content(call.arguments)
    composing.demand_something(made)
    message = Message(
        channel.id,
        call.world.clock.ts(),
        call.team.bot,
        call.team.id,
        thread_ts=composing.thread(call.arguments, channel),
        bot_id=call.team.bot_id,
        unfurls=call.arguments.flag("unfurl_links", default=True) or call.arguments.flag("unfurl_media", default=True),
    )
    composing.fill(message, made)
    return message


def post_ephemeral(call: Call) -> Json:
    channel = call.channel()
    person = call.arguments.needed("user", error="user_not_in_channel")
    if person not in channel.members:
        raise RefusalError("user_not_in_channel")
    message = replace(draft(call, channel), seen_by=person)
    call.world.keep(message)
    return {"message_ts": message.ts}


def update(call: Call) -> Json:
    arguments = call.arguments
    channel = call.channel()
    message = composing.own(
        call.world, channel, arguments, call.team.bot, missing="message_not_found", foreign="cant_update_message"
    )
    if message.grows:
        raise RefusalError("streaming_state_conflict")
    window = call.team.edit_window
    if window is not None and call.world.clock.now() - message.kept >= window:
        raise RefusalError("edit_window_closed")
    if len(arguments.text("text")) > composing.LONGEST_UPDATE:
        raise RefusalError("msg_too_long")
    made = composing.content(arguments)
    if not made and not arguments.has("metadata"):
        raise RefusalError("no_text")
    if "text" in made and "blocks" not in made:
        made["blocks"] = []  # Slack's rule: a text alone replaces the blocks
    composing.demand_something({"text": message.text, "blocks": message.blocks} | made)
    given = composing.metadata(arguments)
    composing.fill(message, made)
    message.metadata = given if given is not None else message.metadata
    if arguments.has("text") and not arguments.has("blocks"):
        message.edited = call.world.clock.ts()
    call.world.touch()
    call.announce(message, Change.CHANGED)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": showing.message(call.world, message, metadata=True),
    }


def delete(call: Call) -> Json:
    channel = call.channel()
    message = composing.own(
        call.world, channel, call.arguments, call.team.bot, missing="message_not_found", foreign="cant_delete_message"
    )
    if not call.team.may_delete:
        raise RefusalError("cant_delete_message")
    call.world.drop(message)
    call.announce(message, Change.DELETED)
    return {"channel": channel.id, "ts": message.ts}
