"""The services as pytest fixtures, each started when the first test asks for it."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import aws, lacking, opensearch, redis
from tests.services.certificate import Certificate, certificate


@pytest.fixture(scope="session")
def opensearch_node(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[opensearch.Node]:
    if hasattr(request.config, "workerinput"):
        _be_the_only_one(tmp_path_factory.getbasetemp().parent / "opensearch-node")
    with opensearch.node() as node:
        yield node


def _be_the_only_one(sign: Path) -> None:
    """The node starts once a session, however many workers it has."""
    try:
        sign.touch(exist_ok=False)
    except FileExistsError:
        pytest.fail("another worker has the node: let tests.services.workers know that this file uses it")


@pytest.fixture(scope="session")
def opensearch_url(opensearch_node: opensearch.Node) -> str:
    return opensearch_node.url


@pytest.fixture
def index_prefix(opensearch_url: str) -> Iterator[str]:
    """What this test's indices must start with; they are dropped after it."""
    prefix = f"test-{uuid.uuid4().hex[:12]}-"
    yield prefix
    opensearch.drop(opensearch_url, prefix)


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def one_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Server]:
    with redis.server(tmp_path_factory.mktemp("redis")) as started:
        yield started


@pytest.fixture
def redis_server(one_redis: redis.Server) -> redis.Server:
    """Empty and well, whatever the test before did to it."""
    one_redis.heal()
    return one_redis


@pytest.fixture(scope="session")
def one_redis_cluster(tmp_path_factory: pytest.TempPathFactory, tls: Certificate) -> Iterator[redis.Cluster]:
    with redis.cluster(tmp_path_factory.mktemp("cluster"), tls) as started:
        yield started


@pytest.fixture
def redis_cluster(one_redis_cluster: redis.Cluster) -> redis.Cluster:
    """Three masters with TLS, empty and well."""
    one_redis_cluster.heal()
    return one_redis_cluster


@pytest.fixture(scope="session")
def aws_account() -> Iterator[str]:
    with aws.account() as url:
        yield url


@pytest.fixture
def aws_url(aws_account: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty account; boto3 goes there by itself (AWS_ENDPOINT_URL) as long as the test runs."""
    aws.empty(aws_account)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_account)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it may have read another environment
    return aws_account


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if lacking.LACKING:
        terminalreporter.write_line(f"skipped what needs {'; '.join(lacking.LACKING)}")
