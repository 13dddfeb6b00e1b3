"""Recognizer over StartDocumentAnalysis: what is sent lies in a bucket for as long as it is read.

The key is the request's token as well, so that a page is not paid for twice whoever dies in between.
"""

from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from rag_core.backends import boto
from rag_core.backends.textract.layout import Block, pieces
from rag_core.calling import Dependency, Patience
from rag_core.errors import BusyError, RejectedError
from rag_core.scans import RecognitionId, Recognized, Scan

ADVICE = (
    "check that the role may textract:StartDocumentAnalysis, textract:GetDocumentAnalysis and s3:PutObject, "
    "s3:GetObject and s3:DeleteObject on the bucket, that this is in Textract's region, and that Textract may publish "
    "to the topic (iam:PassRole on its role)"
)
TEXTRACT = boto.Service(
    "Textract",
    refused=boto.codes("InvalidKMSKeyException InvalidS3ObjectException NoSuchBucket 403"),
    advice=ADVICE,
)
NOBODYS = "0" * 64  # a JobId
FEATURES = ["LAYOUT", "TABLES"]
FULL = boto.codes("LimitExceededException")  # as many documents as it takes at once
LIMITS = FULL | boto.codes("ProvisionedThroughputExceededException ThrottlingException")  # and requests a second
UNTIL_FREE, UNTIL_CALM = 60.0, 5.0  # seconds until it is asked again
PATIENCE = Patience(first_wait=0.5, longest_wait=5.0, spare_retries=5.0)
REASONS = {
    "BadDocumentException": "Textract cannot read it: it may be damaged or have a password",
    "UnsupportedDocumentException": "Textract does not read this kind of file: it reads PDF, PNG, JPEG and TIFF",
    "DocumentTooLargeException": "it is too large for Textract: split it",
    "IdempotentParameterMismatchException": "it was sent to Textract before, from another place: try again in a week",
    "InvalidJobIdException": "Textract knows nothing of it any more, as after a week: read it again",
}


@dataclass(frozen=True, slots=True)
class Channel:
    """Where Textract is, what it reads from and where it tells that it is done."""

    region: str
    bucket: str
    topic: str  # ARN
    role: str  # ARN of Textract's own, which may publish there
    prefix: str = "textract/"
    endpoint_url: str | None = None
    s3_url: str | None = None


class TextractRecognizer:
    """Recognizer; safe to share between threads."""

    def __init__(self, channel: Channel, patience: Patience = PATIENCE) -> None:
        there = boto.Connection(channel.region, channel.endpoint_url, connect_timeout=2, read_timeout=20)
        bucket = boto.Connection(channel.region, channel.s3_url, connect_timeout=2, read_timeout=60)
        self._channel, self._timeout = channel, bucket.timeout
        self._client = boto.client(TEXTRACT, "textract", there)
        self._s3 = boto.client(TEXTRACT, "s3", bucket)
        self._dependency = Dependency(TEXTRACT.title, patience)

    def start(self, scan: Scan, key: str) -> RecognitionId:
        name = self._name(key)
        self._called(self._s3.put_object, Bucket=self._channel.bucket, Key=name, Body=scan.content)
        found = self._called(
            self._client.start_document_analysis,
            DocumentLocation={"S3Object": {"Bucket": self._channel.bucket, "Name": name}},
            FeatureTypes=FEATURES,
            ClientRequestToken=key,
            JobTag=key,
            NotificationChannel={"SNSTopicArn": self._channel.topic, "RoleArn": self._channel.role},
        )
        return RecognitionId(found["JobId"])

    def result(self, recognition: RecognitionId) -> Recognized | None:
        blocks: list[Block] = []
        missing: set[int] = set()
        request: dict[str, Any] = {"JobId": recognition, "MaxResults": 1_000}
        while True:
            page = self._called(self._client.get_document_analysis, **request)
            if page["JobStatus"] == "IN_PROGRESS":
                return None
            if page["JobStatus"] == "FAILED":
                raise RejectedError(f"Textract could not read it: {page.get('StatusMessage') or 'it does not say why'}")
            blocks += page.get("Blocks") or ()
            missing.update(number for warning in page.get("Warnings") or () for number in warning.get("Pages") or ())
            if not page.get("NextToken"):
                return Recognized(tuple(pieces(blocks)), tuple(sorted(missing)))
            request["NextToken"] = page["NextToken"]

    def forget(self, key: str) -> None:
        self._called(self._s3.delete_object, Bucket=self._channel.bucket, Key=self._name(key))

    def reach(self) -> None:
        """All that it needs and that costs nothing, for whoever sets it up: a recognition that nobody began is none."""
        key = f"reach-{token_hex(8)}"
        self._called(self._s3.put_object, Bucket=self._channel.bucket, Key=self._name(key), Body=b"")
        self.forget(key)
        with suppress(RejectedError):
            self.result(RecognitionId(NOBODYS))

    def _name(self, key: str) -> str:
        return f"{self._channel.prefix}{key}"

    def _called(self, method: Any, **request: Any) -> Any:
        def attempt(_seconds: float) -> Any:
            with boto.translated(TEXTRACT):
                try:
                    return method(**request)
                except self._client.exceptions.ClientError as error:
                    if (limits := boto.reasons(error)) & LIMITS:
                        wait = UNTIL_FREE if limits & FULL else UNTIL_CALM
                        raise BusyError("Textract takes no more for now", retry_after=wait) from error
                    if reason := REASONS.get(error.response["Error"].get("Code", "")):
                        raise RejectedError(reason) from error
                    raise

        return self._dependency.call(attempt, timeout=self._timeout)
