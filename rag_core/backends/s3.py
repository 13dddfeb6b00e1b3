"""A bucket, or what lies below a prefix of one, as a source of documents.

An object whose ETag is known is never read. Keys with a hidden part, as of a folder `.git`, are left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from botocore.exceptions import ClientError

from rag_core.backends import boto
from rag_core.calling import Dependency, Patience
from rag_core.domain import Audience, DocumentId, SourceName
from rag_core.errors import DeniedError, RejectedError
from rag_core.extracting.reading import MAX_BYTES, PAGES
from rag_core.ports import OnListed
from rag_core.runs import SourceItem

S3 = boto.Service(
    "S3",
    temporary=boto.codes("SlowDown OperationAborted 503 500"),
    refused=boto.codes(
        """AllAccessDisabled AccountProblem InvalidBucketName KMS.DisabledException KMS.NotFoundException NoSuchBucket
        PermanentRedirect AuthorizationHeaderMalformed InvalidAccessKeyId 301 403"""
    ),
    advice="check the bucket's name and region, and that the role may s3:ListBucket on it, s3:GetObject on its objects "
    "and, where they have a key of your own, kms:Decrypt",
)
PATIENCE = Patience()
# of one object, whose key or owner may be another's; what is wrong with our sign-in is wrong with all
DENIED = boto.codes("AccessDenied AllAccessDisabled KMS.DisabledException KMS.KMSInvalidStateException 403")
GRANT = "it may not be read ({}): let the role s3:GetObject it and, where it has a key of your own, kms:Decrypt"
REASONS = {  # why an object cannot be read, for its owner
    "NoSuchKey": "it was deleted while the bucket was read: the next ingestion leaves it out",
    "InvalidObjectState": "it is archived: restore it, or move it out of the bucket",
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """Which objects, and who may read them."""

    name: str
    region: str
    prefix: str = ""  # of the keys that are read
    internal: tuple[str, ...] = ()  # prefixes of keys that are for internal readers only
    base_url: str = ""  # where the objects are published; empty: nowhere
    endpoint_url: str | None = None  # of a VPC endpoint, or of a test


class BucketSource:
    """DocumentSource over a bucket."""

    may_be_empty = False  # a prefix that is misspelt lists nothing either
    apart = True

    def __init__(self, name: SourceName, bucket: Bucket, patience: Patience = PATIENCE) -> None:
        connection = boto.Connection(bucket.region, bucket.endpoint_url, connect_timeout=2, read_timeout=20)
        self.name, self._bucket, self._client = name, bucket, boto.client(S3, "s3", connection)
        self._dependency, self._timeout = Dependency(S3.title, patience), connection.timeout

    def items(self, *, full: bool = False, listed: OnListed = lambda _done, _total: None) -> Iterator[SourceItem]:
        done = 0
        for page in self._pages():
            done += len(page)
            listed(done, done)
            yield from (self._item(each) for each in page if self._is_open(each["Key"]))

    def read(self, item: SourceItem) -> tuple[bytes, str]:
        def attempt(_seconds: float) -> tuple[bytes, str]:
            with boto.translated(S3, f"the bucket {self._bucket.name}"):
                return self._content(self._bucket.prefix + item.name)

        return self._dependency.call(attempt, timeout=self._timeout)

    def committed(self) -> None:
        """Nothing to note: an object's ETag tells whether it changed."""

    def _pages(self) -> Iterator[list[Any]]:
        request = {"Bucket": self._bucket.name, "Prefix": self._bucket.prefix}

        def attempt(_seconds: float) -> Any:
            with boto.translated(S3, f"the bucket {self._bucket.name}"):
                return self._client.list_objects_v2(**request)

        while True:
            page = self._dependency.call(attempt, timeout=self._timeout)
            yield page.get("Contents", [])
            if not page.get("NextContinuationToken"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def _is_open(self, key: str) -> bool:
        """Whether it is an object that somebody put there to be read: no folder, and nothing hidden."""
        parts = key.removeprefix(self._bucket.prefix).split("/")
        return bool(parts[-1]) and not any(part.startswith(".") for part in parts)

    def _item(self, stated: Any) -> SourceItem:
        key = str(stated["Key"])
        name = key.removeprefix(self._bucket.prefix)
        ending = PurePosixPath(name).suffix
        return SourceItem(
            DocumentId(name.removesuffix(ending)),
            name,
            ending.lower(),
            self._url(key, name.removesuffix(ending) if ending.lower() in PAGES else name),
            str(stated["ETag"]).strip('"'),
            Audience.INTERNAL if self._is_internal(key, name) else None,
        )

    def _is_internal(self, *names: str) -> bool:
        """As the key stands in the bucket or below what is read, in any case: nobody's slip makes it public."""
        internal = tuple(prefix.casefold().lstrip("/") for prefix in self._bucket.internal)
        return any(name.casefold().lstrip("/").startswith(internal) for name in names) if internal else False

    def _url(self, key: str, published: str) -> str:
        base = self._bucket.base_url.rstrip("/")
        return f"{base}/{quote(published)}" if base else f"s3://{self._bucket.name}/{quote(key)}"

    def _content(self, key: str) -> tuple[bytes, str]:
        try:
            found = self._client.get_object(Bucket=self._bucket.name, Key=key)
        except ClientError as error:
            if reason := REASONS.get(error.response["Error"].get("Code", "")):
                raise RejectedError(reason) from error
            if denied := boto.reasons(error) & DENIED:
                raise DeniedError(GRANT.format(*denied)) from error
            raise
        with found["Body"] as body:
            if found["ContentLength"] > MAX_BYTES:  # nothing of it was read yet
                raise RejectedError(f"it is larger than {MAX_BYTES // 10**6} MB: split it")
            return body.read(), str(found["ETag"]).strip('"')
