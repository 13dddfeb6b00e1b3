"""Markdown that may stand in Slack's `markdown` block: the second wall behind the core's guard.

Slack reads its own `<...>` tokens there beside Markdown, and links bare hosts. So: no `<` but in code, where it begins
no token; no picture; a link only where `leads` says so; what Slack would link by itself is shown as code. Read line by
line and more strictly than any client: what is not code or a link here is not left to be one there.
"""

import html
import re
from collections.abc import Callable, Iterator

from integrations.slack.escaping import JOINER, address, clean, is_web, muted

Leads = Callable[[str], bool]

_MARKER = re.compile(r"([ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]+")
_FENCE = re.compile(rf"(?P<lead>[ \t]*(?:{_MARKER.pattern})?)(?P<marks>`{{3,}}|~{{3,}})(?P<info>[^`\n]*)")
_INFO = re.compile(r"[ \t]*([\w+#.-]{1,30})")
_INDENT = 3  # spaces before a line, with more of which it is code
_QUOTED = re.compile(r"(?:[ \t]{0,3}>[ \t]?)+")

_LABEL = r"(?:\\[^\n]|`[^`\n]{1,200}`|[^\[\]\\`\n]){0,300}"
_TARGET = r"\([ \t]{0,3}(?:<[^<>\n]{0,2000}>|[^\s()<>]{0,2000}(?:\([^\s()]{0,200}\)[^\s()]{0,200})?)"
_TITLE = r"(?:[ \t]{1,3}(?:\"[^\"\n]{0,300}\"|'[^'\n]{0,300}'|\([^()\n]{0,300}\)))?[ \t]{0,3}\)"
_COMMON = "(?i:com|net|org|info|biz|edu|gov|io|dev|app)"  # in any case; others in one, as "done.It" lacks a space
_LAST = rf"(?:{_COMMON}|[a-z]{{2,24}}|[A-Z]{{2,24}}|[^\W\d_a-zA-Z]{{2,24}})"
_HOST = rf"(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?\.){{1,10}}{_LAST}(?![^\W_])"
# what a client takes into an address, printable ASCII without <>"`|[]; a sign that is escaped as the core's guard does
_REST = r"(?:[!#-;=?-Z^_a-{}~]|\\[!#-;=?-_{}~])*"
_CODE = r"(?P<ticks>`+)(?!`)(?P<code>[^\n]{1,1000}?)(?<!`)(?P=ticks)(?!`)"
_ENTITY = r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
_SPELT = re.compile(rf"{_CODE}|\\(?P<escaped>[!-/:-@\[-`{{-~])|(?P<entity>{_ENTITY})")
_INLINE = re.compile(
    rf"\\(?P<escaped>[!-/:-@\[-`{{-~])|{_CODE}"
    rf"|!\[(?P<alt>{_LABEL})\]{_TARGET}{_TITLE}"
    rf"|\[(?P<label>{_LABEL})\](?P<target>{_TARGET}){_TITLE}"
    rf"|<(?P<angle>[^<>\s|]{{1,2000}})>|(?P<entity>{_ENTITY})"
    rf"|(?P<url>(?<![^\W_])[A-Za-z][A-Za-z0-9+.-]{{0,30}}:[/\\]{{2}}{_REST})"
    rf"|(?P<scheme>(?<![^\W_])(?i:mailto|tel|sms|callto|slack|javascript|vbscript|data|file):(?=[^\s,;]){_REST})"
    rf"|(?P<email>(?<![\w.+%-])[\w.+%-]{{1,100}}@{_HOST})"
    rf"|(?P<host>(?<![^\W_])(?<![^\W_][.-]){_HOST}(?::\d{{1,5}}|(?=[/?#])){_REST})"
    rf"|(?P<name>(?<![^\W_])(?<!/)(?<![^\W_][.-])/?(?:[\w~.-]{{1,60}}/){{0,10}}{_HOST})"
    r"|(?P<sign>[<>&`])"
)
_SHOWN_AS_CODE = frozenset({"scheme", "email", "host", "name"})
_TRAILING = ".,;:!?'\")]}>*_~\\&"
_PLAIN = frozenset(".:/@,;?=%$")  # shown the same with a backslash before it or without
_FOR_SLACK = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_TOKEN = re.compile(r"<(?=[!@#/\\]|[A-Za-z][A-Za-z0-9+.-]*:|[^\s<>|]{1,2000}[|@])")
_IN_CODE = re.compile(r"@(?=(?:here|channel|everyone)(?![\w(]))")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_PIPE = re.compile(r"(?<!\\)\|")
_LOOSE = re.compile(r"\](?=[(\[:])")


