"""The core's parts of an answer, as they come, in pieces that may be appended to a message in Slack.

What was appended is never changed: a piece goes out only if it continues what stands there, else the whole is shown at
the end. A stream is one message: what does not fit goes into further ones.
"""

import re
from dataclasses import dataclass

from integrations.slack import answers
from integrations.slack.answers import About
from integrations.slack.defusing import defused
from integrations.slack.messages import CONTINUED, PART, Block, Message, context, fits, markdown, packed
from integrations.slack.reciting import recited
from integrations.slack.splitting import split
from rag_core.domain import Answer, Citation

# a link, code, an address that may not be whole yet; a mark such as [1] is, and code that has its end
_UNFINISHED = re.compile(
    r"(?P<whole>(?P<ticks>`+)(?!`)[^\n]{1,1000}?(?<!`)(?P=ticks)(?!`))"
    r"|(?:!?\[[^\[\]\n]{0,300}(?:\]\([^()\n]{0,2000})?|`[^`\n]{0,1000}|[^\s`]{0,2000}[:/.@\\<&!#][^\s.!?)\]`]{0,300})\Z"
)
WRITING = ":hourglass_flowing_sand: Still writing…"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a stream ends, and what stands there if it cannot."""

    tail: str  # to be appended first
    blocks: tuple[Block, ...]  # beneath the text; none where further messages follow
    further: tuple[Message, ...]
    whole: tuple[Message, ...]  # the same answer without a stream
    replace: bool  # what was streamed is not how the answer begins: the whole takes its place


class Streaming:
    """One answer on its way."""

    def __init__(self, about: About) -> None:
        self._about = about
        self._raw = ""
        self._full = self._torn = False
        self.text = ""  # given so far

    def feed(self, text: str, citations: tuple[Citation, ...] = ()) -> str:  # noqa: ARG002 - as the core gives it
        """The Markdown to append now, which may be nothing."""
        self._raw += text
        if self._full or self._torn:
            return ""
        whole = defused(_UNFINISHED.sub(lambda found: found["whole"] or "", self._raw))
        self._torn = not whole.startswith(self.text)
        self._full = len(whole) > PART or not fits([markdown(whole)])
        if self._torn or self._full:
            return ""
        piece = whole[len(self.text) :]
        self.text = whole
        return piece

    def so_far(self) -> Message:
        """What there is, for a message that is changed instead."""
        found = answers.parts(self._raw)[:1]
        text = recited(found[0]) if found else WRITING
        return Message(text, (*map(markdown, found), context(WRITING)))

    def finish(self, answer: Answer) -> Ending:
        whole = tuple(answers.reply(answer, self._about))
        text = defused(answer.text)
        if self._torn or not text.startswith(self.text):
            return Ending("", (), (), whole, replace=True)
        rest = text[len(self.text) :]
        below = [*answers.beneath(answer, self._about), *answers.choices(answer)]
        if fits([markdown(rest), *below] if rest else below, streamed=len(self.text)):
            return Ending(rest, tuple(below), (), whole, replace=False)
        return self._overflowing(answer, rest, below, whole)

    def _overflowing(self, answer: Answer, rest: str, below: list[Block], whole: tuple[Message, ...]) -> Ending:
        found = split(rest, answers.SMALLEST_PART)
        tail = found.pop(0) if found and not self.text else ""
        blocks = [*map(markdown, found), *below]
        further = packed(blocks, [answers.spoken(answer, part) for part in found] or [answers.spoken(answer, "")])
        return Ending(tail, (context(CONTINUED),), tuple(further), whole, replace=False)
