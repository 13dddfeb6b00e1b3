"""The links by which an agent says whether a draft helped: signed, expiring, bound to answer, ticket and vote.

The key is made of the webhook's secret: who has that could send us tickets as well, and there is one secret less to
keep. A new webhook secret ends all links that were made with the one before.
"""

import base64
import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from integrations.zendesk import signing
from rag_core.domain import PersonId, QuestionId
from rag_core.errors import MisconfiguredError, RejectedError

PATH = "/zendesk/rate"
LABEL = b"supportbot: rating links of Zendesk, version 1"
DAY = 24 * 3600
DAYS = 30
VOTES = {"1": True, "0": False}
FORM = re.compile(r"[!-~]{1,128}", re.ASCII)  # of an answer's id
NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


class ForgedError(RejectedError):
    """A link that was not made here, or not like this."""


class ExpiredError(RejectedError):
    """A link that was."""


@dataclass(frozen=True, slots=True)
class Vote:
    """What a link says."""

    question: QuestionId
    ticket: int
    helpful: bool


class Links:
    """Those of one account, `account` being its subdomain. Raises MisconfiguredError without a secret."""

    def __init__(self, secret: str, account: str, public_url: str, clock: Callable[[], float] = time.time) -> None:
        signing.require(secret)
        self._key = hmac.digest(secret.encode(), LABEL, "sha256")
        self._account, self._url, self._clock = account, public_url.rstrip("/"), clock

    def url(self, question: QuestionId, *, helpful: bool, ticket: int) -> str:
        """Good for thirty days, and the same for a whole day: a draft that is written again is the same draft.

        Raises MisconfiguredError where no address of ours is set.
        """
        if not self._url:
            raise MisconfiguredError("rating links lead nowhere: set SUPPORTBOT_PUBLIC_URL (docs/zendesk.md)")
        ends = (int(self._clock()) // DAY + DAYS + 1) * DAY
        told = (question, str(ticket), "1" if helpful else "0", str(ends))
        query = dict(zip("atve", told, strict=True)) | {"s": self._sign(*told)}
        return f"{self._url}{PATH}?{urlencode(query)}"

    def read(self, query: Mapping[str, str]) -> Vote:
        """Raises ForgedError, ExpiredError."""
        question, ticket, vote, ends, signature = (query.get(name, "") for name in "atves")
        fits = FORM.fullmatch(question) and NUMBER.fullmatch(ticket) and NUMBER.fullmatch(ends) and vote in VOTES
        if not fits or not hmac.compare_digest(
            self._sign(question, ticket, vote, ends).encode(), signature.encode(errors="replace")
        ):
            raise ForgedError("the link was not made here")
        if int(ends) <= self._clock():
            raise ExpiredError("the link has expired")
        return Vote(QuestionId(question), int(ticket), VOTES[vote])

    def person(self, vote: Vote) -> PersonId:
        """Whose rating it is: the note's, whoever of its readers opened it."""
        return PersonId(f"zendesk:{self._account}:ticket:{vote.ticket}")

    def _sign(self, *told: str) -> str:
        plain = "\n".join((self._account, *told)).encode()
        return base64.urlsafe_b64encode(hmac.digest(self._key, plain, "sha256")).decode().rstrip("=")
