"""S3's word that objects of a bucket were put or removed, as a job.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

import hashlib
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import unquote_plus

import msgspec
from msgspec import Meta, Struct

from rag_core.errors import RejectedError
from rag_core.jobs import Job, JobId, JobKind

TEST = "s3:TestEvent"  # which S3 sends once, when the notification is set up


class _Bucket(Struct):
    name: str


class _Object(Struct):
    key: str


class _Place(Struct):
    bucket: _Bucket
    object: _Object


class _Change(Struct, rename={"at": "eventTime"}):
    at: Annotated[datetime, Meta(tz=True)]
    s3: _Place


def changed(body: str) -> Job | None:
    """None for any other message. Raises RejectedError for a notification that is none of S3's."""
    try:
        message = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(message, dict) or not (message.get("Event") == TEST or "Records" in message):
        return None
    try:
        changes = msgspec.convert(message.get("Records", []), list[_Change])
    except msgspec.ValidationError:  # whose message may quote the key
        raise RejectedError("a message is no notification of S3") from None
    objects = sorted({(each.s3.bucket.name, unquote_plus(each.s3.object.key)) for each in changes})
    latest = max((each.at for each in changes), default=datetime.now(UTC))
    payload = {"changed": latest.isoformat(), "objects": msgspec.json.encode(objects).decode()}
    name = hashlib.sha256(body.encode()).hexdigest()[:16]
    return Job(JobId(f"change-{name}"), JobKind.INGEST, datetime.now(UTC), payload)
