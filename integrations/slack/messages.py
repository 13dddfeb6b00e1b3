"""Messages as Slack takes them: blocks within its limits, and words for whoever sees or hears no blocks.

Standard library only, and every text object verbatim: Slack looks for no names and no hosts in what we hand it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.slack.escaping import inert

Block = dict[str, Any]

MARKDOWN = 12_000  # characters of all markdown blocks of a message
TOTAL = 12_500  # of all blocks: Slack refuses more than about 13,200, https://github.com/slackapi/bolt-js/issues/2509
BLOCKS = 50
SECTION = 3_000
ELEMENTS = 10  # of a context
BUTTON, VALUE = 75, 2_000
PART = 9_000  # of the answer in one message: room for what stands beneath, and for how Slack may count
CONTINUED = "Continued in the next message."


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted at once; `text` is what notifications and screen readers get of it."""

    text: str
    blocks: tuple[Block, ...]

    def payload(self) -> dict[str, Any]:
        """For chat.postMessage. Nothing unfurls: fetching an address on a reader's behalf can carry data out."""
        return self.body() | {"unfurl_links": False, "unfurl_media": False}

    def body(self) -> dict[str, Any]:
        """For chat.update, which looks for names in the text unless told not to, and chat.postEphemeral."""
        return {"text": self.text, "blocks": list(self.blocks), "parse": "none", "link_names": False}


def markdown(text: str) -> Block:
    """`text` is defused."""
    return {"type": "markdown", "text": text}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain(text: str, limit: int = SECTION) -> Block:
    return {"type": "plain_text", "text": inert(text, limit), "emoji": False}


def section(text: str, accessory: Block | None = None) -> Block:
    """`text` is mrkdwn of ours, with what others wrote escaped."""
    return {"type": "section", "text": mrkdwn(text)} | ({"accessory": accessory} if accessory else {})


def sections(lines: Iterable[str]) -> list[Block]:
    """Lines of mrkdwn in as few sections as hold them."""
    held = list[str]()
    for line in lines:
        if held and len(held[-1]) + 1 + len(line) <= SECTION:
            held[-1] += f"\n{line}"
        else:
            held.append(line)
    return [section(text) for text in held]


def said(text: str) -> Block:
    """A paragraph without any markup."""
    return {"type": "section", "text": plain(text)}


def context(*texts: str) -> Block:
    """Small print, in mrkdwn of ours."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:ELEMENTS]]}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text, 150)}


def button(label: str, action_id: str, value: str, *, style: str = "", spoken: str = "") -> Block:
    """`spoken`: what a screen reader says of it, where the label alone does not tell."""
    if len(value) > VALUE:
        raise ValueError(f"a button holds {VALUE} characters, not {len(value)}")
    found: Block = {"type": "button", "text": plain(label, BUTTON), "action_id": action_id}
    more = {"value": value, "style": style, "accessibility_label": spoken}
    return found | {name: held for name, held in more.items() if held}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def rating(action_id: str, helpful: str, not_helpful: str) -> Block:
    """Slack's own pair of thumbs."""
    element = {
        "type": "feedback_buttons",
        "action_id": action_id,
        "positive_button": _thumb("Helpful", helpful, "This answer helped"),
        "negative_button": _thumb("Not helpful", not_helpful, "This answer did not help: say why"),
    }
    return {"type": "context_actions", "elements": [element]}


def _thumb(label: str, value: str, spoken: str) -> Block:
    return {"text": plain(label, BUTTON), "value": value, "accessibility_label": spoken}


def notice(text: str, *more: Block, fallback: str = "") -> Message:
    """One sentence or two, in mrkdwn of ours."""
    return Message(fallback or text, (section(text), *more))


def packed(blocks: Sequence[Block], texts: Sequence[str]) -> list[Message]:
    """As many messages as the blocks need, the markdown of each below the other's; all but the last say they go on.

    `texts`: the fallback of each message, the last again where there are more.
    """
    held = grouped(blocks)
    return [
        Message(
            texts[min(place, len(texts) - 1)],
            tuple(group if place == len(held) - 1 else [*group, context(CONTINUED)]),
        )
        for place, group in enumerate(held)
    ]


def grouped(blocks: Sequence[Block], beneath: Sequence[Block] = ()) -> list[list[Block]]:
    """In order, and as few groups as can be; each is one message, also with what stands `beneath` every one."""
    held: list[list[Block]] = [[]]
    for block in blocks:
        if held[-1] and not fits([*held[-1], block, *beneath]):
            held.append([])
        held[-1].append(block)
    return held


def fits(blocks: Sequence[Block], *, streamed: int = 0) -> bool:
    """Whether they are one message, with the line that says it goes on; `streamed`: characters that stand there."""
    written = sum(len(block["text"]) for block in blocks if block["type"] == "markdown") + streamed
    weight = len(json.dumps(list(blocks), ensure_ascii=False)) + streamed
    return len(blocks) < BLOCKS and written <= MARKDOWN and weight <= TOTAL
