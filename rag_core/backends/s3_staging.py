"""What a run has made, as objects below `runs/` in one bucket, which a rule of its own empties after days."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from rag_core.backends import boto
from rag_core.calling import Dependency, Patience

S3 = boto.Service(
    "S3",
    temporary=boto.codes("SlowDown OperationAborted 500 503"),
    advice="check SUPPORTBOT_STAGING_BUCKET and the role's right to put, get, delete and list there",
)
PATIENCE = Patience()
MISSING = boto.codes("NoSuchKey 404")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Which bucket, and how it is reached."""

    bucket: str
    region: str
    endpoint_url: str | None = None  # of a VPC endpoint, or of a test


class S3Staging:
    """Staging; safe to share between threads."""

    def __init__(self, place: Place, patience: Patience = PATIENCE) -> None:
        connection = boto.Connection(place.region, place.endpoint_url, connect_timeout=2, read_timeout=20)
        self._bucket, self._client = place.bucket, boto.client(S3, "s3", connection)
        self._dependency, self._timeout = Dependency(S3.title, patience), connection.timeout

    def put(self, run: str, name: str, content: bytes) -> None:
        self._ask(lambda: self._client.put_object(Bucket=self._bucket, Key=_key(run, name), Body=content))

    def get(self, run: str, name: str) -> bytes | None:
        return self._ask(lambda: self._found(_key(run, name)))

    def remove(self, run: str) -> None:
        while keys := self._ask(lambda: self._listed(run)):
            self._ask(partial(self._client.delete_objects, Bucket=self._bucket, Delete={"Objects": keys}))

    def _found(self, key: str) -> bytes | None:
        try:
            with self._client.get_object(Bucket=self._bucket, Key=key)["Body"] as body:
                return bytes(body.read())
        except ClientError as error:
            if boto.reasons(error) <= MISSING:
                return None
            raise

    def _listed(self, run: str) -> list[dict[str, Any]]:
        page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=_key(run, ""))
        return [{"Key": each["Key"]} for each in page.get("Contents", [])]

    def _ask(self, request: Callable[[], T]) -> T:
        def attempt(_seconds: float) -> T:
            with boto.translated(S3, f"the bucket {self._bucket}"):
                return request()

        return self._dependency.call(attempt, timeout=self._timeout)


def _key(run: str, name: str) -> str:
    return f"runs/{run}/{name}"
