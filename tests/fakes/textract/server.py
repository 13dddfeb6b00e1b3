"""The service: jobs that are begun, end when a test says so, and tell it on a topic.

It speaks JSON 1.1, which boto3 chooses of Textract's two protocols. What Textract refuses it refuses.
"""

import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from pypdf import PdfReader

from tests.fakes.textract.blocks import Block

TARGET = re.compile(r"Textract\.(\w+)")
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST = 1_000  # blocks of a page of results


class RefusedError(Exception):
    """As Textract refuses."""


@dataclass
class Job:
    id: str
    request: dict[str, Any]
    pages: int
    status: str = "IN_PROGRESS"
    blocks: list[Block] = field(default_factory=list)
    message: str = ""
    failed_pages: list[int] = field(default_factory=list)


@dataclass
class TextractFake:
    """`s3` reads what it is to read, `sns` tells that it has; both boto3 clients of a moto account."""

    s3: Any
    sns: Any
    url: str = ""
    jobs: dict[str, Job] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _faults: dict[str, list[str]] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def paid(self) -> int:
        """Pages."""
        return sum(job.pages for job in self.jobs.values())

    def fail(self, operation: str, code: str, times: int = 1) -> None:
        self._faults.setdefault(operation, []).extend([code] * times)

    def times(self, operation: str) -> int:
        return sum(name == operation for name, _ in self.asked)

    def finish(
        self, blocks: list[Block], *, status: str = "SUCCEEDED", message: str = "", failed_pages: tuple[int, ...] = ()
    ) -> Job:
        """The job that was begun last is over, and the topic is told."""
        job = list(self.jobs.values())[-1]
        job.blocks, job.status, job.message, job.failed_pages = blocks, status, message, list(failed_pages)
        self.tell(job)
        return job

    def tell(self, job: Job) -> None:
        where = job.request["DocumentLocation"]["S3Object"]
        said = {
            "JobId": job.id,
            "Status": "SUCCEEDED" if job.status == "PARTIAL_SUCCESS" else job.status,
            "API": "StartDocumentAnalysis",
            "JobTag": job.request.get("JobTag"),
            "Timestamp": 1_800_000_000_000,
            "DocumentLocation": {"S3ObjectName": where["Name"], "S3Bucket": where["Bucket"]},
        }
        self.sns.publish(TopicArn=job.request["NotificationChannel"]["SNSTopicArn"], Message=json.dumps(said))

    def answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((operation, request))
        if faults := self._faults.get(operation):
            raise RefusedError(faults.pop(0))
        return self._start(request) if operation == "StartDocumentAnalysis" else self._get(request)

    def _start(self, request: dict[str, Any]) -> dict[str, Any]:
        token = request.get("ClientRequestToken", "")
        if (token and not TOKEN.fullmatch(token)) or not set(request["FeatureTypes"]) <= {"LAYOUT", "TABLES", "FORMS"}:
            raise RefusedError("InvalidParameterException")
        if known := self._tokens.get(token):
            if self.jobs[known].request != request:
                raise RefusedError("IdempotentParameterMismatchException")
            return {"JobId": known}
        job = Job(f"{len(self.jobs) + 1:064x}", request, self._pages(request["DocumentLocation"]["S3Object"]))
        self.jobs[job.id] = job
        self._tokens[token] = job.id
        return {"JobId": job.id}

    def _pages(self, where: dict[str, str]) -> int:
        try:
            content = self.s3.get_object(Bucket=where["Bucket"], Key=where["Name"])["Body"].read()
        except self.s3.exceptions.ClientError as error:
            raise RefusedError("InvalidS3ObjectException") from error
        if content.startswith(b"%PDF-"):
            return len(PdfReader(io.BytesIO(content)).pages)
        if content[:4] in (b"\x89PNG", b"II*\0", b"MM\0*") or content[:3] == b"\xff\xd8\xff":
            return 1
        raise RefusedError("UnsupportedDocumentException")

    def _get(self, request: dict[str, Any]) -> dict[str, Any]:
        job = self.jobs.get(request["JobId"])
        if job is None:
            raise RefusedError("InvalidJobIdException")
        said: dict[str, Any] = {"JobStatus": job.status, "AnalyzeDocumentModelVersion": "1.0"}
        if job.status == "IN_PROGRESS":
            return said
        if job.message:
            said["StatusMessage"] = job.message
        if job.status == "FAILED":
            return said
        most, begin = min(request.get("MaxResults", MOST), MOST), int(request.get("NextToken", "0"))
        said |= {"DocumentMetadata": {"Pages": job.pages}, "Blocks": job.blocks[begin : begin + most]}
        if job.failed_pages:
            said["Warnings"] = [{"ErrorCode": "INVALID_IMAGE", "Pages": job.failed_pages}]
        if begin + most < len(job.blocks):
            said["NextToken"] = str(begin + most)
        return said


@contextmanager
def textract(s3: Any, sns: Any, beside: str = "") -> Iterator[TextractFake]:
    """`beside`: the address of what answers for all other services, for whoever knows one address for all."""
    fake = TextractFake(s3, sns)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            if beside and not TARGET.fullmatch(self.headers.get("X-Amz-Target", "")):
                self._hand_on()
                return
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = TARGET.fullmatch(self.headers.get("X-Amz-Target", ""))
            try:
                if found is None or "AWS4-HMAC-SHA256" not in self.headers.get("Authorization", ""):
                    raise RefusedError("AccessDeniedException")
                self._send(200, fake.answer(found[1], request))
            except RefusedError as error:
                status = 500 if str(error) == "InternalServerError" else 400
                self._send(status, {"__type": f"com.amazonaws.textract#{error}", "Message": "stated by a test"})

        def _send(self, status: int, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _hand_on(self) -> None:
            other = HTTPConnection(urlsplit(beside).netloc)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            other.request(self.command, self.path, body, dict(self.headers))
            answer = other.getresponse()
            content = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                    self.send_header(name, value)
            is_head = self.command == "HEAD"
            self.send_header(
                "Content-Length", answer.getheader("Content-Length", "0") if is_head else str(len(content))
            )
            self.end_headers()
            self.wfile.write(content)
            other.close()

        do_GET = do_PUT = do_DELETE = do_HEAD = _hand_on  # noqa: N815 - as http.server names them

        def log_message(self, *_: Any) -> None: ...

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
