"""Judge every word: addresses, mentions, secrets, personal data.

A word is what stands between white space, with the numbers that belong to it; it is held until it is whole.
"""

import re
from collections import Counter

from rag_core.guarding.linking import Known, addresses, trimmed, visible
from rag_core.guarding.masking import PRIVATE_KEY, Masks
from rag_core.guarding.pieces import IN_CODE, Kind, Sink, lazily

_LONGEST = 2000  # characters without a space: no word
_REMOVED = "(link removed)"
_KEY_REMOVED = "(private key removed)"
_BREAKS = "\\s\u3001\u3002\u3008-\u3011\uff01\uff0c\uff1a\uff1b\uff1f"  # white space, and what ends a word in Chinese
_TOKEN = re.compile(rf"[ \t\u00a0]+|\n+|[{_BREAKS}]|[^{_BREAKS}]+")
_BREAK = re.compile(rf"[{_BREAKS}]")
_SOFT = frozenset(" \t\u00a0")
# what may go on behind a space: groups of digits, an IBAN's groups, a token behind its scheme, a key's first line
_NUMBER = re.compile(r"\d[().-]{0,3}\Z")
_OPEN = re.compile(r"(?:\b[A-Z]{2}\d{2}(?:[ \t\u00a0]+[A-Z0-9]{4})*|\b(?i:bearer)|-----BEGIN(?: [A-Z0-9]+){0,5})\Z")
_TAIL = 80  # characters of a word that tell whether it goes on
_KEY_PART = lazily(
    r"[A-Za-z0-9+/=\\,\"']{16,}|[A-Za-z0-9+/]+={0,2}[\"',]*|-----END|KEY-----.*|(?:Proc-Type|DEK-Info|Version):.*"
)
# nothing a rule looks for: no address without a sign within, no secret below 15 characters, no number below 9
_PLAIN = re.compile(
    r"[A-Za-z,;'\"()*-]{0,14}(?:[.?!][)\"'*]{0,3}|:)?|[A-Z]?[a-z]{0,30}[.,;?!]?|[#>|*-]+|\[\d{1,3}\][.,;]?"
    r"|[A-Za-z0-9_,;'\"()*%$-]{0,8}[.,?!]?"
)
_MENTION = lazily(r"(?<![\w.])@(?=(?:channel|everyone|here|group)(?![A-Za-z0-9]))", re.IGNORECASE)
_SLACK = lazily(
    r"<(?:!(channel|here|everyone|group)|!subteam\^\w+|!date\^[^|>]*|@[A-Z0-9]{2,}|#[A-Z0-9]{2,})(?:\|([^>]*))?>?"
)
_WRITTEN = lazily(r"[^\s\w]{0,60}\w")
_SYNTAX = lazily(r"[\\`*_\[\]<~!]")
_IMAGE = lazily(r"!(?=\[(?!\d{1,3}\]))")


