"""chat.startStream, appendStream, stopStream: a message that grows.

The text of a stream is Markdown and ends up in a `markdown` block; a stream nobody ended ends after five minutes.
"""

from typing import Any

from bot.local.workspace import composing, showing
from bot.local.workspace.blocks import MESSAGE_TOTAL
from bot.local.workspace.calling import Call, Change
from bot.local.workspace.nouns import Channel, Json, Kind, Message, Streaming
from bot.local.workspace.refusing import RefusalError

LIFETIME = 300  # seconds
TASK_STATES = {"pending", "in_progress", "complete", "error"}
WITHOUT_RECIPIENT = {Kind.DIRECT, Kind.GROUP}


def start(call: Call) -> Json:
    channel = call.channel()
    _recipient(call, channel)
    thread = composing.thread(call.arguments, channel)
    if thread is None and channel.kind in WITHOUT_RECIPIENT:
        raise RefusalError("invalid_arguments")
    world = call.world
    message = Message(
        channel.id,
        world.clock.ts(),
        call.team.bot,
        call.team.id,
        thread_ts=thread,
        bot_id=call.team.bot_id,
        streaming=Streaming.OPEN,
        stream_ends=world.clock.now() + LIFETIME,
    )
    _grow(message, call)
    world.keep(message)
    call.announce(message, Change.POSTED)
    return {"channel": channel.id, "ts": message.ts}


def append(call: Call) -> Json:
    channel = call.channel()
    message = _streaming(call, channel)
    if not call.arguments.has("markdown_text") and not call.arguments.has("chunks"):
        raise RefusalError("no_text")
    _grow(message, call)
    call.world.touch()
    return {"channel": channel.id, "ts": message.ts}


def stop(call: Call) -> Json:
    channel = call.channel()
    message = _streaming(call, channel, stopped=True)
    last = composing.checked(call.arguments.structure("blocks")) if call.arguments.has("blocks") else []
    metadata = composing.metadata(call.arguments)
    if message.grows:
        _grow(message, call)
    message.blocks = [*message.blocks, *last]
    message.metadata = metadata or message.metadata
    message.streaming = Streaming.ENDED
    if call.arguments.has("session_status"):
        call.world.sessions[(channel.id, message.thread_ts)] = {"status": call.arguments.text("session_status")}
    call.world.touch()
    call.announce(message, Change.CHANGED)
    shown = showing.message(call.world, message, metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def _recipient(call: Call, channel: Channel) -> None:
    """In a channel Slack wants to know for whom the answer is written."""
    if channel.kind in WITHOUT_RECIPIENT:
        return
    for name in ("recipient_team_id", "recipient_user_id"):
        if not call.arguments.text(name):
            raise RefusalError(f"missing_{name}")
    if call.arguments.text("recipient_user_id") not in call.world.users:
        raise RefusalError("user_not_found")


def _streaming(call: Call, channel: Channel, *, stopped: bool = False) -> Message:
    message = composing.own(
        call.world,
        channel,
        call.arguments,
        call.team.bot,
        missing="message_not_found",
        foreign="message_not_owned_by_app",
    )
    if message.streaming is Streaming.STOPPED:
        if stopped:
            return message
        raise RefusalError("stopped_by_user")
    if not message.grows:
        raise RefusalError("message_not_in_streaming_state")
    return message


def _grow(message: Message, call: Call) -> None:
    """Add what a call brought; nothing is added where any of it is refused."""
    text, added = call.arguments.text("markdown_text"), list[Json]()
    for chunk in _chunks(call):
        said, blocks = _chunk(chunk)
        text += said
        added += blocks
    if len(text) > composing.LONGEST_MARKDOWN:
        raise RefusalError("msg_too_long")
    if len(message.text) + len(text) > MESSAGE_TOTAL:
        raise RefusalError("msg_blocks_too_long")
    message.text += text
    rest = [block for block in message.blocks if block.get("block_id") != "=stream"]
    body = [{"type": "markdown", "text": message.text, "block_id": "=stream"}] if message.text else []
    message.blocks = body + rest + added


def _chunks(call: Call) -> list[Any]:
    chunks = call.arguments.structure("chunks", error="invalid_chunks") or []
    if not isinstance(chunks, list):
        raise RefusalError("invalid_chunks")
    return chunks


def _chunk(chunk: Any) -> tuple[str, list[Json]]:
    """The text and the blocks of one chunk; tasks and plans are not kept."""
    match chunk:
        case {"type": "markdown_text", "text": str(text)}:
            return text, []
        case {"type": "task_update", "id": str(), "title": str(), "status": str(status)} if status in TASK_STATES:
            return "", []
        case {"type": "plan_update", "title": str()}:
            return "", []
        case {"type": "blocks", "blocks": list(blocks)}:
            return "", composing.checked(blocks)
    raise RefusalError("invalid_chunks")
