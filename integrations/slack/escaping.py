"""Text that others wrote, made inert; and the tokens Slack reads as commands, which nothing but this module writes.

Slack reads `<...>` in every text, inside its `markdown` block too. Standard library only: the ingress loads this.
"""

import re
from datetime import UTC, datetime

JOINER = "\u2060"  # shows nothing and ends a name
LONGEST_URL = 2_000
_LONGEST_TOKEN = 2_900  # a section holds 3,000 characters

_SPECIAL = re.compile(r"@(?=(?:here|channel|everyone|group)(?![^\W_]))", re.IGNORECASE)
_COMMAND = re.compile(r"<(?=[!@#]|[A-Za-z][A-Za-z0-9+.-]{0,30}:)")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_WEB = re.compile(r"https?://[^\s/?#@\\]+(?:[/?#]\S*)?", re.IGNORECASE)
_ID = re.compile(r"[A-Z][A-Z0-9]{1,30}")
_IN_URL = {"<": "%3C", ">": "%3E", "|": "%7C", '"': "%22", "`": "%60", "\\": "%5C"}


def muted(text: str) -> str:
    """The text, in which no name calls everyone, however Slack was told to look for names."""
    return _SPECIAL.sub(f"@{JOINER}", text)


def clean(text: str) -> str:
    """The text without what nobody sees and what turns the line it stands in."""
    return _UNSEEN.sub("", text)


def escaped(text: str) -> str:
    """For mrkdwn: every sign shows as itself."""
    text = muted(clean(text))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def inert(text: str, limit: int) -> str:
    """For a `plain_text` object, which shows what it holds: one line, never longer than `limit`, never empty."""
    line = " ".join(_COMMAND.sub(f"<{JOINER}", muted(clean(text))).split())
    return (line if len(line) <= limit else line[: limit - 1].rstrip() + "…") or "–"


def is_web(url: str) -> bool:
    """Whether a link may lead there: a page on the web, no other scheme, nobody's name before the host."""
    return len(url) <= LONGEST_URL and _WEB.fullmatch(url) is not None


def address(url: str) -> str:
    """The URL without the signs that would end it early, or that a client could take for something else."""
    return _SPECIAL.sub("%40", "".join(_IN_URL.get(sign, sign) for sign in url))


def link(url: str, label: str) -> str:
    """A link in mrkdwn; to anywhere but the web, only its label."""
    shown = escaped(inert(label, 200).replace("`", "'"))  # code within a label breaks the link
    target = address(url)
    token = f"<{target.replace('&', '&amp;')}|{shown}>"
    return token if is_web(target) and len(token) <= _LONGEST_TOKEN else shown


def person(user: str) -> str:
    return f"<@{user}>" if _ID.fullmatch(user) else escaped(user)


def group(usergroup: str) -> str:
    return f"<!subteam^{usergroup}>" if _ID.fullmatch(usergroup) else escaped(usergroup)


def channel(channel_id: str) -> str:
    return f"<#{channel_id}>" if _ID.fullmatch(channel_id) else escaped(channel_id)


def date(moment: datetime) -> str:
    """In the reader's own time zone and words; where a client cannot, in UTC."""
    utc = moment.astimezone(UTC)
    fallback = f"{utc.day} {utc:%b %Y, %H:%M} UTC"
    return f"<!date^{int(utc.timestamp())}^{{date_short_pretty}} at {{time}}|{fallback}>"
