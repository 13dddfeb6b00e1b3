"""Take Markdown apart as far as it can do harm: code, links, pictures, tags; the rest goes on as words.

Read more strictly than any client does: what is taken for code here is code everywhere, or it is not treated as code.
"""

import re
from collections import Counter

from rag_core.guarding.fencing import Fence, begins_fence
from rag_core.guarding.linking import Known, addresses, visible
from rag_core.guarding.pieces import Kind, Sink, lazily
from rag_core.guarding.tags import NAMES

_PLAIN = re.compile(r"[^`<\[!\\\n]+")
_SPACES = re.compile(r"[ \t]+")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_LABEL = r"(?:\\[^\n]|`[^`\n]{0,200}`|[^\[\]\\`\n]){0,300}"
_PICTURE = lazily(rf"!\[(?P<label>{_LABEL})\]\([^()\n]{{0,2000}}(?:\([^()\n]{{0,200}}\)[^()\n]{{0,200}})?\)")
_LINK = lazily(
    rf"\[(?P<label>{_LABEL})\]\([ \t]{{0,3}}(?:<(?P<angle>[^<>\n]{{0,2000}})>"
    r"|(?P<target>[^\s()<>]{0,2000}(?:\([^\s()]{0,200}\)[^\s()]{0,200})?))"
    r"(?:[ \t]{1,3}(?:\"[^\"\n]{0,300}\"|'[^'\n]{0,300}'|\([^()\n]{0,300}\)))?[ \t]{0,3}\)"
)
_LABEL_BEGUN = rf"\[{_LABEL}(?:`[^`\n]{{0,200}}|\\)?"
_PICTURE_BEGUN = lazily(
    rf"!(?:{_LABEL_BEGUN}|\[{_LABEL}\](?:\([^()\n]{{0,2000}}(?:\([^()\n]{{0,200}}(?:\)[^()\n]{{0,200}})?)?)?)?\Z"
)
_TITLE_BEGUN = r"[ \t]{1,3}(?:(?:\"[^\"\n]{0,300}\"?|'[^'\n]{0,300}'?|\([^()\n]{0,300}\)?)[ \t]{0,3})?"
_LINK_BEGUN = lazily(
    rf"{_LABEL_BEGUN}\Z|\[{_LABEL}\](?:\([ \t]{{0,3}}(?:<[^<>\n]{{0,2000}}>?"
    rf"|[^\s()<>]{{0,2000}}(?:\([^\s()]{{0,200}}(?:\)[^\s()]{{0,200}})?)?)(?:{_TITLE_BEGUN})?)?\Z"
)
_DEFINITION = lazily(rf"\[(?!\d+\]){_LABEL}\]:[ \t]{{0,3}}(?P<target>[^\s<>]{{1,2000}})[ \t]{{0,3}}(?=\n|\Z)")
_DEFINING = lazily(rf"\[{_LABEL}\]:[^\n]{{0,2700}}\Z")
_ANGLE = lazily(r"<(?:!--[^<]{0,500}?-->|(?P<body>(?!!-)[^\s0-9=<>-][^<>]{0,2000})>)", re.DOTALL)
_ANGLE_BEGUN = lazily(r"<(?:!(?:-(?:-[^<]{0,503})?)?|[a-zA-Z/!@#?][^<>]{0,2000})?\Z", re.DOTALL)
_HARMLESS = frozenset(" \t\n0123456789=-")  # behind a "<"
_TAG = lazily(r"!.*|/?(?P<name>[A-Za-z][A-Za-z0-9:-]*)(?P<rest>[\s/].*)?", re.DOTALL)
_SLACK = lazily(
    r"(?:!(?P<all>channel|here|everyone|group)|![a-z]+\^[^|]*|@[A-Z0-9]{2,}|#[A-Z0-9]{2,})(?:\|(?P<shown>.*))?",
    re.DOTALL,
)
_LOCATOR = lazily(r"(?P<url>(?:[A-Za-z][A-Za-z0-9+.-]*:|//)[^\s|]*|[^\s@|]+@[^\s@|]+)(?:\|(?P<shown>.*))?", re.DOTALL)
_ABSOLUTE = lazily(r"https?://", re.IGNORECASE)
_MAILTO = lazily(r"mailto:", re.IGNORECASE)
_BLANK = lazily(r"\n[ \t]*\n")
_LEADING = re.compile(r"[ \t>*+.)\d-]*")
_SPAN = 1000  # characters of code between backticks on one line
_RUN = lazily(r"`{1,100}")
_RISKY = lazily(r"[<\[&]")
_BARE = lazily(r"(\\.)|<")


