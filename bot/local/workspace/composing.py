"""What a message may be made of: its text, blocks and metadata, within Slack's limits."""

import json
from typing import Any

from bot.local.workspace import blocks
from bot.local.workspace.arguments import Arguments
from bot.local.workspace.nouns import Channel, Json, Message
from bot.local.workspace.refusing import RefusalError
from bot.local.workspace.world import World

LONGEST_TEXT = 40_000  # of a new message: what is beyond is cut off
LONGEST_UPDATE = 4_000
LONGEST_MARKDOWN = 12_000
LARGEST_METADATA = 8_000


def content(arguments: Arguments) -> Json:
    """The parts of a message that a call brought; what it did not name is absent."""
    made: Json = {}
    if arguments.has("markdown_text"):
        if arguments.has("text") or arguments.has("blocks"):
            raise RefusalError("markdown_text_conflict")
        made |= _markdown(arguments.text("markdown_text"))
    if arguments.has("text"):
        made["text"] = arguments.text("text")[:LONGEST_TEXT]
    if arguments.has("blocks"):
        made["blocks"] = checked(arguments.structure("blocks", error="invalid_blocks_format"))
    if arguments.has("attachments"):
        made["attachments"] = arguments.structure("attachments", error="invalid_attachments")
    return made


def _markdown(text: str) -> Json:
    if len(text) > LONGEST_MARKDOWN:
        raise RefusalError("msg_too_long")
    return {"text": text, "blocks": [{"type": "markdown", "text": text, "block_id": "=0"}] if text else []}


def checked(given: Any) -> list[Json]:
    """Blocks that Slack takes in one message."""
    blocks.check(given)
    if blocks.total(given) > blocks.MESSAGE_TOTAL:
        raise RefusalError("msg_blocks_too_long")
    found: list[Json] = given
    return found


def metadata(arguments: Arguments) -> Json | None:
    """The facts an app ties to its message; Slack shows them to whoever asks for them."""
    given = arguments.structure("metadata", error="invalid_metadata_format")
    if given is None:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("event_type"), str):
        raise RefusalError("invalid_metadata_format")
    if not isinstance(given.get("event_payload"), dict):
        raise RefusalError("invalid_metadata_format")
    if len(json.dumps(given)) > LARGEST_METADATA:
        raise RefusalError("metadata_too_large")
    return given


def thread(arguments: Arguments, channel: Channel) -> str | None:
    """The thread a message shall go to: stricter than Slack, which hides a reply to what begins no thread."""
    ts = arguments.text("thread_ts")
    if not ts:
        return None
    root = channel.messages.get(ts)
    if root is None or root.root != ts:
        raise RefusalError("cannot_reply_to_message")
    return ts


def fill(message: Message, made: Json) -> None:
    message.text = made.get("text", message.text)
    message.blocks = made.get("blocks", message.blocks)
    message.attachments = made.get("attachments", message.attachments)


def demand_something(message: Message | Json) -> None:
    given = message if isinstance(message, dict) else {"t": message.text, "b": message.blocks, "a": message.attachments}
    if not any(given.values()):
        raise RefusalError("no_text")


def own(world: World, channel: Channel, arguments: Arguments, bot: str, *, missing: str, foreign: str) -> Message:
    """The app's own message that a call names."""
    message = channel.messages.get(arguments.text("ts"))
    if message is None:
        raise RefusalError(missing)
    if message.user != bot:
        raise RefusalError(foreign)
    return world.age(message)
