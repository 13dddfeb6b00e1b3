"""A guard as it is set up, and what an independent parser and eager clients would make of what it lets through."""

import re

import pyromark

from rag_core.guarding.checking import Guard, GuardPolicy
from rag_core.guarding.linking import Allowed

CITED = "https://help.example.com/keys"
NAMED = "https://api.example.org/v3/mail?x=1"
ALLOWED = Allowed(
    frozenset({f"{CITED}#rotate"}),
    (f"Send to {NAMED} or ask support@example.com, +1 415 555 0100, or see docs.example.net.",),
)
OPTIONS = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH | pyromark.Options.ENABLE_TASKLISTS
LEADS = {CITED, f"{CITED}#rotate", NAMED, f"{CITED}/"}
LINKED = re.compile(
    r"(?:https?|ftp|wss?)://\w[^\s<。]*|(?<!\w)www\.\w[^\s<。]*|(?<!\w)javascript:\w|(?<![\w@.])evil\.com(?![\w])",
    re.IGNORECASE,
)
SLACK = re.compile(r"<!(?:channel|here|everyone|subteam)|<@[UW]\d|<#C\d")
MENTION = re.compile(r"(?<![\w.])@(?:here|channel|everyone)(?![A-Za-z0-9])", re.IGNORECASE)
BIDI = re.compile("[\u200b\u200e\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f\x00-\x08\x1b]")

GUARD = Guard(GuardPolicy(allowed_hosts=frozenset({"status.example.com", "*.docs.example.com"})))


def guarded(text: str) -> str:
    return GUARD.check(text, ALLOWED).text


def streamed(guard: Guard, text: str, cuts: list[int]) -> tuple[str, dict[str, int]]:
    stream = guard.stream(ALLOWED)
    parts = [stream.feed(text[a:b]) for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    return "".join(parts) + stream.finish(), dict(stream.findings)


def harm(text: str) -> object:
    """What a Markdown parser, and a client that links what looks like an address, would make of it."""
    prose, fenced = "", 0
    for event in pyromark.events(text, options=OPTIONS):
        if not isinstance(event, dict):
            prose += "\n"
            continue
        (kind, value), *_ = event.items()
        tag = value if isinstance(value, dict) and kind == "Start" else {}
        if kind in ("Html", "InlineHtml") or "Image" in tag:
            return event
        if "Link" in tag and tag["Link"]["dest_url"] not in LEADS:
            return event
        fenced += ("CodeBlock" in tag) - (kind == "End" and value == "CodeBlock")
        prose += str(value) if kind == "Text" and not fenced else "\n"
    for found in LINKED.finditer(prose):
        if found.group().rstrip(".,;:!?'\")]}>*_~&\\|[({#=/-`。") not in LEADS:
            return found.group()
    return SLACK.search(text) or MENTION.search(prose) or BIDI.search(text)


SECRETS = {
    "sendgrid_key": "SG." + "a1B2c3D4e5F6g7H8i9J0kL" + "." + "Zz9" * 14,
    "aws_key": "AKIA" + "IOSFODNN7EXAMPLE",
    "slack_token": "xoxb-" + "123456789012-abcdefABCDEF",
    "slack_webhook": "hooks.slack.com/services" + "/T00000000/B00000000/abcdefabcdef",
    "stripe_key": "sk_live_" + "a1b2c3d4e5f6g7h8i9",
    "github_token": "ghp_" + "a1B2c3D4e5" * 4,
    "gitlab_token": "glpat-" + "a1B2c3D4e5F6g7H8i9J0",
    "google_key": "AIza" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R",
    "openai_key": "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R",
    "twilio_key": "SK" + "0123456789abcdef" * 2,
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc-DEF_123",
    "bearer_token": "Bearer " + "abcdef0123456789abcdef",
    "url_password": "postgres://admin:hunter2@db/x",
    "private_key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7\nab==\n-----END RSA PRIVATE KEY-----",
}