class Structure:
    """Text in, pieces out. Each `_at_...` reads one construct and gives its end; None: it is not whole yet."""

    def __init__(self, known: Known, sink: Sink, findings: Counter[str]) -> None:
        self._known, self._sink, self._findings = known, sink, findings
        self._text = ""
        self._indent: str | None = ""  # of a line of which nothing has been said yet
        self._leading = True  # only a list's or a quotation's signs so far
        self._piped = False  # code with a | on this line: in a table, what follows may not be code
        self._fence: Fence | None = None
        self._readers = {
            "\n": self._at_break,
            "`": self._at_code,
            "<": self._at_angle,
            "[": self._at_bracket,
            "!": self._at_bang,
            "\\": self._at_escape,
        }

    @property
    def idle(self) -> bool:
        """Whether a text without signs would go on as it is: within a line, nothing held, no code."""
        return not (self._text or self._leading or self._fence) and self._indent is None

    def feed(self, text: str, *, final: bool = False) -> None:
        self._text += text
        place = 0
        while place < len(self._text):
            following = self._next(place, final)
            if following is None:
                break
            place = following
        self._text = self._text[place:]
        if final and self._fence:
            self._fence.close(self._sink)

    def _next(self, place: int, final: bool) -> int | None:
        if self._fence:
            end = self._fence.read(self._text, place, self._sink, final=final)
            if self._fence.closed:
                self._fence, self._indent = None, None
            return end
        if self._indent is not None:
            return self._at_line(place, final)
        plain = _PLAIN.match(self._text, place)
        if plain:
            return self._said(plain.group(), plain.end())
        return self._readers[self._text[place]](place, final)

    def _said(self, text: str, end: int, kind: Kind = Kind.PROSE) -> int:
        if self._indent:  # the line begins here
            self._sink.feed(self._indent, Kind.PROSE)
        self._indent = None
        self._leading = self._leading and _LEADING.fullmatch(text) is not None
        self._sink.feed(text, kind)
        return end

    def _instead(self, text: str, start: int, end: int) -> int:
        """Read `text` in place of what stood there: nothing it becomes part of escapes."""
        self._text = self._text[:start] + text + self._text[end:]
        return start

    def _at_line(self, place: int, final: bool) -> int | None:
        spaces = _SPACES.match(self._text, place)
        if spaces:
            self._indent = (self._indent or "") + spaces.group()
            return spaces.end()
        if self._text[place] == "<":  # a tag may go and leave the line's beginning as it was
            return self._at_angle(place, final)
        if self._text[place] not in "`~":
            return self._said("", place)
        begins = begins_fence(self._text, place, final=final)
        if begins is None:
            return None
        if not begins:
            escaped = self._text.startswith("~~~", place)
            return self._said(r"\~\~\~" if escaped else "", place + 3 * escaped)
        self._fence = Fence(begins, self._indent or "", self._sink)
        return begins.end()

    def _at_break(self, place: int, _final: bool) -> int:
        self._said("\n", place)
        self._indent, self._leading, self._piped = "", True, False
        return place + 1

    def _at_escape(self, place: int, final: bool) -> int | None:
        following = self._text[place + 1 : place + 2]
        if not following and not final:
            return None
        pair = "\\" + following if following in _PUNCTUATION else "\\"
        return self._said(pair, place + len(pair))

    def _at_code(self, place: int, final: bool) -> int | None:
        run = _RUN().match(self._text, place)
        assert run  # noqa: S101
        opening = run.group()
        if run.end() == len(self._text) and not final and len(opening) < 100:
            return None
        closing = re.compile(rf"(?<!`){opening}(?!`)").search(self._text, run.end(), run.end() + _SPAN)
        line = self._text.find("\n", run.end(), run.end() + _SPAN)
        seen = len(self._text) > run.end() + _SPAN + 100
        if closing and (line < 0 or closing.start() < line):
            if closing.end() == len(self._text) and not final:
                return None
            if len(opening) < 100:
                return self._span(opening, self._text[run.end() : closing.start()], run.end(), closing.end())
        elif not final and line < 0 and not seen:
            return None
        return self._said(r"\`" * len(opening), run.end())

    def _span(self, run: str, content: str, inside: int, end: int) -> int:
        piped, risky = "|" in content, _RISKY().search(content)
        if risky and (piped or self._piped):
            return self._said(r"\`" * len(run), inside)
        self._piped = self._piped or piped
        self._said(run, end, Kind.RAW)
        self._sink.feed(content, Kind.CODE)
        self._sink.feed(run, Kind.RAW)
        return end

    def _at_bang(self, place: int, final: bool) -> int | None:
        if self._text[place + 1 : place + 2] not in ("[", ""):
            return self._run("!", place)
        picture = _PICTURE().match(self._text, place)
        if picture:
            self._findings["image"] += 1
            return self._instead(picture["label"], place, picture.end())
        if not final and _PICTURE_BEGUN().match(self._text, place):
            return None
        return self._said("!", place + 1)

    def _run(self, sign: str, place: int) -> int:
        """The same sign again and again begins nothing but at its last."""
        end = place + 1
        while self._text.startswith(sign, end) and self._text.startswith(sign, end + 1):
            end += 1
        return self._said(sign * (end - place), end)

    def _at_bracket(self, place: int, final: bool) -> int | None:
        if self._text.startswith("[", place + 1):
            return self._run("[", place)
        link = _LINK().match(self._text, place)
        if link:
            return self._link(link)
        if not final and (
            _LINK_BEGUN().match(self._text, place) or (self._leading and _DEFINING().match(self._text, place))
        ):
            return None
        definition = _DEFINITION().match(self._text, place) if self._leading else None
        if definition and self._leads(definition["target"]):
            return self._said(definition.group(), definition.end(), Kind.RAW)
        return self._said("[", place + 1)

    def _link(self, link: re.Match[str]) -> int:
        target = link["target"] if link["angle"] is None else link["angle"]
        if not self._leads(target):
            self._findings["link"] += 1
            return self._instead(link["label"], link.start(), link.end())
        self._said("[", link.end(), Kind.RAW)
        for place, part in enumerate(re.split(r"((?<!\\)`[^`]*`)", link["label"])):
            if place % 2:
                for code, kind in (("`", Kind.RAW), (part[1:-1], Kind.CODE), ("`", Kind.RAW)):
                    self._sink.feed(code, kind)
            else:
                self._sink.feed(_BARE().sub(lambda found: found[1] or r"\<", part), Kind.LABEL)
        self._sink.feed(f"]({target})" if link["angle"] is None else f"](<{target}>)", Kind.RAW)
        return link.end()

    def _leads(self, target: str) -> bool:
        """Whether a client may go there: an absolute address that is known, or a known person's."""
        target = visible(target)
        if _MAILTO().match(target):
            return self._known.leads(target[len("mailto:") :])
        return _ABSOLUTE().match(target) is not None and self._known.leads(target)

    def _at_angle(self, place: int, final: bool) -> int | None:
        angle = _ANGLE().match(self._text, place)
        if not angle:
            if not final and _ANGLE_BEGUN().match(self._text, place):
                return None
            harmless = self._text[place + 1 : place + 2] in _HARMLESS
            return self._said("<" if harmless else r"\<", place + 1)
        body = angle["body"]
        if body is None:  # a comment
            self._findings["tag"] += 1
            return angle.end()
        return self._angled(body, place, angle.end())

    def _angled(self, body: str, place: int, end: int) -> int:
        slack, locator, tag = _SLACK().fullmatch(body), _LOCATOR().fullmatch(body), _TAG().fullmatch(body)
        if slack:
            self._findings["mention"] += 1
            return self._instead(slack["shown"] or slack["all"] or "", place, end)
        if locator:
            return self._locator(locator["url"], locator["shown"], place, end)
        if tag and not _BLANK().search(body) and (tag["name"] or "").lower() in {*NAMES, ""} | _attributed(body):
            self._findings["tag"] += 1
            return self._instead("", place, end)
        return self._said(r"\<", place + 1)

    def _locator(self, url: str, shown: str | None, place: int, end: int) -> int:
        if self._leads(url):
            if shown:
                return self._instead(f"[{shown}]({url})", place, end)
            return self._said(f"<{url}>", end, Kind.RAW)
        if "@" in url and ":" not in url:
            return self._instead(shown or url, place, end)
        if any(addresses(visible(url), code=False)):
            self._findings["link"] += 1
            return self._instead(shown or "(link removed)", place, end)
        return self._said(r"\<", place + 1)


def _attributed(body: str) -> frozenset[str]:
    """The name of an element that has attributes, whatever it is."""
    found = _TAG().fullmatch(body)
    return (
        frozenset({found["name"].lower()}) if found and found["name"] and "=" in (found["rest"] or "") else frozenset()
    )