def defused(markdown: str, leads: Leads = is_web) -> str:
    """The same words, code and structure; `leads` is asked about every address, and never about one off the web."""
    return "\n".join(_lines(clean(markdown.replace("\r\n", "\n").replace("\r", "\n")), leads))


def _lines(markdown: str, leads: Leads) -> Iterator[str]:
    lines = iter(markdown.split("\n"))
    within = 0  # where the text of the list's item begins that we are in
    before = ""
    for line in lines:
        opening, marker = _FENCE.fullmatch(line), _MARKER.match(line)
        if marker and len(marker[1].expandtabs(4)) > within + _INDENT:
            marker = None
        if opening:
            if before.strip() and opening["lead"].strip() and not within:
                yield ""  # "2. ```" right below a line of words begins no list
            yield from _fenced(opening, within, lines)
        else:
            quoted = _QUOTED.match(line)
            start = quoted.end() if quoted else 0
            yield line[:start] + _prose(_plainer(line[start:]), leads)
        if marker:
            within = len(marker[0].expandtabs(4))
        elif line.strip() and not line.startswith((" ", "\t")):
            within = 0
        before = line


def _fenced(opening: re.Match[str], within: int, lines: Iterator[str]) -> Iterator[str]:
    """Code in a fence of backticks that ends, every line so far in that no client reads it outside of its list."""
    marks, body = opening["marks"], list[str]()
    for line in lines:
        bare = line.strip()
        if bare.startswith(marks) and not bare.strip(marks[0]):
            break
        body.append(_code(line.expandtabs(4) if line[:1] == "\t" else line))
    longest = max((len(run) for line in body for run in re.findall(r"`{3,}", line)), default=2)
    fence, info = "`" * max(3, longest + 1), _INFO.match(opening["info"])
    lead = _placed(opening["lead"].expandtabs(4), within)
    width = len(lead)
    yield f"{lead}{fence}{info[1] if info else ''}"
    for line in body:
        yield f"{' ' * width}{line[min(width, len(line) - len(line.lstrip(' '))) :]}" if line else line
    yield f"{' ' * width}{fence}"


def _placed(lead: str, within: int) -> str:
    """What stands before a fence, indented so that it is one: of the item we are in, or of no list."""
    bare = lead.lstrip()
    margin = len(lead) - len(bare)
    return f"{' ' * (margin if margin <= _INDENT or within <= margin <= within + _INDENT else within)}{bare}"


def _code(text: str) -> str:
    """Code as it is, but for what begins a token of Slack's: no client may know code when it sees it."""
    return _IN_CODE.sub(f"@{JOINER}", _TOKEN.sub("&lt;", text))


def _plainer(line: str) -> str:
    """The line with every sign written plainly that means nothing in Markdown: a host is seen, however it is spelt."""

    def plain(found: re.Match[str]) -> str:
        if found["escaped"]:
            keeps = found["escaped"] not in _PLAIN or line[: found.start()].strip().isdigit()  # "1\." begins no list
            return found[0] if keeps else found["escaped"]
        if found["entity"]:
            shown = html.unescape(found[0])
            return shown if len(shown) == 1 and (shown.isalnum() or shown in _PLAIN) else found[0]
        return found[0]

    return _SPELT.sub(plain, line)


def _prose(text: str, leads: Leads, *, linked: bool = False) -> str:
    """`linked`: a link's words, in which nothing is linked again."""
    done, loose, place = "", "", 0  # `loose`: no code, no link of ours: it must not become one
    while found := _INLINE.search(text, place):  # again from where the last one was found to end
        loose += text[place : found.start()]
        said, final, end = _said(found, leads, linked=linked)
        place = end
        if not final:
            loose += said
            continue
        done += _settled(loose, done, said) + said
        runs_on = said.startswith("http") and text[end : end + 1] not in ("", " ", "\t", "|", *_TRAILING)
        loose = " " if runs_on else ""  # clients differ in where an address ends
    return done + _settled(loose + text[place:], done, "")


