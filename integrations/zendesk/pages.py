"""The pages behind a rating link: what will be recorded, and what was. Every value is escaped, nothing is loaded.

Looking at a page records nothing: links in mail and notes are opened by scanners before any person does. Only the form
is sent, and a form is not followed.
"""

from dataclasses import dataclass
from html import escape

from integrations import framing
from integrations.http import Reply
from integrations.reasons import REASON_LABELS
from rag_core.domain import LONGEST_COMMENT, REASONS, Rating

MORE = "more"  # a field of the second form, which says why
SAID = {True: "helped", False: "did not help"}
FORM = '<form method="post">\n{content}\n<p><button>{label}</button></p>\n</form>'
CLOSE = '<p class="soft">You can close this page.</p>'


@dataclass(frozen=True, slots=True)
class Page:
    """A title and a sentence, in plain text."""

    status: int
    code: str
    title: str
    text: str

    def reply(self, error: Exception | None = None) -> Reply:
        title = escape(self.title)
        html = framing.framed(title, f"<h1>{title}</h1>\n<p>{escape(self.text)}</p>")
        after = {"Retry-After": "30"} if self.status == 503 else {}
        return Reply(self.status, html, {**framing.headers(), **after}, self.code, error=error)


FORGED = Page(
    403,
    "forged",
    "This link is not complete",
    "It was changed or cut on its way here, so nothing was recorded. Open it from the note in the ticket.",
)
EXPIRED = Page(
    410, "expired", "This link has expired", "Links in notes are good for thirty days. Nothing was recorded."
)
GONE = Page(
    404,
    "not_found",
    "This draft is not on record any more",
    "Answers are kept for a time only, and this one is gone. Nothing was recorded.",
)
MALFORMED = Page(400, "malformed", "This form cannot be read", "Nothing was recorded. Open the link again.")
UNAVAILABLE = Page(
    503, "unavailable", "This did not work just now", "Whether it was recorded cannot be told. Try again in a minute."
)
WRONG_SETUP = Page(
    500,
    "misconfigured",
    "This is not set up right",
    "Nothing was recorded. Please tell whoever runs the bot: its log says what is wrong.",
)


def asking(*, helpful: bool, ticket: int) -> Reply:
    """What the link records once its button is pressed."""
    title, said = "Rate this draft", SAID[helpful]
    text = f"Press the button to record that the draft in ticket {ticket} {said}. The note's other link changes it."
    content = f"<h1>{title}</h1>\n<p>{text}</p>\n" + FORM.format(content="", label=f"It {said}")
    return Reply(200, framing.framed(title, content), framing.headers(forms=True))


def recorded(rating: Rating, *, ticket: int, added: bool = False, wrong: str = "") -> Reply:
    """What is on record now, with a form to say more; `added`: more was said, `wrong`: why it was not taken."""
    title = f"Recorded: the draft {SAID[rating.helpful]}"
    thing = "What you added is" if added else "This is"
    parts = [
        f"<h1>{title}</h1>",
        f'<p role="status">Thank you. {thing} on record for the draft in ticket {ticket}.</p>',
        f'<p role="alert">What you added was not: {escape(wrong)}.</p>' if wrong else "",
        f"<h2>{'Anything to add?' if rating.helpful else 'What was wrong with it?'}</h2>",
        FORM.format(content=_more(rating), label="Save"),
        "" if wrong else CLOSE,
    ]
    status, code = (400, "refused") if wrong else (200, "")
    return Reply(
        status, framing.framed(title, "\n".join(filter(None, parts))), framing.headers(forms=True), code, "rating"
    )


def refused(reason: str) -> Reply:
    return Page(400, "refused", "Nothing was recorded", f"{reason[:1].upper()}{reason[1:]}.").reply()


def _more(rating: Rating) -> str:
    reasons = "" if rating.helpful else _reasons(rating.reason)
    return (
        f'<input type="hidden" name="{MORE}" value="1">\n{reasons}'
        f'<p><label for="comment">Comment, if you like</label></p>\n'
        f'<textarea id="comment" name="comment" maxlength="{LONGEST_COMMENT}">\n{escape(rating.comment)}</textarea>'
    )


def _reasons(chosen: str) -> str:
    lines = "\n".join(
        f'<label><input type="radio" name="reason" value="{reason}"{" checked" if reason == chosen else ""}> '
        f"{escape(REASON_LABELS.get(reason, reason))}</label>"
        for reason in REASONS
    )
    return f"<fieldset>\n<legend>Reason</legend>\n{lines}\n</fieldset>\n"
