"""CloudFormation before moto: what `sam deploy` asks of it and moto lacks, at wire level; all else goes on to moto.

moto makes no change sets that can be described, knows no SAM transform, and makes no secret, schedule group, HTTP API
and nested stack of ours. Here a change set is the translated template, executed as a stack of moto's.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.sax.saxutils import escape

import boto3
from cfnlint.decode import cfn_yaml
from samtranslator.translator.transform import transform

from tests.infra.settling import settled
from tests.infra.templates import Json, NoPolicies, as_moto_can

NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
SAM = "AWS::Serverless-2016-10-31"
ARN = "arn:aws:cloudformation:eu-central-1:123456789012"


class Cloud:
    """Change sets by name, as they were asked for."""

    def __init__(self, moto: str, api: str) -> None:
        self.moto, self._api = urlsplit(moto), api
        self.asked: list[Mapping[str, str]] = []
        self._sets: dict[str, tuple[Mapping[str, str], Json, dict[str, str]]] = {}
        self._reviewed: set[str] = set()  # stacks that are a change set yet
        self._client: Any = boto3.client("cloudformation", endpoint_url=moto)
        self._s3: Any = boto3.client("s3", endpoint_url=moto)

    def answer(self, asked: Mapping[str, str]) -> str | None:
        """XML; None where moto is to answer."""
        known = {
            "CreateChangeSet": self._create,
            "DescribeChangeSet": self._describe,
            "ExecuteChangeSet": self._execute,
        }
        if asked.get("Action") == "DescribeStackEvents" and asked["StackName"] in self._reviewed:
            known["DescribeStackEvents"] = self._events
        if asked.get("Action") not in known:
            return None
        self.asked.append(asked)
        inner = known[asked["Action"]](asked)
        result = f"{asked['Action']}Result"
        return (
            f'<{asked["Action"]}Response xmlns="{NAMESPACE}"><{result}>{inner}</{result}></{asked["Action"]}Response>'
        )

    def _create(self, asked: Mapping[str, str]) -> str:
        stated = dict(_members(asked, "Parameters.member", "ParameterKey", "ParameterValue"))
        template = json.loads(json.dumps(cfn_yaml.loads(self._body(asked))))
        if template.get("Transform") == SAM:
            template = transform(template, stated, NoPolicies())
            parameters = _former(self._client, asked["StackName"]) | stated
            text = json.dumps(as_moto_can(settled(template, parameters)))
            template = json.loads(text.replace(API, self._api).replace(SEARCH, "https://127.0.0.1:9"))
            template["Resources"].pop("Secret", None)
        self._sets[asked["ChangeSetName"]] = (asked, template, stated)
        if asked["ChangeSetType"] == "CREATE":
            self._reviewed.add(asked["StackName"])
        made, of = _arn("changeSet", asked["ChangeSetName"]), _arn("stack", asked["StackName"])
        return f"<Id>{made}</Id><StackId>{of}</StackId>"

    def _describe(self, asked: Mapping[str, str]) -> str:
        name = _name(asked["ChangeSetName"])
        of, template, _ = self._sets[name]
        action = "Add" if of["ChangeSetType"] == "CREATE" else "Modify"
        changes = "".join(
            f"<member><Type>Resource</Type><ResourceChange><Action>{action}</Action><LogicalResourceId>{escape(logical)}"
            f"</LogicalResourceId><ResourceType>{each['Type']}</ResourceType></ResourceChange></member>"
            for logical, each in template["Resources"].items()
        )
        return (
            f"<ChangeSetName>{name}</ChangeSetName><ChangeSetId>{_arn('changeSet', name)}</ChangeSetId>"
            f"<StackName>{of['StackName']}</StackName><Status>CREATE_COMPLETE</Status>"
            f"<ExecutionStatus>AVAILABLE</ExecutionStatus><Changes>{changes}</Changes>"
        )

    def _execute(self, asked: Mapping[str, str]) -> str:
        of, template, stated = self._sets[_name(asked["ChangeSetName"])]
        self._reviewed.discard(of["StackName"])
        self._beside(template, stated)
        known = template.get("Parameters", {}).keys()
        parameters = [{"ParameterKey": name, "ParameterValue": each} for name, each in stated.items() if name in known]
        method = self._client.create_stack if of["ChangeSetType"] == "CREATE" else self._client.update_stack
        tags = [{"Key": name, "Value": each} for name, each in _members(of, "Tags.member", "Key", "Value")]
        method(StackName=of["StackName"], TemplateBody=json.dumps(template), Parameters=parameters, Tags=tags)
        return ""

    def _beside(self, template: Json, stated: Mapping[str, str]) -> None:
        """What moto's CloudFormation does not make, though its services have it."""
        if "Schedules" not in template["Resources"]:
            return
        secrets: Any = boto3.client("secretsmanager", endpoint_url=self.moto.geturl())
        scheduler: Any = boto3.client("scheduler", endpoint_url=self.moto.geturl())
        name = f"supportbot/{stated['Stage']}"
        if not secrets.list_secrets(Filters=[{"Key": "name", "Values": [name]}])["SecretList"]:
            secrets.create_secret(Name=name, SecretString='{"api_callers": [], "slack_encryption_key": "k"}')
            scheduler.create_schedule_group(Name="supportbot-schedules")
        (held,) = secrets.list_secrets(Filters=[{"Key": "name", "Values": [name]}])["SecretList"]
        template["Outputs"]["Secret"]["Value"] = held["ARN"]

    def _events(self, asked: Mapping[str, str]) -> str:
        """A stack is there with its first change set, and moto's with the execution."""
        at, name = datetime.now(UTC).isoformat(), asked["StackName"]
        return (
            f"<StackEvents><member><StackId>{_arn('stack', name)}</StackId><StackName>{name}</StackName>"
            f"<EventId>1</EventId><Timestamp>{at}</Timestamp><ResourceStatus>REVIEW_IN_PROGRESS</ResourceStatus></member></StackEvents>"
        )

    def _body(self, asked: Mapping[str, str]) -> str:
        if body := asked.get("TemplateBody"):
            return body
        bucket, _, key = urlsplit(asked["TemplateURL"]).path.lstrip("/").partition("/")
        return str(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())