def _settled(loose: str, before: str, following: str) -> str:
    """No link, definition, picture or code but those that were judged, and those unharmed by what stands beside."""
    loose = muted(_LOOSE.sub("] ", loose))
    while "![" in loose:
        loose = loose.replace("![", "! [")
    if following and (len(loose) - len(loose.rstrip("\\"))) % 2:
        loose += "\\"
    touches = loose.endswith("`") if loose else before.endswith("`")
    if (following.startswith("`") and touches) or (following.startswith("[") and loose.endswith("!")):
        loose += " "
    return loose


def _said(found: re.Match[str], leads: Leads, *, linked: bool) -> tuple[str, bool, int]:
    """What stands there instead; whether it is final, code or a link that was judged; where what it stands for ends."""
    kind = found.lastgroup or ""
    if kind in _SHOWN_AS_CODE or kind == "url":
        return _bare(found, kind, leads, linked=linked)
    if kind == "code":
        said, final = f"{found['ticks']}{_code(_piped(found))}{found['ticks']}", True
    elif kind == "target":
        said, final = _link(found, leads, linked=linked)
    elif kind == "angle" and _leads(found["angle"], leads) and not linked:
        said, final = _shown(found["angle"]), True
    elif kind == "angle":
        said, final = f"&lt;{_prose(found['angle'], leads, linked=linked)}&gt;", False
    elif kind == "alt":
        said, final = _prose(found["alt"], leads, linked=linked), False
    else:
        said, final = _sign(kind, found[0]), False
    return said, final, found.end()


def _bare(found: re.Match[str], kind: str, leads: Leads, *, linked: bool) -> tuple[str, bool, int]:
    """A web address stays; what else a client would make a link of is shown as code, without the sentence's signs."""
    bare = found[0] if kind in ("email", "name") else found[0].rstrip(_TRAILING)
    end = found.start() + len(bare)
    if linked:
        return _kept(bare).replace("&", "&amp;"), False, end
    url = _ESCAPED.sub(r"\1", bare)
    return _shown(url) if kind == "url" and _leads(url, leads) else f"`{_code(bare)}`", True, end


def _sign(kind: str, sign: str) -> str:
    if kind == "entity":
        shown = html.unescape(sign)
        known = shown != sign
        return _FOR_SLACK.get(shown, sign) if known else f"&amp;{sign[1:]}"
    if kind == "escaped":
        return _FOR_SLACK.get(sign[1], sign)
    return _FOR_SLACK.get(sign, rf"\{sign}")  # a backtick alone would pair with one of ours


def _piped(found: re.Match[str]) -> str:
    """Code in a row of a table, where a bare | ends the cell and the code with it."""
    code = found["code"]
    return _PIPE.sub(r"\|", code) if found.string.lstrip().startswith("|") else code


def _leads(url: str, leads: Leads) -> bool:
    return is_web(_kept(url)) and leads(url)


def _shown(url: str) -> str:
    """An address as its own link, where Markdown would take signs of it for emphasis; else as it is."""
    kept = _kept(url)
    label = re.sub(r"[*_~]", r"\\\g<0>", kept)
    return kept if label == kept else f"[{label}]({_closed(kept)})"


def _closed(url: str) -> str:
    return url.replace("(", "%28").replace(")", "%29")


def _kept(url: str) -> str:
    return address(url).replace("[", "%5B").replace("]", "%5D")


def _link(found: re.Match[str], leads: Leads, *, linked: bool) -> tuple[str, bool]:
    target = found["target"][1:].strip()
    target = target[1:-1] if target.startswith("<") else target
    url = html.unescape(_ESCAPED.sub(r"\1", target))
    if linked or not _leads(url, leads):
        return _prose(found["label"], leads, linked=linked), False
    label = _PIPE.sub(r"\|", _prose(found["label"], leads, linked=True).strip())
    return f"[{label or 'link'}]({_closed(_kept(url))})", True
