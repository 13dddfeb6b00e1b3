"""Greeting and sign-off around a draft, by the customer's language.

Whatever is wrong with a template stops the start: a customer must never be greeted as "{nmae}".
"""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, field

from rag_core.errors import MisconfiguredError

PLACES = ("name", "first_name", "brand")
FORM = '{"en": {"greeting": "Hi {first_name},", "sign_off": "Best regards,\\n{brand}"}}'
DEFAULT = "en"
LONGEST = 1_000  # characters of a template
LONGEST_NAME = 80
ODD = re.compile(r"[@:/\\<>{}\[\]]|\w\.\w{2}")  # in an address, or in what somebody tries
UNSEEN = re.compile("[\x00-\x08\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around one draft, as text."""

    greeting: str = ""
    sign_off: str = ""


@dataclass(frozen=True, slots=True)
class Templates:
    """By language; the nearest that there is, then English, then none."""

    by_language: Mapping[str, Frame] = field(default_factory=dict)

    @property
    def name_brand(self) -> bool:
        """Whether any needs to know the brand."""
        return any("{brand}" in frame.greeting + frame.sign_off for frame in self.by_language.values())

    def frame(self, locale: str, *, name: str, brand: str) -> Frame:
        found = self._nearest(locale.lower().replace("_", "-"))
        known = _named(name)
        values = {"name": known, "first_name": known.split(" ")[0], "brand": _line(brand)}
        return Frame(_filled(found.greeting, values), _filled(found.sign_off, values))

    def _nearest(self, locale: str) -> Frame:
        while locale:
            if locale in self.by_language:
                return self.by_language[locale]
            locale = locale.rpartition("-")[0]
        return self.by_language.get(DEFAULT, Frame())


def templates(stated: object) -> Templates:
    """Of what was read from JSON. Raises MisconfiguredError."""
    if not isinstance(stated, dict):
        raise _wrong("it is no object of languages")
    found = {}
    for language, texts in stated.items():
        if not LANGUAGE.fullmatch(str(language).lower()):
            raise _wrong(f"{str(language)[:20]!r} is no language, such as en or pt-br")
        if not isinstance(texts, dict) or not texts or not texts.keys() <= {"greeting", "sign_off"}:
            raise _wrong(f"{language} takes greeting and sign_off")
        found[str(language).lower()] = Frame(**{name: _checked(language, text) for name, text in texts.items()})
    return Templates(found)


def _checked(language: str, text: object) -> str:
    if not isinstance(text, str) or len(text) > LONGEST:
        raise _wrong(f"a template of {language} is no text of at most {LONGEST:,} characters")
    if "{{" in text or "}}" in text:  # as Zendesk writes its own: a customer would be greeted as "{ticket...}"
        raise _wrong(f"a template of {language} has two braces together: there are {{{'}, {'.join(PLACES)}}}")
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError as error:
        raise _wrong(f"a template of {language} has a single brace: {error}") from None
    for _, place, form, conversion in parsed:
        if place is not None and (place not in PLACES or form or conversion):
            raise _wrong(f"a template of {language} has {{{place}}}: there are {', '.join(PLACES)}")
    return text


def _filled(text: str, values: Mapping[str, str]) -> str:
    """What is not known goes with the space before it: "Hi {name}," is "Hi,"."""
    for place, value in values.items():
        if not value:
            text = re.sub(rf"[ \t]*\{{{place}\}}", "", text)
    return text.format(**values).strip()


def _named(name: str) -> str:
    """As one may be addressed: an address of any kind, code or a number is no name."""
    words = _line(name)[:LONGEST_NAME]
    return "" if ODD.search(words) or not any(each.isalpha() for each in words) else words


def _line(text: str) -> str:
    """Without what nobody sees: half a character would make a note that cannot be sent."""
    return " ".join(UNSEEN.sub("", text).split())


def _wrong(reason: str) -> MisconfiguredError:
    return MisconfiguredError(f"SUPPORTBOT_ZENDESK_TEMPLATES is wrong: {reason}; it reads {FORM}")