class Words:
    """Pieces in, judged pieces out; what is not white space waits for its end."""

    def __init__(self, known: Known, masks: Masks, sink: Sink, findings: Counter[str], *, in_key: bool = False) -> None:
        self._known, self._masks, self._sink, self._findings = known, masks, sink, findings
        self._word, self._kind, self._last = "", Kind.PROSE, ""
        self._too_long, self.in_key = False, in_key
        self._swallowed = ""  # white space within a key that went

    def feed(self, text: str, kind: Kind) -> None:
        if kind is not self._kind:
            self.flush(text[:1])
            self._kind = kind
        if kind not in (Kind.PROSE, Kind.LABEL) and kind not in IN_CODE:
            self._leave_key()
            self._say(text)
            return
        if text.isalnum():
            self._add(text)
            return
        for token in _TOKEN.findall(text):
            if _BREAK.match(token):
                self._space(token)
            else:
                self._add(token)

    def flush(self, following: str = "") -> None:
        """The word is whole; `following` is what stands right behind it."""
        word, self._word = self._word, ""
        if self._too_long:
            self._too_long = False
            self._findings["unbroken"] += 1
            word = "(unbroken text removed)"
        elif word and (self.in_key or self._masks.own or not _PLAIN.fullmatch(word)):
            word = self._judged(word, following)
        if word:
            self._say(word)

    def _add(self, token: str) -> None:
        if len(self._word) + len(token) > _LONGEST:
            self._too_long = True
        self._word = token[:1] if self._too_long else self._word + token

    def _space(self, space: str) -> None:
        if self._word and not self._too_long and space[0] in _SOFT and _goes_on(self._word):
            self._add(space)
            return
        self.flush(space[0])
        if not self.in_key:
            self._say(space)
        elif self._swallowed != "\n":
            self._swallowed = "\n" if space[0] == "\n" else " "

    def _say(self, text: str) -> None:
        if self._kind in (Kind.PROSE, Kind.LABEL):
            text = text.replace("](", "] (").replace("]:", "]\\:")  # no link, no definition but those that were judged
        elif self._kind is Kind.RAW and self._last == "!" and text[0] == "[":
            text = f" {text}"
        self._last = text[-1]
        self._sink.feed(text, self._kind)

    def _judged(self, word: str, following: str) -> str:
        if self.in_key:
            if _KEY_PART().fullmatch(word):
                self.in_key = "KEY-----" not in word
                return ""
            self._leave_key()
        key = PRIVATE_KEY().search(word) if "-----" in word else None
        if not key:
            return self._cleared(word, following)
        self._findings["private_key"] += 1
        self.in_key = "-----END" not in word[key.end() :]
        before = self._cleared(word[: key.start()], " ")
        return f"{before} {_KEY_REMOVED}" if before else _KEY_REMOVED

    def _leave_key(self) -> None:
        """The text goes on, on a line of its own where it did."""
        if self.in_key and self._swallowed:
            self._sink.feed(self._swallowed, Kind.PROSE)
        self.in_key, self._swallowed = False, ""

    def _cleared(self, word: str, following: str) -> str:
        code = self._kind in IN_CODE
        if code or not ("\\" in word or "&" in word):
            return self._rewritten(word, code=code, following=following)
        seen = visible(word)
        judged = self._rewritten(seen, code=False, following=following, naming=False)
        if judged != seen:
            return _SYNTAX().sub(r"\\\g<0>", judged)
        return self._rewritten(word, code=False, following=following)

    def _rewritten(self, word: str, *, code: bool, following: str, naming: bool = True) -> str:
        word = self._masks.secrets(word)
        done: list[str] = []
        start = 0
        for found in addresses(word, code=code):
            done.append(self._rest(word[start : found.start()], code=code))
            before = word[found.start() - 1 : found.start()] if found.start() else self._last
            after = word[found.end() :] + following
            apart = naming and before not in ("\\", "`") and not after.startswith("`")
            done.append(self._address(found, code=code, apart=apart))
            # clients differ in where an address ends: nothing is written right behind one
            done.append(" " if not code and _WRITTEN().match(word, found.end()) else "")
            start = found.end()
        return "".join(done) + self._rest(word[start:], code=code)

    def _address(self, found: re.Match[str], *, code: bool, apart: bool) -> str:
        address, kind = found.group(), found.lastgroup
        if self._known.prefix(address) is not None:
            return address
        if kind == "email":
            self._findings["email"] += 1
            return "(e-mail address removed)"
        if kind == "name":
            return address if code else self._named(address, apart=apart)
        if kind == "other":
            return self._removed()
        *_, bare = trimmed(address)
        return self._removed() + address[len(bare) :]

    def _named(self, name: str, *, apart: bool) -> str:
        """A bare name that a client may link is shown as code, where nothing links."""
        if not apart:
            return self._removed()
        self._findings["link"] += 1
        return f"`{name}`"

    def _removed(self) -> str:
        self._findings["link"] += 1
        return _REMOVED

    def _rest(self, text: str, *, code: bool) -> str:
        if not text:
            return text
        text = self._masks.people(text)
        text, slack = _SLACK().subn(lambda found: found[2] or found[1] or "", text) if "<" in text else (text, 0)
        text, names = _MENTION().subn("", text) if not code and "@" in text else (text, 0)
        text, images = _IMAGE().subn("! ", text) if not code and "!" in text else (text, 0)
        self._findings["mention"] += slack + names
        self._findings["image"] += images
        return text


def _goes_on(word: str) -> bool:
    """Whether what stands behind the space may belong to it."""
    tail = word[-_TAIL:].rstrip()
    return _NUMBER.search(tail[-4:]) is not None or (tail[-1:].isalpha() and _OPEN.search(tail) is not None)
