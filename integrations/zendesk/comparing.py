"""What became of a draft, by what an agent sent in the end: the words that both have, in runs.

Two replies in one language share many single words. What was taken over stands there in a row: only rows of a few words
count. Nothing of either text is kept.
"""

import re
from difflib import SequenceMatcher

from rag_core.domain import Use

ROW = 4  # words in a row that are the draft's rather than the language's
GREETING, SIGN_OFF = 12, 25  # words before the first and behind the last that are a frame, not an addition
SAME = 0.97  # of the draft stands in what was sent, and little else does
TAKEN = 0.25  # less of the draft than this is chance: another reply
LONGEST = 2_000  # words of either
WORD = re.compile(r"\w+")


def compared(draft: str, sent: str) -> tuple[Use, float]:
    """What became of it, and the share of the draft that stands in what was sent; both as plain text."""
    ours, theirs = _words(draft), _words(sent)
    if not ours or not theirs:
        return Use.UNUSED, 0.0
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    rows = [block for block in blocks if block.size >= min(ROW, len(ours))]
    kept = sum(each.size for each in rows) / len(ours)
    if kept < TAKEN:
        return Use.UNUSED, round(kept, 4)
    first, last = rows[0].b, rows[-1].b + rows[-1].size
    framed = min(first, GREETING) + min(len(theirs) - last, SIGN_OFF)
    added = 1 - sum(each.size for each in rows) / max(len(theirs) - framed, 1)
    as_is = kept >= SAME and added <= 1 - SAME
    return Use.AS_IS if as_is else Use.EDITED, round(kept, 4)


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())[:LONGEST]
