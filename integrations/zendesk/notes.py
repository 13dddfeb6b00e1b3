"""A draft as a private note: the reply as a customer would get it, what it stands on beneath it.

Its last line has the question's id, by which a note of ours is found again. What others wrote is text here, whatever it
looks like: Zendesk fills in placeholders and makes links of addresses by itself.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

import nh3
from bs4 import BeautifulSoup

from integrations.zendesk import rendering
from integrations.zendesk.conversing import Conversation, Part
from integrations.zendesk.supporting import supported
from integrations.zendesk.templates import Frame
from rag_core.domain import Answer, AnswerRecord, Citation, Outcome, QuestionId

LONGEST = 65_000  # bytes: of what is over 64 kB Zendesk cuts the end off and says nothing
LONGEST_TITLE = 150
LONGEST_QUOTE = 60  # of a statement, which stands in full above: enough to know it again
UNKNOWN = "I don't know: "  # what the reason begins with, in words for who asked
JOINER = "\u2060"  # zero width: nobody sees it, nothing reads on across it
ADDRESS = re.compile(r"(?<=\w)\.(?=\w)|:(?=//)")
UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
PLACEHOLDER = re.compile(r"(?<=\{)(?=[{%])")

NO_FRAME = Frame()
Links = Callable[[QuestionId, bool], str]  # the address to vote at; True: it helped


@dataclass(frozen=True, slots=True)
class Beside:
    """What a note says besides the answer."""

    frame: Frame = NO_FRAME
    internal: Sequence[Citation] = ()
    unread: Sequence[str] = ()  # names of files that came with the question
    links: Links | None = None


def note(answer: Answer | AnswerRecord, beside: Beside) -> str:
    """HTML that Zendesk takes whole. What does not fit is left out part by part, and said to be."""
    for parts in _fitting(answer, beside):
        found = _clean("\n".join(parts))
        if len(found.encode()) <= LONGEST:
            return found
    raise AssertionError("the last of them is short")


def mark(named: QuestionId) -> str:
    return f"supportbot:{named}"


def found_in(ticket: Conversation, named: QuestionId) -> int | None:
    """The comment that is our note of this question: a private one, by an agent, as what we sign in as is one."""
    for each in ticket.comments:
        if not each.public and each.author.part is Part.AGENT and mark(named) in (each.plain or each.html):
            return each.id
    return None


def id_of(answer: Answer | AnswerRecord) -> QuestionId:
    return answer.question_id if isinstance(answer, Answer) else answer.question.id


def is_answered(answer: Answer | AnswerRecord) -> bool:
    return answer.outcome is Outcome.ANSWERED


def _fitting(answer: Answer | AnswerRecord, beside: Beside) -> Iterator[list[str]]:
    """From all there is to say to what always fits."""
    if not is_answered(answer):
        yield [*_abstention(answer), *_beneath(answer, beside)]
    else:
        draft = _draft(answer, beside.frame)
        yield [draft, *_sources(answer, sentences=True), *_beneath(answer, beside)]
        yield [draft, *_sources(answer, sentences=False), *_beneath(answer, beside)]
        left_out = f"{len(answer.citations)} sources are left out: with them the note is too long."
        yield [draft, _p(left_out), *_last(answer)]
    yield [_p("There is a draft that is too long for a note: the sidebar app shows it."), *_last(answer)]


def _draft(answer: Answer | AnswerRecord, frame: Frame) -> str:
    reply = rendering.reply(answer.text, frame.greeting, frame.sign_off)
    head = f"<p><strong>Draft reply</strong>, confidence: {rendering.confidence(answer.confidence)}</p>"
    return f"{head}\n<blockquote>{reply}</blockquote>"


def _sources(answer: Answer | AnswerRecord, *, sentences: bool) -> Iterator[str]:
    by_number = supported(answer.text) if sentences and len(answer.citations) > 1 else {}
    if answer.citations:
        yield "<p><strong>Sources</strong></p>"
        yield "<ol>"
        for number, citation in enumerate(answer.citations, 1):
            backed = "; ".join(f"“{_words(sentence, LONGEST_QUOTE)}”" for sentence in by_number.get(number, ()))
            yield f"<li>{_source(citation)}{f' for {backed}' if backed else ''}</li>"
        yield "</ol>"


def _abstention(answer: Answer | AnswerRecord) -> Iterator[str]:
    if answer.outcome is Outcome.NO_EVIDENCE:
        yield _p("No draft: the documents say nothing about this question. It may be one to write an article about.")
    else:
        yield _p(f"No draft: {answer.text.removeprefix(UNKNOWN)}")
    if answer.citations:
        yield "<p><strong>The nearest pages</strong></p>"
        yield _listed(answer.citations)


def _beneath(answer: Answer | AnswerRecord, beside: Beside) -> Iterator[str]:
    if is_answered(answer):
        if not answer.complete:
            yield _p("This draft is incomplete: the model stopped before its end. What is here has its sources.")
        if answer.not_covered:
            yield f"<p><strong>Not answered in this draft:</strong> {_words(answer.not_covered, 1_000)}</p>"
    if beside.unread:
        yield _p(f"Attached and not read: {', '.join(beside.unread)}")
    if beside.internal:
        yield "<p><strong>Internal, do not send:</strong> these pages are not for customers</p>"
        yield _listed(beside.internal)
    yield from _last(answer, beside.links)


def _last(answer: Answer | AnswerRecord, links: Links | None = None) -> Iterator[str]:
    named = id_of(answer)
    if links and is_answered(answer):
        yes, no = (escape(links(named, helpful)) for helpful in (True, False))
        yield f'<p>Did this draft help? <a href="{yes}">Yes</a> or <a href="{no}">no</a></p>'
    told = "A draft by a bot from the documents above: check it before you send it. " if is_answered(answer) else ""
    yield f"<p><em>{told}{mark(named)}</em></p>"


def _listed(citations: Sequence[Citation]) -> str:
    return f"<ul>{''.join(f'<li>{_source(each)}</li>' for each in citations)}</ul>"


def _source(citation: Citation) -> str:
    title = _words(citation.title.strip() or citation.document_id)
    if not citation.url.startswith(("https://", "http://")):
        return title
    return f'<a href="{escape(citation.url)}">{title}</a>'


def _p(text: str) -> str:
    return f"<p>{_words(text, 1_000)}</p>"


def _words(text: str, longest: int = LONGEST_TITLE) -> str:
    """One line of text, in which nothing is an address."""
    words = " ".join(UNWRITABLE.sub(" ", text).split())
    words = words if len(words) <= longest else f"{words[: longest - 1]}…"
    return escape(ADDRESS.sub(lambda sign: sign[0] + JOINER, words))


def _clean(html: str) -> str:
    """The last wall, whatever was let through before it: tags of the list, links to http and https, no placeholder."""
    found = BeautifulSoup(html, "html.parser")
    for text in found.find_all(string=PLACEHOLDER):
        if not text.find_parent("code"):  # there Zendesk leaves them alone
            text.replace_with(PLACEHOLDER.sub(JOINER, text))
    for link in found.find_all("a", href=True):
        link["href"] = str(link["href"]).replace("{", "%7B").replace("}", "%7D")
    return nh3.clean(
        str(found),
        tags=rendering.TAGS,
        attributes=rendering.ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer",
    )
