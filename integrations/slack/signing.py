"""Whether a request is Slack's: its signature over the raw body, before anything is parsed.

By hand, as `import slack_sdk.signature` imports all of slack_sdk. https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hmac
import re

from rag_core.errors import MisconfiguredError, RejectedError

TIMESTAMP, SIGNATURE = "x-slack-request-timestamp", "x-slack-signature"
TOLERANCE = 300  # seconds between Slack's clock and ours; an older request may be a replayed one
SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


class ForgedError(RejectedError):
    """A request that is not Slack's, or is one no more."""


def verify(secret: str, timestamp: str, signature: str, body: bytes, now: float) -> None:
    """Raises ForgedError; MisconfiguredError without a secret, with which anybody could sign."""
    require(secret)
    if not SECONDS.fullmatch(timestamp) or abs(now - int(timestamp)) > TOLERANCE:
        raise ForgedError("the request has no time stamp of these minutes")
    # as bytes: compare_digest refuses text beyond ASCII
    if not hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.encode(errors="replace")):
        raise ForgedError("the request is not signed by Slack")


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature as its header holds it."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, "sha256").hexdigest()


def require(secret: str) -> None:
    """Raises MisconfiguredError for a secret that is none."""
    if not secret.strip():
        raise MisconfiguredError("there is no signing secret: set SUPPORTBOT_SLACK_SIGNING_SECRET (docs/slack.md)")
