"""Whether a request is Zendesk's: its signature over time stamp and raw body, before anything is parsed.

The time stamp is text of ISO 8601, nothing stands between it and the body, and the secret is used as it is written.
https://developer.zendesk.com/documentation/webhooks/verifying/
"""

import base64
import hmac
import re
from datetime import datetime

from rag_core.errors import MisconfiguredError, RejectedError

TIMESTAMP, SIGNATURE = "x-zendesk-webhook-signature-timestamp", "x-zendesk-webhook-signature"
TOLERANCE = 300  # seconds between Zendesk's clock and ours, of which it says nothing; an older request may be replayed
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")


class ForgedError(RejectedError):
    """A request that is not Zendesk's, or is one no more."""


def verify(secret: str, timestamp: str, signature: str, body: bytes, now: float) -> None:
    """Raises ForgedError; MisconfiguredError without a secret, with which anybody could sign."""
    require(secret)
    if abs(now - _seconds(timestamp)) > TOLERANCE:
        raise ForgedError("the request has no time stamp of these minutes")
    # as bytes: compare_digest refuses text beyond ASCII
    if not hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.encode(errors="replace")):
        raise ForgedError("the request is not signed by Zendesk")


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature as its header holds it."""
    return base64.b64encode(hmac.digest(secret.encode(), timestamp.encode() + body, "sha256")).decode()


def require(secret: str) -> None:
    """Raises MisconfiguredError for a secret that is none."""
    if not secret.strip():
        raise MisconfiguredError("there is no signing secret: set SUPPORTBOT_ZENDESK_WEBHOOK_SECRET (docs/zendesk.md)")


def _seconds(timestamp: str) -> float:
    try:
        return datetime.fromisoformat(timestamp).timestamp() if MOMENT.fullmatch(timestamp) else float("-inf")
    except (ValueError, OverflowError):  # no such day
        return float("-inf")
