"""Judge what would be posted, by two parsers that are not the product's own reading, and Slack's limits."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pyromark
from markdown_it import MarkdownIt

from integrations.slack.messages import Message

OPTIONS = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH
TOKEN = re.compile(r"<[!@#]|<[a-z]+://", re.IGNORECASE)
OURS = re.compile(
    r"<!date\^\d+\^\{date_short_pretty\} at \{time\}\|[^|<>]+>|<@U\w+>|<#C\w+>|<!subteam\^S\w+>|<https?://[^|<>\s]+\|[^<>]+>"
)
NAMES = re.compile(r"@(?:here|channel|everyone)(?![\w(])")
BARE = re.compile(
    r"[a-z][a-z0-9+.-]*:[/\\]{2}\S+|(?<![^\W_])(?:javascript|mailto|tel):\S+|[\w-]+\.(?:com|net|org|io|py|evil)\b",
    re.IGNORECASE,
)
COMMONMARK = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def faults(message: Message, allowed: set[str]) -> list[str]:
    """What must not be there: mentions, addresses that are not allowed, pictures, tags; anything over a limit."""
    found = [*_over(message), *_commands(message.text, message.text)]
    for text in _objects(list(message.blocks)):
        if text["type"] == "markdown":
            found += _of_markdown(text["text"], allowed)
        elif text["type"] == "mrkdwn":
            found += [f"not verbatim: {text}"] * (text.get("verbatim") is not True)
            found += _commands(OURS.sub("", text["text"]), text["text"])
            found += [
                f"link to {url}"
                for url in re.findall(r"<(https?://[^|>]+)", text["text"])
                if _plain(url) not in allowed
            ]
        else:
            found += _commands(text["text"], text["text"])
    return found


def _commands(text: str, where: str) -> Iterator[str]:
    yield from (f"token {each!r} in {where[:300]!r}" for each in TOKEN.findall(text))
    yield from (f"name {each!r} in {where[:300]!r}" for each in NAMES.findall(text))


def _plain(url: str) -> str:
    return url.replace("&amp;", "&")


def _of_markdown(text: str, allowed: set[str]) -> Iterator[str]:
    yield from _commands(text, text)
    yield from _by_pyromark(text, allowed)
    yield from _by_markdown_it(text, allowed)


def _by_pyromark(text: str, allowed: set[str]) -> Iterator[str]:
    verbatim, prose = 0, ""
    for event in pyromark.events(text, options=OPTIONS):
        if not isinstance(event, dict):
            prose += " "
            continue
        (kind, value), *_ = event.items()
        tag = next(iter(value)) if isinstance(value, dict) else value
        if kind in ("Html", "InlineHtml") or tag == "Image":
            yield f"{tag} {value!r} in {text[:500]!r}"
        if kind == "Start" and tag == "Link" and isinstance(value, dict) and value["Link"]["dest_url"] not in allowed:
            yield f"link {value!r} in {text[:500]!r}"
        if tag in ("Link", "CodeBlock"):
            verbatim += {"Start": 1, "End": -1}.get(kind, 0)
        prose += str(value) if kind == "Text" and not verbatim else " " if kind == "Code" or verbatim else ""
        prose += "" if kind in ("Text", "Code") else " "
    yield from _bare(prose, text, allowed)


def _by_markdown_it(text: str, allowed: set[str]) -> Iterator[str]:
    for block in COMMONMARK.parse(text):
        linked, prose = 0, ""
        for token in block.children or [block]:
            if token.type in ("image", "html_inline", "html_block"):
                yield f"{token.type} {token.content!r} in {text[:500]!r}"
            href = token.attrGet("href")
            if href is not None and href not in allowed:
                yield f"link {href!r} in {text[:500]!r}"
            linked += token.nesting if token.type.startswith("link") else 0
            prose += token.content if token.type == "text" and not linked else " "
        yield from _bare(prose, text, allowed)


def _bare(prose: str, text: str, allowed: set[str]) -> Iterator[str]:
    for url in sorted(allowed, key=len, reverse=True):
        prose = prose.replace(url, " ")
    yield from (f"address {each!r} in {text[:500]!r}" for each in BARE.findall(prose))


def _objects(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, list):
        for each in part:
            yield from _objects(each)
    elif isinstance(part, dict):
        if part.get("type") in ("markdown", "mrkdwn", "plain_text"):
            yield part
        for each in part.values():
            yield from _objects(each)


def _over(message: Message) -> Iterator[str]:
    limits = {"markdown": 12_000, "mrkdwn": 3_000, "plain_text": 3_000}
    written = 0
    for text in _objects(list(message.blocks)):
        if not 0 < len(text["text"]) <= limits[text["type"]]:
            yield f"{text['type']} of {len(text['text'])} characters"
        written += len(text["text"]) if text["type"] == "markdown" else 0
    weight = len(json.dumps([list(message.blocks)], ensure_ascii=False))
    if written > 12_000 or weight > 13_200 or not 0 < len(message.blocks) <= 50:
        yield f"{written} characters of markdown, {weight} in all, {len(message.blocks)} blocks"
    if not 0 < len(message.text) <= 4_000:
        yield f"a fallback of {len(message.text)} characters"
