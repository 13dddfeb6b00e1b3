"""Content blocks as the events of ConverseStream, token by token.

Text and reasoning blocks have no contentBlockStart, only a tool's has: the union has no member for them.
"""

import json
from collections.abc import Iterator
from typing import Any

from tests.fakes.bedrock import frames
from tests.fakes.bedrock.reading import pieces
from tests.fakes.bedrock.settings import Settings

Event = tuple[str, dict[str, Any], bool]  # its kind, its payload, and whether it took the model time
Group = list[tuple[str, dict[str, Any]]]  # events that are sent at once: a token, and what needs no time of its own


def groups(blocks: list[dict[str, Any]], stop: str, settings: Settings) -> list[Group]:
    """The stream from messageStart to messageStop, a group for each token."""
    sent: list[Group] = [[("messageStart", {"role": "assistant"})]]
    begun = False
    for index, block in enumerate(blocks):
        for kind, payload, paced in (*_block(block, settings), ("contentBlockStop", {}, False)):
            if paced and begun:
                sent.append([])
            begun = begun or paced
            sent[-1].append((kind, {"contentBlockIndex": index, **payload}))
    sent[-1].append(("messageStop", {"stopReason": stop}))
    return sent


def encoded(group: Group) -> bytes:
    return b"".join(_frame(kind, payload) for kind, payload in group)


def _frame(kind: str, payload: dict[str, Any]) -> bytes:
    text = payload.get("delta", {}).get("text")
    return frames.event(kind, payload) if text is None else frames.text_delta(payload["contentBlockIndex"], text)


def _block(block: dict[str, Any], settings: Settings) -> Iterator[Event]:
    words = settings.words_per_event
    if "text" in block:
        yield from _text(block["text"], words)
    elif "reasoningContent" in block:
        thought = block["reasoningContent"]["reasoningText"]
        for piece in pieces(thought["text"], words):
            yield _delta({"reasoningContent": {"text": piece}})
        yield _delta({"reasoningContent": {"signature": thought["signature"]}}, paced=False)
    elif "toolUse" in block:
        use = block["toolUse"]
        start = {"toolUse": {"toolUseId": use["toolUseId"], "name": use["name"]}}
        yield "contentBlockStart", {"start": start}, False
        written = json.dumps(use["input"])
        for n in range(0, len(written), 8):
            yield _delta({"toolUse": {"input": written[n : n + 8]}})
    else:
        yield from _cited(block["citationsContent"], settings)


def _cited(block: dict[str, Any], settings: Settings) -> Iterator[Event]:
    text = list(_text("".join(part["text"] for part in block["content"]), settings.words_per_event))
    citations = [_delta({"citation": citation}, paced=False) for citation in block["citations"]]
    position = {"before": 0, "amid": (len(text) + 1) // 2, "after": len(text)}[settings.citation_order]
    yield from (*text[:position], *citations, *text[position:])


def _text(text: str, words: int) -> Iterator[Event]:
    for piece in pieces(text, words):
        yield _delta({"text": piece})


def _delta(delta: dict[str, Any], *, paced: bool = True) -> Event:
    return "contentBlockDelta", {"delta": delta}, paced