API, SEARCH = "https://api1.execute-api.eu-central-1.amazonaws.com", "arn:aws:of:::Url"  # as `as_moto_can` has them


def _members(asked: Mapping[str, str], prefix: str, key: str, value: str) -> Iterator[tuple[str, str]]:
    for name, stated in asked.items():
        if name.startswith(prefix) and name.endswith(f".{key}"):
            found = asked.get(f"{name.removesuffix(key)}{value}")
            if found is not None:  # else UsePreviousValue
                yield stated, found


def _former(client: Any, stack: str) -> dict[str, str]:
    try:
        (found,) = client.describe_stacks(StackName=stack)["Stacks"]
    except client.exceptions.ClientError:
        return {}
    return {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])}


def _arn(kind: str, name: str) -> str:
    return f"{ARN}:{kind}/{name}/1"


def _name(of: str) -> str:
    return of.rpartition(":")[2].split("/")[1] if of.startswith("arn:") else of


@contextmanager
def before(moto: str, api: str) -> Iterator[tuple[str, Cloud]]:
    """Its url, for AWS_ENDPOINT_URL."""
    cloud = Cloud(moto, api)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            form = dict(parse_qsl(body.decode(), keep_blank_values=True)) if b"Action=" in body[:4_000] else {}
            try:
                answer = cloud.answer(form)
            except Exception as error:  # noqa: BLE001 - SAM shows it
                self._send(400, {}, _error(f"{type(error).__name__}: {error}"))
                return
            if answer is not None:
                self._send(200, {"Content-Type": "text/xml"}, answer.encode())
                return
            if form.get("StackName", "").startswith(f"{ARN}:stack/"):  # by the id that a change set gave
                form["StackName"] = _name(form["StackName"])
                body = urlencode(form).encode()
                del self.headers["Content-Length"]
            onward = HTTPConnection(str(cloud.moto.hostname), cloud.moto.port, timeout=60)
            onward.request(self.command, self.path, body, dict(self.headers))
            got = onward.getresponse()
            content = got.read()
            self._send(got.status, dict(got.getheaders()), content, got.getheader("Content-Length"))

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = handle_one  # noqa: N815 - as http.server names them

        def _send(self, status: int, headers: Mapping[str, str], content: bytes, length: str | None = None) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", length if self.command == "HEAD" and length else str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", cloud
    finally:
        server.shutdown()
        server.server_close()


def _error(message: str) -> bytes:
    said = f"<Error><Type>Sender</Type><Code>ValidationError</Code><Message>{escape(message)}</Message></Error>"
    return f'<ErrorResponse xmlns="{NAMESPACE}">{said}</ErrorResponse>'.encode()
