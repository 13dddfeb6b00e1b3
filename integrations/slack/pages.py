"""What an admin reads in the browser while the app is installed; every value is escaped, nothing is loaded."""

from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from integrations.framing import framed, headers

HEADERS = headers()
AGAIN = ("/slack/install", "Start again")


@dataclass(frozen=True, slots=True)
class Page:
    """A title and a sentence, in plain text; `link` is an address of ours or Slack's and what it says."""

    title: str
    text: str
    link: tuple[str, str] | None = AGAIN

    @property
    def html(self) -> str:
        link = f'<p><a href="{escape(self.link[0])}">{escape(self.link[1])}</a></p>' if self.link else ""
        title = escape(self.title)
        return framed(title, f"<h1>{title}</h1>\n<p>{escape(self.text)}</p>\n{link}")


UNKNOWN = Page("There is nothing here", "The app is installed from the page below.", ("/slack/install", "Install"))
STALE = Page(
    "This link is not good any more",
    "It was opened in another browser, or more than ten minutes after it was begun. Nothing was installed.",
)
USED = Page(
    "This link was used already",
    "If you saw that the app is installed, all is well and you can close this page. If not, start again.",
)
DENIED = Page("Nothing was installed", "You did not allow the app. You can close this page, or start again.")
UNAVAILABLE = Page(
    "This did not work just now",
    "Slack or our own store did not answer, so it cannot be told whether the app is installed. Start again in a "
    "minute: that does no harm.",
)
WRONG_SETUP = Page(
    "The app is not set up right",
    "Slack does not accept what it was told about the app, so nothing was installed. Please tell whoever runs it: the "
    "log says what is wrong.",
    None,
)


def refused(code: str) -> Page:
    """`code`: Slack's word, or whatever came in its place."""
    shown = code[:80].encode("ascii", "replace").decode()
    return Page("Nothing was installed", f"Slack did not go on with it. Its reason was: {shown}")


def not_invited(workspace: str) -> Page:
    return Page(
        "This workspace is not invited",
        f"Whoever runs the app has not named {_named(workspace)} as one of theirs, so it was not installed. Ask them "
        "to add it, then start again.",
    )


def installed(workspace: str, app: str | None, team: str | None) -> Page:
    address = "https://slack.com/app_redirect?" + urlencode({"app": app or "", "team": team or ""})
    return Page(
        "The app is installed",
        f"It is in {_named(workspace)} now. Mention it in a channel, or write to it directly.",
        (address, "Open it in Slack"),
    )


def _named(workspace: str) -> str:
    return workspace[:80] or "this workspace"
