"""An answer, or that there is none, as messages: the text, its sources by their numbers, and what can be done next."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from integrations.slack import escaping
from integrations.slack.defusing import defused
from integrations.slack.messages import (
    PART,
    Block,
    Message,
    actions,
    button,
    context,
    fits,
    grouped,
    markdown,
    packed,
    rating,
    said,
    sections,
)
from integrations.slack.reciting import recited
from integrations.slack.splitting import split
from rag_core.domain import Answer, AnswerRecord, Audience, Citation, Outcome, QuestionId, SourceName

RATE, ASK_HUMAN, RESOLVED, SHARE, DISCARD = "rate", "ask_human", "resolved", "share", "discard"  # action ids
EARLIER, LATER = "earlier_part", "later_part"  # action ids too
SMALLEST_PART = 4_500  # of Markdown: the longest link and the longest code of one line are shorter
LONGEST_TITLE = 150

INCOMPLETE = "_This answer is incomplete: the model stopped before its end. What is here has its sources._"
NOT_COVERED = "Not answered here: "
INTERNAL = ":lock: For internal readers: it may rest on internal documents. Do not pass it on outside."
PRIVATE = "Only you can see this."
NEAREST = "*The nearest pages I found*"


@dataclass(frozen=True, slots=True)
class About:
    """What an answer's reader is told beside it."""

    audience: Audience = Audience.PUBLIC
    as_of: datetime | None = None  # when the index was last brought up to date
    searched: Mapping[SourceName, int] | None = None  # documents of each source; None: not said
    shared_by: str | None = None  # the person who had it drafted, where it was private first


def reply(answer: Answer | AnswerRecord, about: About) -> list[Message]:
    """For everyone where it was asked. What can be pressed stands in the last message."""
    return _messages(answer, [*beneath(answer, about), *choices(answer)])


def private(
    answer: Answer | AnswerRecord,
    about: About,
    *,
    channel: str,
    thread_ts: str | None,
    part: int = 1,
    beside: Sequence[Block] = (),
) -> Message:
    """For whoever asked, alone, until it is shared; `beside` stands above it, on the part that is read first.

    One message, whose buttons turn to its other parts: Slack lets an ephemeral one be changed or taken away by its own
    buttons only, so that of several all but the last would stay. https://docs.slack.dev/messaging/modifying-messages
    """
    where = {"question_id": id_of(answer), "channel": channel, "thread_ts": thread_ts}
    room = _foot(answer, where, part=2, parts=3)  # the most that ever stands there
    texts = parts(answer.text, room)
    pages = grouped([*beside, *map(markdown, texts), *beneath(answer, about)], room)
    part = min(max(part, 1), len(pages))
    foot = _foot(answer, where, part=part, parts=len(pages))
    return Message(spoken(answer, texts[min(part, len(texts)) - 1]), (*pages[part - 1], *foot))


def _foot(answer: Answer | AnswerRecord, where: Mapping[str, str | None], *, part: int, parts: int) -> list[Block]:
    """Who sees it, which part it is, and what can be pressed."""
    question_id = id_of(answer)
    share = button("Share to thread" if where["thread_ts"] else "Share", SHARE, json.dumps(where), style="primary")
    discard = button("Discard", DISCARD, question_id, spoken="Discard this draft")
    first = share if is_answered(answer) else _ask_human(question_id, primary=True)
    rest = [discard, _ask_human(question_id)] if is_answered(answer) else [discard]
    if parts == 1:
        return [context(PRIVATE), actions(first, *rest)]
    turns = [(EARLIER, "Previous part", part - 1)] * (part > 1) + [(LATER, "Next part", part + 1)] * (part < parts)
    turning = [button(label, action, json.dumps({**where, "part": to})) for action, label, to in turns]
    return [context(f"Part {part} of {parts}. {PRIVATE}"), actions(*turning), actions(first, *rest)]


def settled(blocks: Iterable[Block], note: str) -> list[Block]:
    """A posted message's blocks once a person took over, or nobody needs to: the thumbs stay, `note` says why."""
    kept = [block for block in blocks if block.get("type") != "actions"]
    small = context(note)
    return kept if small["elements"][0]["text"] in _small_print(kept) else [*kept, small]


