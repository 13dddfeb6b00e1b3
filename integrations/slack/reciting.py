"""Markdown as words: what a notification shows and a screen reader says."""

import html
import re

from integrations.slack.escaping import escaped

LONGEST = 3_900  # characters: chat.update takes 4,000

_SYNTAX = (
    (re.compile(r"(?m)^[ \t]*(?:`{3,}|~{3,})[^\n]*\n?"), ""),
    (re.compile(r"(?m)^[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*\n?"), ""),
    (re.compile(r"!?\[((?:\\.|[^\[\]\\\n]){0,600})\]\([^()\n]{0,3000}\)"), r"\1"),
    (re.compile(r"(?m)^[ \t]*(?:#{1,6}[ \t]+|(?:>[ \t]?)+)"), ""),
    (re.compile(r"(?<!\\)(?:\*\*|__|~~|`+)"), ""),
    (re.compile(r"(?<![\w\\*])([*_])(?=\S)([^*_\n]{1,300})(?<=\S)\1(?![\w*])"), r"\2"),
    (re.compile(r"[ \t]*\|[ \t]*"), " "),
    (re.compile(r"\\([!-/:-@\[-`{-~])"), r"\1"),
    (re.compile(r"\n{3,}"), "\n\n"),
)


def recited(markdown: str, below: str = "") -> str:
    """The words, then a line `below`, escaped; where it is too much, that there is more in the message."""
    words = html.unescape(_bare(markdown)).strip()
    for limit in (3_000, 1_500, 600):
        text = escaped(f"{_shortened(words, limit)}\n{_shortened(below, limit // 4)}".strip())
        if len(text) <= LONGEST:
            break
    return text


def _bare(text: str) -> str:
    for syntax, instead in _SYNTAX:
        text = syntax.sub(instead, text)
    return text


def _shortened(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    sign = "… (more in the message)"
    return text[: limit - len(sign)].rstrip() + sign
