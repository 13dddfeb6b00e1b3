"""Read what a person wrote: an event becomes what was asked, or nothing.

What the app itself, another bot or Slack wrote is never a question: two bots would answer each other for ever.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.slack.needs import Place

WRITTEN = frozenset({None, "file_share", "me_message", "thread_broadcast"})  # subtypes in which a person says something
SLACKBOT = "USLACKBOT"
TOKEN = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
SPACES = re.compile(r"[ \t]{2,}")


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a question."""

    name: str
    type: str  # its media type, as Slack tells it
    url: str
    size: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wrote, where, and to whom."""

    place: Place
    ts: str
    thread: str  # the ts of the message above it, its own where there is none
    text: str  # for a reader: without the bot's mention, names and links as words
    files: tuple[File, ...] = ()
    mentioned: bool = False  # the bot was
    others: bool = False  # somebody else was
    direct: bool = False  # nobody else reads there

    @property
    def is_top(self) -> bool:
        return self.thread == self.ts


def read(body: Mapping[str, Any], team: str, bot_user: str) -> Asked | None:
    """Of an event; None where no person says anything with it."""
    event = body["event"]
    user, ts, channel = event.get("user"), event.get("ts"), event.get("channel")
    if (
        event.get("subtype") not in WRITTEN
        or event.get("bot_id")
        or event.get("hidden")
        or not (user and ts and channel)
    ):
        return None
    if user in (bot_user, SLACKBOT):
        return None
    raw = event.get("text") or ""
    named = {match[2] for match in TOKEN.finditer(raw) if match[1] in ("@", "!")}
    return Asked(
        place=Place(team, channel, user, _team_of(event, team), bool(body.get("is_ext_shared_channel"))),
        ts=ts,
        thread=event.get("thread_ts") or ts,
        text=plain(raw, bot_user),
        files=files(event),
        mentioned=event["type"] == "app_mention" or bot_user in named,
        others=bool(named - {bot_user}),
        direct=event.get("channel_type") == "im" or channel.startswith("D"),
    )


def _team_of(event: Mapping[str, Any], team: str) -> str:
    return str(event.get("user_team") or event.get("source_team") or event.get("team") or team)


def files(message: Mapping[str, Any]) -> tuple[File, ...]:
    """Of a message; one that does not lie with Slack has no address here, nor one whose address or size is withheld."""
    given = message.get("files")
    return tuple(_file(each) for each in given if isinstance(each, Mapping)) if isinstance(given, list) else ()


def _file(given: Mapping[str, Any]) -> File:
    size = given.get("size")
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        size = None
    address = given.get("url_private_download") or given.get("url_private") or ""
    return File(
        str(given.get("name") or given.get("title") or "file"),
        str(given.get("mimetype") or ""),
        "" if size is None or _is_remote(given) else str(address),
        size or 0,
    )


def _is_remote(given: Mapping[str, Any]) -> bool:
    """Its address was said by another app (https://docs.slack.dev/messaging/working-with-files#remote)."""
    said = ("is_external", "external_type", "external_id", "external_url")
    return given.get("mode") in ("external", "remote") or any(given.get(each) for each in said)


def plain(text: str, bot_user: str = "") -> str:
    """Slack's own markup as words; the bot's mention is no part of what is asked."""

    def word(match: re.Match[str]) -> str:
        sign, target, label = match[1], match[2], match[3]
        if sign == "@":
            return "" if target == bot_user else f"@{label or 'someone'}"
        if sign == "#":
            return f"#{label or 'a-channel'}"
        if sign == "!":
            return label or f"@{target.partition('^')[0]}"
        address = target.removeprefix("mailto:")
        return address if not label or label == address else f"{label} ({address})"

    return SPACES.sub(" ", html.unescape(TOKEN.sub(word, text))).strip()
