"""What Slack's markup shows, as HTML: all else is escaped, and a link leads to the web or nowhere."""

import html
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup

from bot.local.rendering import rendered
from bot.local.slackview.signs import sign
from bot.local.workspace.nouns import Json
from bot.local.workspace.world import World

TOKEN = re.compile(r"```(?P<fenced>.+?)```|`(?P<code>[^`\n]+)`|<(?P<token>[^<>\n]+)>", re.DOTALL)
STYLES = {
    tag: re.compile(rf"(?<![\w{sign}]){sign}(?=\S)([^{sign}\n]+?)(?<=\S){sign}(?![\w{sign}])")
    for tag, sign in (("strong", r"\*"), ("em", "_"), ("del", "~"))
}
DATE = re.compile(r"!date\^(\d{1,12})\^([^|^]*)[^|]*\|.*")
QUOTE = re.compile(r"(?:^&gt; ?[^\n]*(?:\n|$))+", re.MULTILINE)
KEPT = re.compile("\ue000(\\d+)\ue001")  # where a token stood
EMOJI = re.compile(r":([a-z_]{1,40}):")
HEADING = re.compile(r"<(/?)h[1-6]>")  # a message has no part in the page's outline


class Drawing:
    """Slack's texts for somebody who looks at this world; for whoever holds its lock."""

    def __init__(self, world: World) -> None:
        self._world = world

    def text(self, given: Json) -> Markup:
        """A text object."""
        shown = str(given.get("text", ""))
        return self.mrkdwn(shown) if given.get("type") == "mrkdwn" else _lines(html.escape(shown))

    def markdown(self, text: str) -> Markup:
        """Of a `markdown` block."""
        plain = HEADING.sub(lambda found: "</strong></p>" if found[1] else "<p><strong>", rendered(text))
        return Markup(plain)  # noqa: S704 - sanitised there

    def mrkdwn(self, text: str) -> Markup:
        kept: list[str] = []

        def keep(found: re.Match[str]) -> str:
            kept.append(self._kept(found))
            return f"\ue000{len(kept) - 1}\ue001"

        bare = TOKEN.sub(keep, text.replace("\ue000", "").replace("\ue001", ""))
        shown = EMOJI.sub(lambda found: sign(found[1]) or found[0], _escaped(bare))
        for tag, pattern in STYLES.items():
            shown = pattern.sub(rf"<{tag}>\1</{tag}>", shown)
        shown = QUOTE.sub(_quoted, shown)
        return _lines(KEPT.sub(lambda found: kept[int(found[1])], shown))

    def _kept(self, found: re.Match[str]) -> str:
        if found["fenced"] is not None:
            return f"<pre><code>{_escaped(found['fenced'].strip(chr(10)))}</code></pre>"
        if found["code"] is not None:
            return f"<code>{_escaped(found['code'])}</code>"
        return self._token(found["token"])

    def _token(self, token: str) -> str:
        if dated := DATE.fullmatch(token):
            return html.escape(moment(datetime.fromtimestamp(int(dated[1]), UTC), dated[2]))
        target, _, label = token.partition("|")
        names: dict[str, Callable[[str], str]] = {"@": self._person, "#": self._channel, "!": self._called}
        if target[0] in names:
            return f'<span class="mention">{html.escape(names[target[0]](target[1:]))}</span>'
        if not target.startswith(("http://", "https://")):
            return _escaped(label or target)
        address = html.escape(_unescaped(target))
        return f'<a href="{address}" rel="noopener noreferrer">{_escaped(label or target)}</a>'

    def _person(self, ident: str) -> str:
        found = self._world.users.get(ident)
        return f"@{found.name if found else ident}"

    def _channel(self, ident: str) -> str:
        found = self._world.channels.get(ident)
        return f"#{found.name if found and found.name else ident}"

    def _called(self, what: str) -> str:
        kind, _, ident = what.partition("^")
        found = self._world.groups.get(ident) if kind == "subteam" else None
        return f"@{found.handle if found else ident or kind}"


def moment(when: datetime, pattern: str = "{date_short_pretty} at {time}") -> str:
    """In this machine's time zone, as Slack writes it out by `pattern`."""
    here = when.astimezone()
    return re.sub(r"\{(\w+)\}", lambda found: _part(found[1], here), pattern)


def clock(ts: str) -> datetime:
    """When a message was written."""
    return datetime.fromtimestamp(float(ts), UTC).astimezone()


def _part(name: str, here: datetime) -> str:
    if name.startswith("time"):
        return f"{here:%H:%M:%S}" if name == "time_secs" else f"{here:%H:%M}"
    return _day(here.date(), datetime.now(UTC).astimezone().date(), pretty=name.endswith("pretty"))


def _day(day: date, today: date, *, pretty: bool) -> str:
    known = {today: "today", today - timedelta(days=1): "yesterday"} if pretty else {}
    return known.get(day) or f"{day:%b} {day.day}, {day.year}"


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _escaped(text: str) -> str:
    """Slack escapes three signs, and reads no other entity."""
    return html.escape(_unescaped(text))


def _quoted(found: re.Match[str]) -> str:
    lines = (line.removeprefix("&gt;").removeprefix(" ") for line in found[0].rstrip("\n").split("\n"))
    return f"<blockquote>{'<br>'.join(lines)}</blockquote>"


def _lines(shown: str) -> Markup:
    """Line ends as breaks, but for those within code."""
    pieces = re.split(r"(<pre>.*?</pre>)", shown, flags=re.DOTALL)
    broken = (piece if place % 2 else piece.replace("\n", "<br>") for place, piece in enumerate(pieces))
    return Markup("".join(broken))  # noqa: S704 - every piece of it is escaped above
