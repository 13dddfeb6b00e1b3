"""The same contract against Serverless of both generations: nothing is sent that it refuses, and all is signed."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.credentials import Credentials, RefreshableCredentials

from rag_core.backends.opensearch.index import OpenSearchIndex
from rag_core.backends.opensearch.target import Engine, Kind, Target
from rag_core.backends.opensearch.writer import OpenSearchWriter
from rag_core.domain import Audience, SourceName
from rag_core.errors import MisconfiguredError, UnavailableError
from tests.contracts.index import IndexContract, Open, OpenWriter, fill
from tests.fakes.embedder import HashingEmbedder
from tests.fakes.serverless.proxy import Proxy, serving
from tests.making import SOURCE, document

SECRETS = {"AKIAFIRST": "first", "AKIASECOND": "second"}
LONG = 1.5  # seconds until what is written is seen


@pytest.fixture(params=[Kind.NEXTGEN, Kind.CLASSIC])
def proxy(request: pytest.FixtureRequest, opensearch_url: str) -> Iterator[Proxy]:
    with serving(Proxy(opensearch_url, request.param, shown_every=0.1, secrets=SECRETS)) as serverless:
        yield serverless
    assert serverless.refusals == []


@pytest.fixture
def target(proxy: Proxy, index_prefix: str) -> Target:
    assert proxy.kind is not None
    return Target(proxy.url, proxy.kind, f"{index_prefix}docs", region="eu-west-1", visible_within=10)


@pytest.fixture
def credentials() -> Credentials:
    return Credentials("AKIAFIRST", "first", "session")


@pytest.fixture
def reader(target: Target, credentials: Credentials) -> Open:
    return lambda: OpenSearchIndex(target, credentials)


@pytest.fixture
def writer(target: Target, credentials: Credentials) -> OpenWriter:
    def opened(source: SourceName = SOURCE) -> OpenSearchWriter:
        return OpenSearchWriter(target, source, credentials)

    return opened


class TestServerlessIndex(IndexContract):
    """Every test ends with the proxy having refused nothing."""

    def test_what_is_shown_late_is_waited_for(self, proxy: Proxy, reader: Open, writer: OpenWriter) -> None:
        proxy.shown_every, embedder = LONG, HashingEmbedder()
        with writer() as writing:
            fill(writing, [(document("a"), "words"), (document("b"), "others")], embedder)
        with writer() as writing:
            writing.remove([document("b").id])
            writing.commit(embedder)
        assert self.found(reader(), "words") == ["a"]
        assert {asked.answered for asked in proxy.asked} == {200}

    def test_what_is_never_shown_does_not_answer(self, proxy: Proxy, target: Target, credentials: Credentials) -> None:
        proxy.shown_every = 60
        hurried = Target(proxy.url, target.kind, target.alias, region="eu-west-1", visible_within=0.3)
        time.sleep(0.2)  # the round of the proxy that is under way
        with (
            OpenSearchWriter(hurried, SOURCE, credentials) as writing,
            pytest.raises(UnavailableError, match="instead"),
        ):
            fill(writing, [(document("a"), "words")])
        with pytest.raises(MisconfiguredError, match="ingest"):
            OpenSearchIndex(hurried, credentials).sources()

    def test_credentials_are_taken_as_they_are_at_each_request(self, proxy: Proxy, target: Target) -> None:
        def now(access: str, left: timedelta) -> dict[str, str]:
            until = (datetime.now(UTC) + left).isoformat()
            return {"access_key": access, "secret_key": SECRETS[access], "token": "session", "expiry_time": until}

        credentials = RefreshableCredentials.create_from_metadata(
            now("AKIAFIRST", timedelta(hours=1)), lambda: now("AKIASECOND", timedelta(hours=1)), "faked"
        )
        with OpenSearchWriter(target, SOURCE, credentials) as writing:
            fill(writing, [(document("a"), "words")])
            setattr(credentials, "_expiry_time", datetime.now(UTC))  # noqa: B010 - botocore has no types
            assert self.found(OpenSearchIndex(target, credentials), "words") == ["a"]
        assert set(proxy.accesses) == {"AKIAFIRST", "AKIASECOND"}


def test_a_wrong_key_says_what_to_allow(opensearch_url: str, index_prefix: str) -> None:
    with serving(Proxy(opensearch_url, Kind.NEXTGEN, secrets=SECRETS)) as serverless:
        target = Target(serverless.url, Kind.NEXTGEN, f"{index_prefix}docs", region="eu-west-1")
        reading = OpenSearchIndex(target, Credentials("AKIAFIRST", "another's"))
        with pytest.raises(MisconfiguredError, match="data access policy"):
            reading.search("words", None, audience=Audience.PUBLIC, limit=1)


def test_a_serverless_target_needs_what_it_cannot_do_without() -> None:
    with pytest.raises(MisconfiguredError, match="region"):
        Target("https://x.aoss.amazonaws.com", Kind.NEXTGEN)
    with pytest.raises(MisconfiguredError, match="faiss"):
        Target("https://x.aoss.amazonaws.com", Kind.CLASSIC, region="eu-west-1", engine=Engine.LUCENE)


def test_the_proxy_refuses_what_serverless_does(opensearch_url: str, index_prefix: str) -> None:
    """The domain's own requests are refused: the rules bite."""
    with serving(Proxy(opensearch_url, Kind.CLASSIC, secrets=SECRETS)) as serverless:
        pretending = Target(serverless.url, Kind.DOMAIN, f"{index_prefix}docs", region="eu-west-1")
        with pytest.raises(MisconfiguredError, match="credentials"):
            OpenSearchWriter(pretending, SOURCE, Credentials("AKIAFIRST", "first"))
        assert "for es" in serverless.refusals[0]
