"""Mask secrets and personal data: named patterns, ours and the operator's.

A secret is masked wherever it stands; a person's data stays where the cited passages themselves show it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag_core.errors import MisconfiguredError
from rag_core.guarding.bounding import bounded
from rag_core.guarding.pieces import lazily
from rag_core.guarding.showing import Shown, compact

_GAP = r"[ \t\u00a0.\u2010-\u2013-]?"
_SECRETS = {
    "sendgrid_key": r"SG\.[\w\\-]{16,40}\.[\w\\-]{16,80}",
    "aws_key": r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])",
    "slack_token": r"xox[a-z](?:\.xox[a-z])?-[\w\\-]{10,300}|xapp-\d-[\w\\-]{10,300}",
    "slack_webhook": r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/-]{20,200}",
    "stripe_key": r"(?:[srp]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,250}",
    "github_token": r"gh[oprsu]_[A-Za-z0-9]{30,255}|github_pat_\w{30,255}",
    "gitlab_token": r"glpat-[\w-]{20,64}",
    "google_key": r"AIza[\w-]{35}|ya29\.[\w-]{20,500}",
    "openai_key": r"sk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9][\w-]{30,250}",
    "twilio_key": r"SK[0-9a-f]{32}(?![0-9a-f])",
    "jwt": r"(?<![\w-])eyJ[\w\\-]{10,1800}\.eyJ[\w\\-]{2,1800}(?:\.[\w\\-]{0,1800})?",
    "bearer_token": r"(?<=bearer )(?=[^\s\"'<>]{0,40}\d)[\w.~+/=\\-]{20,1900}",
    "url_password": r"(?<=://)[^\s/@:\"'<>]{1,200}:[^\s/@\"'<>]{1,200}@",
}
_PERSONAL = {
    "card": rf"(?:\d{_GAP}){{12,18}}\d(?![\w-])",
    "iban": r"[A-Z]{2}\d{2}(?:[ \u00a0]?[A-Z0-9]{4}){2,7}(?:[ \u00a0]?[A-Z0-9]{1,3})?(?![A-Za-z0-9])",
    # "+" and a country, or the North American grouping with its separators: 1,000,000, 550 5.7.1, timestamps are none
    "phone": r"\+[1-9](?:[ \u00a0.()/-]{0,2}\d){7,14}(?![\w-])"
    r"|(?:\(\d{3}\)[ \u00a0]?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w.-]*\d)",
}
_BRANDS = lazily(
    r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"
    r"|(?:6011|65\d\d|64[4-9]\d|35\d\d|62\d\d)\d{12}|(?:62|50|5[6-9]|6[0-9])\d{16,17}"
)
PRIVATE_KEY = lazily(r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----")


@dataclass(frozen=True, slots=True)
class Pattern:
    """What must not leave, as a regular expression over one word (what stands between two spaces).

    Raises MisconfiguredError for an expression that could take long on a hostile text: see `bounding`.
    """

    name: str
    regex: str
    replacement: str = "(removed)"

    def __post_init__(self) -> None:
        bounded(self.name, self.regex)
        if set(self.replacement) & set("`<>[]()\\!@\n") - set("()"):
            raise MisconfiguredError(f"the replacement of pattern '{self.name}' has Markdown in it: use plain words")


def checks_as_card(text: str) -> bool:
    """A brand's prefix and length, and the Luhn check digit."""
    digits = compact(text)
    total = sum(sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(reversed(digits)))
    return total % 10 == 0 and _BRANDS().fullmatch(digits) is not None and len(set(digits)) > 1


def checks_as_iban(text: str) -> bool:
    """The ISO 7064 remainder: letters count from 10."""
    code = compact(text)
    return 15 <= len(code) <= 34 and int("".join(str(int(c, 36)) for c in code[4:] + code[:4])) % 97 == 1


_CHECKS: Mapping[str, Callable[[str], bool]] = {"card": checks_as_card, "iban": checks_as_iban}


def _one_of(patterns: Mapping[str, str], before: str) -> Callable[[], re.Pattern[str]]:
    return lazily(f"{before}(?:" + "|".join(f"(?P<{name}>{regex})" for name, regex in patterns.items()) + ")")


_SECRET = _one_of({n: f"(?i:{r})" if n == "bearer_token" else r for n, r in _SECRETS.items()}, r"(?<![A-Za-z0-9])")
_PERSON = _one_of(_PERSONAL, r"(?<![\w.+-])(?<!\d,)")
_DIGIT = re.compile(r"\d")
_PREFIX = lazily(r"(?:[A-Za-z]{2,8}[_.-]){0,3}(?:AKIA|ASIA|ABIA|ACCA|AIza|SK)?")
_SHORTEST = 15  # characters of a secret, but for a password before an @
_LEAST = 20  # characters that make a token


def personal(text: str) -> Iterator[str]:
    """A person's data in a cited passage, in one form however it is grouped."""
    for found in _PERSON().finditer(text):
        if _is_one(found):
            yield compact(found.group())


def _is_one(found: re.Match[str]) -> bool:
    name = found.lastgroup or ""
    return name not in _CHECKS or _CHECKS[name](found.group())


def _is_secret(found: re.Match[str]) -> bool:
    """Not what is visibly an example: filled up with one sign ("sk_live_xxxx…"), or cut where little of it is shown.

    Whatever was written behind it, so much of a token as could be one by itself is a secret.
    """
    name, text = found.lastgroup, found.group()
    if name == "url_password":
        return True
    shown = text[_PREFIX().match(text).end() :]  # type: ignore[union-attr]  # matches nothing, too
    if len({sign.lower() for sign in shown if sign.isalnum()}) <= 1:
        return False
    cut = text.endswith("...") or found.string.startswith(("…", "***", "•••"), found.end())
    return not (name == "bearer_token" and cut and len(shown.rstrip(".")) < _LEAST)


class Masks:
    """Every rule over one word, or over a run of numbers; counts by name what it masked."""

    def __init__(self, patterns: Sequence[Pattern], findings: Counter[str], shown: Shown) -> None:
        self.own = [(p.name, re.compile(p.regex), p.replacement) for p in patterns]
        self._findings, self._shown = findings, shown

    def has_secret(self, text: str) -> bool:
        return any(map(_is_secret, _SECRET().finditer(text))) or any(pattern.search(text) for _, pattern, _ in self.own)

    def secrets(self, text: str) -> str:
        """What is masked wherever it stands, in an address and in a cited passage too."""
        if len(text) >= _SHORTEST or "@" in text:
            text = _SECRET().sub(self._secret, text)
        for name, pattern, replacement in self.own:
            text, count = pattern.subn(replacement.replace("\\", r"\\"), text)
            self._findings[name] += count
        return text

    def people(self, text: str) -> str:
        return _PERSON().sub(self._person, text) if len(text) >= 9 and _DIGIT.search(text) else text

    def _secret(self, found: re.Match[str]) -> str:
        if not _is_secret(found):
            return found.group()
        name = found.lastgroup or ""
        self._findings[name] += 1
        return f"({name.replace('_', ' ')} removed)"

    def _person(self, found: re.Match[str]) -> str:
        name = found.lastgroup or ""
        if not _is_one(found) or self._stands(compact(found.group())):
            return found.group()
        self._findings[name] += 1
        return f"({name} number removed)" if name != "iban" else "(IBAN removed)"

    def _stands(self, number: str) -> bool:
        return any(number in personal(line) for line in self._shown.lines(number))
