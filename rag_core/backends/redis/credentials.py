"""Sign in to ElastiCache with an IAM identity instead of a password.

The password is a presigned request without its scheme, good for 15 minutes and checked when a connection is made; a
connection lives for 12 hours at most. See https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
"""

import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from redis.credentials import CredentialProvider

GOOD_FOR = 900  # seconds, the longest that is accepted
RENEWED = 600  # seconds after which a new connection gets a new token
SERVICE = "elasticache"


class IamCredentials(CredentialProvider):
    """`cache` is the replication group's or the serverless cache's own name, which is signed: not its endpoint."""

    def __init__(
        self,
        user: str,
        cache: str,
        region: str,
        *,
        serverless: bool = False,
        session: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._user, self._region, self._clock = user, region, clock
        query = {"Action": "connect", "User": user} | ({"ResourceType": "ServerlessCache"} if serverless else {})
        self._url = f"https://{cache.lower()}/?{urlencode(query)}"
        self._session = session
        self._lock = threading.Lock()
        self._token, self._made = "", float("-inf")

    def get_credentials(self) -> tuple[str, str]:
        with self._lock:
            if self._clock() - self._made >= RENEWED:
                self._token, self._made = self._sign(), self._clock()
            return self._user, self._token

    def _sign(self) -> str:
        from botocore.model import ServiceId
        from botocore.session import get_session
        from botocore.signers import RequestSigner

        self._session = self._session or get_session()
        # the signer keeps a weak reference to its emitter only: the session holds it
        emitter = self._session.get_component("event_emitter")
        credentials = self._session.get_credentials()
        signer = RequestSigner(ServiceId(SERVICE), self._region, SERVICE, "v4", credentials, emitter)
        request = {"method": "GET", "url": self._url, "body": {}, "headers": {}, "context": {}}
        signed = signer.generate_presigned_url(
            request, operation_name="connect", expires_in=GOOD_FOR, region_name=self._region
        )
        return str(signed).removeprefix("https://")
