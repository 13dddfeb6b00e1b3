"""Read the text files that come with a question; say honestly which files are not read.

A file is fetched from Slack's own host with the bot's token, and no further than a question may be long.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.slack.calling import Slack
from integrations.slack.fetching import Web
from integrations.slack.reading import File
from rag_core.errors import RejectedError

LONGEST = 4_000  # characters of a question, with what its files say
LARGEST = 1_000_000  # bytes of a file that is looked at
ALSO = frozenset({"application/json", "application/xml", "application/x-yaml", "application/yaml", "application/toml"})
ENDINGS = frozenset("txt log md csv json xml yaml yml toml ini cfg conf py js ts java go rb sh sql".split(" "))  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Attached:
    """A question with what its files say, and the names of those that were not read."""

    text: str
    unread: tuple[str, ...] = ()


def attached(text: str, files: Sequence[File], web: Web, slack: Slack) -> Attached:
    """Raises UnavailableError where Slack's files cannot be had now."""
    unread = list[str]()
    for file in files:
        room = LONGEST - len(text) - len(file.name) - 20
        content = _content(file, web, slack) if room > 0 else None
        if content is None:
            unread.append(file.name)
            continue
        if len(content) > room:
            unread.append(f"{file.name} (from character {room:,} on)")
        text = f"{text}\n\n{file.name}:\n{content[:room]}".strip()
    return Attached(text, tuple(unread))


def _content(file: File, web: Web, slack: Slack) -> str | None:
    """None for what is no text, too large, or not to be had."""
    if not (_is_text(file) and file.url and file.size <= LARGEST and slack.client.token):
        return None
    try:
        content = web.download(file.url, slack.client.token, LONGEST * 4, slack.deadline)
    except RejectedError:
        return None
    if b"\0" in content or content[:15].lower().startswith((b"<!doctype html", b"<html")):
        return None  # a picture by another name, or the page on which Slack asks a stranger to sign in
    return content.decode(errors="replace").strip() or None


def _is_text(file: File) -> bool:
    ending = file.name.rpartition(".")[2].lower()
    return file.type.startswith("text/") or file.type in ALSO or ending in ENDINGS
