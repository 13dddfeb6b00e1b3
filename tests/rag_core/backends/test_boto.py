"""boto3 as every backend uses it: it tries once, waits as long as a request says, and its errors say what to do."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.eventstream import ParserError
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import ProtocolError

from rag_core.backends.bedrock import client as bedrock
from rag_core.backends.boto import Connection, Service, client, codes, reasons, translated
from rag_core.backends.cost_explorer import COST_EXPLORER
from rag_core.backends.dynamodb.client import DYNAMODB
from rag_core.backends.sqs import SQS
from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError, UnavailableError
from tests.fakes.bedrock.fake import BedrockFake

BEDROCK, ANY = bedrock.BEDROCK, Service("Anything", refused=codes("NoSuchThing"))
URL = "http://127.0.0.1:1/"


def refusal(code: str, status: int = 400, retry_after: str = "", **more: Any) -> ClientError:
    headers = {"retry-after": retry_after} if retry_after else {}
    response = {"Error": {"Code": code, "Message": "as AWS says"}, **more}
    response["ResponseMetadata"] = {"HTTPStatusCode": status, "HTTPHeaders": headers}
    return ClientError(response, "Operation")  # type: ignore[arg-type]


def ours(error: Exception, service: Service = ANY, what: str = "") -> SupportBotError:
    with pytest.raises(SupportBotError) as raised, translated(service, what):
        raise error
    assert raised.value.__cause__ is error
    return raised.value


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (
            ReadTimeoutError(endpoint_url=URL),
            UnavailableError,
            "Anything cannot be reached (ReadTimeoutError): try again",
        ),
        (ConnectTimeoutError(endpoint_url=URL), UnavailableError, "cannot be reached"),
        (EndpointConnectionError(endpoint_url=URL), UnavailableError, "cannot be reached"),
        (HTTPClientError(error=OSError()), UnavailableError, "cannot be reached"),
        (ProtocolError("amid a stream"), UnavailableError, "cannot be reached"),
        (ConnectionResetError(), UnavailableError, "cannot be reached"),
        (ParserError(), UnavailableError, "sent half an answer"),
        (ResponseParserError(), UnavailableError, "sent half an answer"),
        (NoCredentialsError(), MisconfiguredError, "no AWS credentials for Anything"),
        (PartialCredentialsError(provider="env", cred_var="key"), MisconfiguredError, "no AWS credentials"),
        (ProfileNotFound(profile="x"), MisconfiguredError, "Anything cannot be called"),
        (BotoCoreError(), MisconfiguredError, "cannot be called"),
    ],
)
def test_what_went_wrong_on_the_way_says_what_to_do(error: Exception, kind: type[SupportBotError], text: str) -> None:
    found = ours(error)
    assert type(found) is kind
    assert text in str(found)


def test_what_is_no_error_of_boto3_passes() -> None:
    for error in (KeyError("x"), ValueError("x"), UnavailableError("x")):
        with pytest.raises(type(error)) as raised, translated(ANY):
            raise error
        assert raised.value is error


@pytest.mark.parametrize(
    ("service", "code", "status", "kind"),
    [
        *(
            (each, "ThrottlingException", 400, UnavailableError)
            for each in (ANY, BEDROCK, DYNAMODB, SQS, COST_EXPLORER)
        ),
        *((each, "AccessDeniedException", 403, MisconfiguredError) for each in (ANY, BEDROCK, DYNAMODB, SQS)),
        *((each, "ExpiredToken", 403, MisconfiguredError) for each in (ANY, BEDROCK, DYNAMODB, SQS, COST_EXPLORER)),
        *((each, "ValidationException", 400, RejectedError) for each in (ANY, DYNAMODB, SQS)),
        *((each, "Unlisted", 429, UnavailableError) for each in (ANY, BEDROCK, DYNAMODB, SQS, COST_EXPLORER)),
        *((each, "", 503, UnavailableError) for each in (ANY, BEDROCK, DYNAMODB, SQS, COST_EXPLORER)),
        (ANY, "NoSuchThing", 404, MisconfiguredError),
        (BEDROCK, "modelStreamErrorException", 0, UnavailableError),
        (BEDROCK, "ModelNotReadyException", 429, UnavailableError),
        (BEDROCK, "BadGatewayException", 502, UnavailableError),
        (BEDROCK, "503", 0, UnavailableError),
        (BEDROCK, "429", 0, UnavailableError),
        (BEDROCK, "ValidationException", 400, MisconfiguredError),
        (BEDROCK, "validationException", 0, MisconfiguredError),
        (BEDROCK, "ResourceNotFoundException", 404, MisconfiguredError),
        (DYNAMODB, "ProvisionedThroughputExceededException", 400, UnavailableError),
        (DYNAMODB, "TransactionInProgressException", 400, UnavailableError),
        (DYNAMODB, "ResourceNotFoundException", 400, MisconfiguredError),
        (SQS, "KMS.ThrottlingException", 400, UnavailableError),
        (SQS, "AWS.SimpleQueueService.NonExistentQueue", 400, MisconfiguredError),
        (SQS, "com.amazonaws.sqs#QueueDoesNotExist", 400, MisconfiguredError),
        (SQS, "InvalidMessageContents", 400, RejectedError),
        (COST_EXPLORER, "LimitExceededException", 400, UnavailableError),
        (COST_EXPLORER, "DataUnavailableException", 400, MisconfiguredError),
    ],
)
def test_each_service_says_no_in_its_own_words(
    service: Service, code: str, status: int, kind: type[SupportBotError]
) -> None:
    found = ours(refusal(code, status), service)
    assert type(found) is kind
    assert str(found).startswith(service.title)
    assert (code.rpartition("#")[2] or str(status)) in str(found)


def test_it_waits_as_long_as_it_is_asked_to() -> None:
    for header, seconds in (("7", 7.0), ("0.5", 0.5), ("", None), ("Mon, 23 Nov 2026 12:00:00 GMT", None)):
        found = ours(refusal("ThrottlingException", 429, header))
        assert isinstance(found, UnavailableError)
        assert found.retry_after == seconds


def test_a_person_knows_a_model_by_its_name() -> None:
    assert str(ours(refusal("AccessDeniedException"), BEDROCK, "the model m")) == (
        "the model m may not be used (AccessDeniedException): as AWS says"
    )


def test_who_wrote_what_was_rejected_is_not_shown_aws_own_words() -> None:
    for service in (ANY, DYNAMODB, SQS):
        assert "as AWS says" not in str(ours(refusal("ValidationException"), service))


def test_of_a_cancelled_transaction_the_reasons_count() -> None:
    def cancelled(*stated: str) -> ClientError:
        return refusal("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in stated])

    assert reasons(cancelled("None", "TransactionConflict")) == {"transactionconflict"}
    assert reasons(cancelled("None")) == {"transactioncanceledexception"}
    busy = ours(cancelled("ThrottlingError", "ConditionalCheckFailed"), DYNAMODB)
    assert str(busy) == "DynamoDB is busy (conditionalcheckfailed, throttlingerror): try again"
    assert isinstance(ours(cancelled("ValidationError", "None"), DYNAMODB), RejectedError)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A server that takes connections and never answers."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


def address(server: socket.socket) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_request_is_tried_once_and_waits_as_long_as_it_says(silent: socket.socket) -> None:
    made = client(ANY, "sqs", Connection("eu-central-1", address(silent), read_timeout=20))
    for seconds in (0.1, 0.6):
        started = time.monotonic()
        with pytest.raises(UnavailableError, match="ReadTimeout"), translated(ANY):
            made.send_message(QueueUrl=f"{address(silent)}/1/q", MessageBody="x", read_timeout=seconds)
        assert seconds <= time.monotonic() - started < seconds + 2
        silent.accept()[0].close()
    with pytest.raises(TimeoutError):
        silent.accept()


def test_one_client_of_bedrock_serves_the_hurried_and_the_patient(silent: socket.socket) -> None:
    clients = bedrock.Clients("bedrock-runtime", bedrock.Connection("us-east-1", address(silent), read_timeout=0.9))
    assert clients.longest == 2.9
    for given, waited in ((0.1, 0.5), (0.7, 0.7), (60.0, 0.9)):
        started = time.monotonic()
        with pytest.raises(ReadTimeoutError):
            clients.within(given).converse(modelId="m", messages=[])
        assert waited <= time.monotonic() - started < waited + 2


def test_on_one_open_connection_every_request_waits_as_long_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    with BedrockFake() as fake:
        for name, value in fake.environment().items():
            monkeypatch.setenv(name, value)
        clients = bedrock.Clients("bedrock-runtime", bedrock.Connection("us-east-1", fake.endpoint_url))

        def embed(within: float, takes: float) -> Any:
            fake.settings.embedding = takes
            asked: Any = clients.within(within)
            return asked.invoke_model(modelId="amazon.titan-embed-text-v2:0", body=b'{"inputText": "x"}')["body"].read()

        assert embed(within=0.5, takes=0)
        assert embed(within=5, takes=0.8)
        with pytest.raises(ReadTimeoutError):
            embed(within=0.5, takes=2)


def test_a_client_is_made_as_we_want_it(silent: socket.socket) -> None:
    config = client(ANY, "sqs", Connection("eu-central-1", address(silent), 3, 4, 5)).meta.config
    assert (config.connect_timeout, config.read_timeout, config.max_pool_connections) == (3, 4, 5)
    assert config.retries["total_max_attempts"] == 1
    assert config.tcp_keepalive


@pytest.mark.parametrize("url", ["garbage", "http://"])
def test_an_endpoint_that_is_no_url_is_told_when_the_client_is_made(url: str) -> None:
    with pytest.raises(MisconfiguredError, match="Anything cannot be called"):
        client(ANY, "sqs", Connection("eu-central-1", url))
