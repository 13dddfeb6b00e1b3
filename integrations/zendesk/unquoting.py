"""What a person wrote anew in a comment: without the history it quotes, its signature and its disclaimers.

By `mail-parser-reply`, whose rules are regular expressions in a dozen languages. They take more time than they should
on text that was made for it: they are given short lines and few of them.
"""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, CData, NavigableString, Tag
from mailparser_reply import EmailMessage
from mailparser_reply.constants import MAIL_LANGUAGES

LONGEST = 12_000  # characters that are read: what somebody wrote stands above what they quote
LINE = 300
SIGN_OFFS = 5  # places where one may begin
SIGN_OFF = 6  # words in the first line of what may be a signature: more of them are a sentence
QUOTES = "blockquote, .gmail_quote, .gmail_signature, .yahoo_quoted, .moz-cite-prefix, .moz-signature, #divRplyFwdMsg"
UNSEEN = "head, script, style, title, template"
BLOCKS = {"p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "ul", "ol", "table", "blockquote"}
LARGEST = 100_000  # characters of HTML
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)  # the parser looks for the end of each to the end of the text
UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2060\ufeff\ud800-\udfff]")
GAP = re.compile(r"\n{3,}")
QUOTED = re.compile(r"(?m)^>.*\n?")


def unquoted(html: str, plain: str, locale: str = "") -> str:
    """As text. What would be nothing without its quotes is kept whole: somebody may have forwarded it."""
    text = _tidy(_text(html, quotes=False) or _text(html, quotes=True)) if html else _tidy(plain)
    return _newest(text, locale) or text


def seen(html: str) -> str:
    """All that it says, as text."""
    return _tidy(_text(html, quotes=True))


def _text(html: str, *, quotes: bool) -> str:
    """Line by line as it is seen; `quotes`: with what a mail program has marked as quoted."""
    # behind a tag: the parser takes what has none for an address or a file's name, and stumbles over half a character
    found = BeautifulSoup(f"<body>{COMMENT.sub('', html[:LARGEST])}", "html.parser")
    hidden = {id(element) for element in found.select(UNSEEN if quotes else f"{UNSEEN}, {QUOTES}")}
    return "".join(_pieces(found, hidden)).strip()


def _pieces(found: Tag, hidden: set[int]) -> Iterator[str]:
    """In one walk: to change a tree of thousands of elements in one another takes minutes."""
    waiting: list[object] = [found]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Tag) and id(node) not in hidden:
            block = node.name in BLOCKS
            yield "\n" if block or node.name == "br" else ""
            yield "- " if node.name == "li" else ""
            waiting += [*(["\n"] if block else []), *reversed(node.contents)]
        elif type(node) in (str, NavigableString, CData):  # no comment, no declaration
            yield str(node)


def _tidy(text: str) -> str:
    text = UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\xa0", " ").replace("&nbsp;", " "))
    return GAP.sub("\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()[:LONGEST]


def _newest(text: str, locale: str) -> str:
    """The first of the messages that follow one another in a mail."""
    lines = (line[at : at + LINE] for line in text.split("\n") for at in range(0, max(len(line), 1), LINE))
    language = locale.partition("-")[0].lower()
    known = [language] if language in MAIL_LANGUAGES else []
    mail = EmailMessage(text="\n".join(lines), languages=known, keep_hyphen_lists=True).read()
    reply = mail.replies[0]
    if reply.headers:  # it begins with what is quoted: nothing was written above
        return ""
    body = _unsigned(str(reply.content), mail.SIGNATURE_REGEX)
    for disclaimer in reply.disclaimers or ():
        body = body.replace(disclaimer, "")
    return QUOTED.sub("", body).strip() or body.strip()


def _unsigned(body: str, signature: re.Pattern[str]) -> str:
    """Without what ends it: "Thanks, but it still fails" begins as a signature does, and is what matters most."""
    at = 0
    for _ in range(SIGN_OFFS):
        found = signature.search(body, at)
        if found is None:
            break
        if _signs(found[0].strip()):
            return body[: found.start()]
        at = found.start() + len(found[0]) - len(found[0].lstrip()) + 1
    return body


def _signs(found: str) -> bool:
    first = found.split("\n", maxsplit=1)[0].split()
    return len(first) <= SIGN_OFF and "?" not in found
