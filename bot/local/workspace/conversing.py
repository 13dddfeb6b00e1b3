"""conversations.*: channels and what was said in them."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from bot.local.workspace import showing
from bot.local.workspace.calling import Call
from bot.local.workspace.nouns import Channel, Json, Kind, Message
from bot.local.workspace.refusing import RefusalError

MOST = 1_000
T = TypeVar("T")


def info(call: Call) -> Json:
    channel = _visible(call)
    shown = showing.channel(channel, call.team)
    if call.arguments.flag("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


def _visible(call: Call) -> Channel:
    return call.world.visible(call.team, call.arguments.needed("channel", error="channel_not_found"))


def join(call: Call) -> Json:
    channel = _visible(call)
    if channel.kind is not Kind.PUBLIC:
        raise RefusalError("method_not_supported_for_channel_type")
    if channel.archived:
        raise RefusalError("is_archived")
    channel.members.add(call.team.bot)
    call.world.touch()
    return {"channel": showing.channel(channel, call.team)}


def open_(call: Call) -> Json:
    """A direct conversation with whoever is named."""
    named = [each.strip() for each in call.arguments.text("users").split(",") if each.strip()]
    if not named and call.arguments.has("channel"):
        return {"channel": {"id": _visible(call).id}}
    if not named:
        raise RefusalError("users_list_not_supplied")
    for each in named:
        person = call.world.users.get(each)
        if person is None:
            raise RefusalError("user_not_found")
        if person.deleted:
            raise RefusalError("user_disabled")
    channel = call.world.direct(call.team.bot, *named)
    brief = {"id": channel.id}
    whole = call.arguments.flag("return_im")
    return {"channel": showing.channel(channel, call.team) if whole else brief}


def members(call: Call) -> Json:
    channel = _visible(call)
    found, after = _page(call, sorted(channel.members), default=100)
    return {"members": found, "response_metadata": {"next_cursor": after}}


def history(call: Call) -> Json:
    """What stands in the channel itself, newest first; a reply stands in its thread only."""
    channel = call.channel()
    shown = [message for message in channel.messages.values() if message.root == message.ts or message.broadcast]
    return _said(call, list(reversed(_between(call, shown))), default=100)


def replies(call: Call) -> Json:
    """A thread, oldest first; its first page begins with the message it hangs on."""
    channel = call.channel()
    named = channel.messages.get(call.arguments.text("ts"))
    if named is None:
        raise RefusalError("thread_not_found")
    root = channel.messages.get(named.root)
    thread = _between(call, channel.threads.get(named.root, []))
    return _said(call, ([root] if root else []) + list(thread), default=MOST)


def _between(call: Call, messages: Sequence[Message]) -> Sequence[Message]:
    oldest, latest = call.arguments.text("oldest", "0"), call.arguments.text("latest", "9999999999.999999")
    inclusive = call.arguments.flag("inclusive")
    try:
        first, last = float(oldest), float(latest)
    except ValueError:
        raise RefusalError("invalid_ts_oldest") from None
    if inclusive:
        return [each for each in messages if first <= float(each.ts) <= last]
    return [each for each in messages if first < float(each.ts) < last]


def _said(call: Call, messages: Sequence[Message], default: int) -> Json:
    found, after = _page(call, messages, default)
    metadata = call.arguments.flag("include_all_metadata")
    shown = [showing.message(call.world, call.world.age(each), metadata=metadata) for each in found]
    answer: Json = {"messages": shown, "has_more": bool(after)}
    if after:
        answer["response_metadata"] = {"next_cursor": after}
    return answer


def _page(call: Call, all_: Sequence[T], default: int) -> tuple[Sequence[T], str]:
    """One page, and the cursor of the next one where there is one."""
    limit = min(max(call.arguments.number("limit", default), 1), MOST)
    start = _position(call.arguments.text("cursor"))
    end = start + limit
    after = base64.b64encode(f"next:{end}".encode()).decode() if end < len(all_) else ""
    return all_[start:end], after


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except (ValueError, binascii.Error):
        raise RefusalError("invalid_cursor") from None
