"""One request to OpenSearch: signed, bounded in time, sent once, its failure told in words.

Retries belong to one layer and that is not this one. Errors name the vendor's type, never its reason, which may quote.
"""

import threading
from typing import Any, Protocol, TypeVar

import msgspec
import requests
from opensearchpy import OpenSearch, RequestsHttpConnection
from opensearchpy.exceptions import ConnectionTimeout, OpenSearchException, SSLError, TransportError
from requests.auth import AuthBase

from rag_core.backends.opensearch.asking import Query, Searched
from rag_core.backends.opensearch.target import Target
from rag_core.domain import NEVER, Deadline
from rag_core.errors import EmptyError, MisconfiguredError, RejectedError, SupportBotError, UnavailableError

CONNECTIONS = 16
NOTHING = "nothing is ingested into {} on OpenSearch: run `supportbot ingest PATH` first"
T = TypeVar("T")


class Frozen(Protocol):
    """An access key as it is now."""

    access_key: str
    secret_key: str
    token: str | None


class Credentials(Protocol):
    """As botocore has them: refreshed by whoever asks."""

    def get_frozen_credentials(self) -> Any: ...  # Frozen; botocore's own types do not say so


class MissingError(EmptyError):
    """An index, or an alias, that is not there."""


class OverloadedError(UnavailableError):
    """The request was turned away before it did anything."""


class Node:
    """The endpoint of a target; safe to share between threads."""

    def __init__(self, target: Target, credentials: Credentials | None = None) -> None:
        self._target = target
        auth: AuthBase | tuple[str, str] | None = target.login
        if target.region:
            auth = Signer(target, credentials or _found())
        self._client = OpenSearch(
            target.endpoint,
            http_auth=auth,
            connection_class=RequestsHttpConnection,
            serializer=_AsTheyAre(),
            deserializer=None,
            verify_certs=True,
            ca_certs=str(target.authorities) if target.authorities else None,
            pool_maxsize=CONNECTIONS,
            max_retries=0,
            retry_on_status=(),
            retry_on_timeout=False,
        )

    def send(
        self,
        method: str,
        path: str,
        answer: type[T],
        body: object = None,
        *,
        within: float,
        deadline: Deadline = NEVER,
        **parameters: str,
    ) -> T:
        """The decoded answer. `body` is JSON, or bytes that already are. Raises MissingError for a 404."""
        seconds = min(within, deadline.remaining)
        if seconds <= 0:
            raise UnavailableError("there is no time left to ask OpenSearch: try again")
        data = body if isinstance(body, bytes | None) else msgspec.json.encode(body)
        try:
            said = self._client.transport.perform_request(
                method, path, params=parameters, body=data, timeout=seconds, headers=_TYPE if data else {}
            )
        except OpenSearchException as error:
            raise translated(error, self._target) from error
        try:
            return msgspec.json.decode(said or "null", type=answer)
        except msgspec.DecodeError as error:
            raise UnavailableError(f"{self._target.endpoint} did not answer as OpenSearch does: try again") from error

    def whole(self, answer: Searched) -> Searched:
        """Of a search that may have failed alone, or in a part. Raises what that means."""
        if answer.error is not None:
            kind = answer.error if isinstance(answer.error, str) else answer.error.type
            raise refusal(answer.status, kind, self._target)
        if answer.timed_out or answer.shards.failed:
            raise UnavailableError("a part of the index did not answer: try again")
        return answer

    def search(self, query: Query, index: str | None = None, *, within: float) -> Searched:
        """In the index that answers, or in a physical one."""
        path = f"/{index or self._target.alias}/_search"
        return self.whole(self.send("POST", path, Searched, query, within=within))

    def write_search(self, query: Query, index: str | None = None) -> Searched:
        """In a run's own time."""
        return self.search(query, index, within=self._target.write_timeout)


class Signer(AuthBase):
    """AWS4Auth keeps its key in itself, so two threads that refresh it would mix two keys."""

    def __init__(self, target: Target, credentials: Credentials) -> None:
        from requests_aws4auth import AWS4Auth

        self._lock = threading.Lock()
        self._signing = AWS4Auth(region=target.region, service=target.service, refreshable_credentials=credentials)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        with self._lock:
            signed: requests.PreparedRequest = self._signing(request)
        return signed


def _found() -> Credentials:
    from botocore.session import Session  # as slow as OpenSearch's client: only where it signs

    found: Credentials | None = Session().get_credentials()
    if found is None:
        raise MisconfiguredError("no AWS credentials are found: give this machine or function a role, or set a profile")
    return found


def translated(error: OpenSearchException, target: Target) -> SupportBotError:
    """The vendor's error as ours."""
    if isinstance(error, SSLError):
        return MisconfiguredError(f"the certificate of {target.endpoint} is not trusted: set its authorities")
    if isinstance(error, ConnectionTimeout):
        return UnavailableError(f"{target.endpoint} did not answer in time: try again")
    if isinstance(error, TransportError) and isinstance(error.status_code, int):
        return refusal(error.status_code, str(error.error), target)
    return UnavailableError(f"{target.endpoint} cannot be reached: try again; if that stays, check the endpoint")


def refusal(status: int, kind: str, target: Target) -> SupportBotError:
    """What a status means; `kind` is OpenSearch's name of the error, where that answered."""
    kind = kind if kind.isidentifier() else "not from OpenSearch"
    if status == 404:
        return MissingError(NOTHING.format(target.alias))
    if status in (401, 403):
        return MisconfiguredError(
            f"{target.endpoint} refuses these credentials ({status}): allow this role in the "
            f"{'data access policy of the collection' if target.kind.serverless else 'access policy of the domain'}"
        )
    if status == 413:
        return RejectedError("a request is larger than OpenSearch takes: split the document")
    if status in (429, 503):
        return OverloadedError(f"OpenSearch is overloaded ({status} {kind}): try again")
    if status >= 500:
        return UnavailableError(f"OpenSearch is failing ({status} {kind}): try again")
    return MisconfiguredError(
        f"OpenSearch did not accept a request ({status} {kind}): check that the target is a {target.kind}"
    )


class _AsTheyAre:
    """Bodies and answers are encoded and decoded by type, where the type is known."""

    mimetype = "application/json"

    def dumps(self, data: Any) -> Any:
        return data

    def loads(self, data: str, mimetype: str | None = None) -> str:
        return data


_TYPE = {"content-type": "application/json"}