def is_answered(answer: Answer | AnswerRecord) -> bool:
    return answer.outcome is Outcome.ANSWERED


def id_of(answer: Answer | AnswerRecord) -> QuestionId:
    return answer.question_id if isinstance(answer, Answer) else answer.question.id


def parts(text: str, below: Sequence[Block] = ()) -> list[str]:
    """The text in pieces, each of which is one message with what stands `below` each."""
    whole = defused(text)
    for limit in (PART, (PART + SMALLEST_PART) // 2):
        found = split(whole, limit)
        if all(fits([markdown(part), *below]) for part in found):
            return found
    return split(whole, SMALLEST_PART)


def beneath(answer: Answer | AnswerRecord, about: About) -> Iterator[Block]:
    """What stands under the text, but for what can be pressed."""
    if not answer.complete:
        yield context(INCOMPLETE)
    if answer.not_covered:
        yield said(NOT_COVERED + answer.not_covered)
    if is_answered(answer):
        yield from sections(sources(answer.citations))
    else:
        yield from _searched(answer.citations, about)
    yield context(*_small(answer, about))


def sources(citations: Sequence[Citation]) -> Iterator[str]:
    """Line by line, the numbers as the text has them; a document without an address is named."""
    return (f"[{number}] {_source(citation)}" for number, citation in enumerate(citations, 1))


def spoken(answer: Answer | AnswerRecord, text: str) -> str:
    """The words for a notification and for whoever sees no blocks, with the names of the sources."""
    titles = "; ".join(f"[{number}] {each.title}" for number, each in enumerate(answer.citations, 1))
    return recited(text, f"{'Sources' if is_answered(answer) else 'Nearest pages'}: {titles}" if titles else "")


def _messages(answer: Answer | AnswerRecord, below: Sequence[Block]) -> list[Message]:
    found = parts(answer.text)
    texts = [spoken(answer, part) for part in found]
    return packed([*map(markdown, found), *below], texts)


def _searched(nearest: Sequence[Citation], about: About) -> Iterator[Block]:
    if about.searched is not None:
        documents = sum(about.searched.values())
        places = len(about.searched)
        yield context(f"Searched: {_count(documents, 'document')} in {_count(places, 'source')}.")
    if nearest:
        yield from sections([NEAREST, *(f"• {_source(citation)}" for citation in nearest)])


def _source(citation: Citation) -> str:
    title = citation.title.strip() or citation.document_id
    return escaping.link(citation.url, title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…")


def _small(answer: Answer | AnswerRecord, about: About) -> Iterator[str]:
    known = f" Knowledge as of {escaping.date(about.as_of)}." if about.as_of else ""
    if is_answered(answer):
        yield f":robot_face: A draft by a bot from the documents above: check it before you rely on it.{known}"
    else:
        yield f":robot_face: I am a bot and answer from documents only.{known}"
    if about.audience is Audience.INTERNAL:
        yield INTERNAL
    if about.shared_by:
        yield f"Shared by {escaping.person(about.shared_by)}."


def choices(answer: Answer | AnswerRecord) -> Iterator[Block]:
    """What can be pressed. After an abstention there is nothing to rate: a person is what helps."""
    question_id = id_of(answer)
    if is_answered(answer):
        yield rating(RATE, f"helpful:{question_id}", f"not_helpful:{question_id}")
    resolved = button("Resolved", RESOLVED, question_id, spoken="Mark this question as resolved")
    yield actions(_ask_human(question_id, primary=not is_answered(answer)), resolved)


def _ask_human(question_id: QuestionId, *, primary: bool = False) -> Block:
    style = "primary" if primary else ""
    return button("Ask a human", ASK_HUMAN, question_id, style=style, spoken="Pass this question on to a person")


def _small_print(blocks: Iterable[Block]) -> set[str]:
    found = (each for block in blocks if block.get("type") == "context" for each in block.get("elements", ()))
    return {str(each.get("text", "")) for each in found}


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
