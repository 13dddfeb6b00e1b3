"""A bucket on moto's server: what changed is read, and nothing else."""

from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from bot.app import App
from rag_core.backends.s3 import Bucket, BucketSource
from rag_core.calling import Patience
from rag_core.domain import Audience, SourceName
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from rag_core.extracting.reading import MAX_BYTES
from rag_core.ingesting import Ingestion
from rag_core.runs import IngestionRun, SourceItem
from tests.fakes.aws_wire import Body
from tests.making import app
from tests.services.aws import REGION
from tests.services.ports import free_port

NAME = SourceName("handbook")
QUICK = Patience(first_wait=0.01, longest_wait=0.02)


@pytest.fixture
def asked(aws_url: str) -> list[str]:  # noqa: ARG001 - of whose session it is
    """The operations that were sent to S3."""
    seen: list[str] = []
    boto3.setup_default_session()
    assert boto3.DEFAULT_SESSION is not None

    def note(event_name: str, **_: object) -> None:
        seen.append(event_name.rpartition(".")[2])

    boto3.DEFAULT_SESSION.events.register("before-send.s3", note)
    return seen


@pytest.fixture
def s3(aws_url: str, asked: list[str]) -> Any:  # noqa: ARG001 - laid before a client is made
    client = cast(Any, boto3).client("s3", endpoint_url=aws_url, region_name=REGION)
    client.create_bucket(Bucket="docs", CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


def deny(path: str) -> None:
    """Of what a client asks for that is made from now on."""
    assert boto3.DEFAULT_SESSION is not None
    body = b"<Error><Code>AccessDenied</Code><Message>no identity-based policy allows kms:Decrypt</Message></Error>"

    def refuse(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        if not request.url.endswith(path):
            return None
        return AWSResponse(request.url, 403, HTTPHeaders.from_dict({"content-type": "application/xml"}), Body(body))

    boto3.DEFAULT_SESSION.events.register("before-send.s3.GetObject", cast(Any, refuse))


def put(s3: Any, **texts: str) -> None:
    for name, text in texts.items():
        s3.put_object(Bucket="docs", Key=f"{name.replace('__', '/')}.md", Body=text.encode())


def source(url: str, **more: Any) -> BucketSource:
    return BucketSource(NAME, Bucket(**({"name": "docs", "region": REGION, "endpoint_url": url} | more)), QUICK)


def items(url: str, **more: Any) -> dict[str, SourceItem]:
    return {item.name: item for item in source(url, **more).items()}


def ingest(built: App, url: str, audience: Audience = Audience.PUBLIC, **more: Any) -> IngestionRun:
    with built.writer(NAME) as writer:
        return Ingestion(source(url, **more), writer, None, audience=audience).run()


def found(built: App, text: str, audience: Audience = Audience.PUBLIC) -> list[str]:
    return [p.chunk.document.id for p in built._index().search(text, None, audience=audience, limit=9).passages]


class TestWhatChanged:
    def test_what_did_not_change_is_never_read(self, s3: Any, asked: list[str], aws_url: str, tmp_path: Path) -> None:
        built = app(tmp_path)
        put(s3, refunds="Refunds take thirty days.", spf="SPF is a TXT record.", old="Faxes are sent by hand.")
        assert (ingest(built, aws_url).written, asked.count("GetObject")) == (3, 3)
        put(s3, spf="SPF is a paragraph now.", refunds="Refunds take thirty days.")  # the same, put again
        s3.delete_object(Bucket="docs", Key="old.md")
        asked.clear()
        run = ingest(built, aws_url)
        assert (run.written, run.unchanged, run.removed) == (1, 1, 1)
        assert (asked.count("GetObject"), asked.count("ListObjectsV2")) == (1, 1)
        assert (found(built, "paragraph"), found(built, "faxes")) == (["spf"], [])

    def test_a_list_of_several_pages_is_read_to_its_end(
        self, s3: Any, asked: list[str], aws_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")  # on AWS 1,000
        for number in range(25):
            s3.put_object(Bucket="docs", Key=f"{number:04}.md", Body=b"x")
        asked.clear()
        assert len(items(aws_url)) == 25
        assert asked == ["ListObjectsV2"] * 3

    def test_a_bucket_that_lists_nothing_empties_no_index(self, s3: Any, aws_url: str, tmp_path: Path) -> None:
        built = app(tmp_path)
        put(s3, docs__refunds="Refunds take thirty days.")
        ingest(built, aws_url, prefix="docs/")
        with pytest.raises(MisconfiguredError, match="nothing was changed"):
            ingest(built, aws_url, prefix="dosc/")
        assert found(built, "refunds") == ["refunds"]

    def test_an_object_deleted_meanwhile_fails_alone(self, s3: Any, aws_url: str) -> None:
        put(s3, gone="Soon gone.")
        read = source(aws_url)
        (item,) = read.items()
        s3.delete_object(Bucket="docs", Key="gone.md")
        with pytest.raises(RejectedError, match="deleted while"):
            read.read(item)

    def test_one_that_may_not_be_read_fails_alone(self, s3: Any, aws_url: str, tmp_path: Path) -> None:
        built = app(tmp_path)
        put(s3, refunds="Refunds take thirty days.", locked="Of another's key.")
        deny("/locked.md")
        run = ingest(built, aws_url)
        (failure,) = run.failures
        assert (failure.document, run.written) == ("locked.md", 1)
        assert "it may not be read (accessdenied)" in failure.reason
        assert found(built, "refunds") == ["refunds"]

    def test_where_none_may_be_read_nothing_is_changed(self, s3: Any, aws_url: str, tmp_path: Path) -> None:
        put(s3, refunds="Refunds take thirty days.", spf="SPF is a TXT record.")
        deny(".md")
        with pytest.raises(MisconfiguredError, match=r"none of the 2 documents .* let the role s3:GetObject"):
            ingest(app(tmp_path), aws_url)


class TestReaders:
    def test_a_prefix_is_internal_whatever_its_documents_say(self, s3: Any, aws_url: str, tmp_path: Path) -> None:
        built = app(tmp_path)
        put(s3, internal__discounts="---\naudience: public\n---\nDiscounts end at 20 %.", refunds="Refunds take long.")
        ingest(built, aws_url, internal=("internal/",))
        assert found(built, "discounts") == []
        assert found(built, "discounts", Audience.INTERNAL) == ["internal/discounts"]
        assert found(built, "refunds") == ["refunds"]

    @pytest.mark.parametrize("stated", ["hr/internal/", "internal/", "Internal", "/internal/"])
    def test_however_it_is_stated(self, s3: Any, aws_url: str, stated: str) -> None:
        put(s3, hr__internal__pay="Pay.", hr__leave="Leave.")
        listed = items(aws_url, prefix="hr/", internal=(stated,))
        assert {name: item.audience for name, item in listed.items()} == {
            "internal/pay.md": Audience.INTERNAL,
            "leave.md": None,
        }


class TestKeys:
    def test_hostile_ones_are_names_and_nothing_else(self, s3: Any, aws_url: str, tmp_path: Path) -> None:
        keys = ["../../etc/passwd", "a/../b.md", ".git/config.md", "folder/", "a//b.md", "/root.md", "ünï/✓ c#d?.md"]
        keys += ["nul\x01.md", "<script>.md", "x" * 900 + ".md"]
        for key in keys:
            s3.put_object(Bucket="docs", Key=key, Body=b"A text of its own.")
        listed = items(aws_url)
        assert set(listed) == {"a//b.md", "/root.md", "ünï/✓ c#d?.md", "nul\x01.md", "<script>.md", "x" * 900 + ".md"}
        assert listed["ünï/✓ c#d?.md"].url == "s3://docs/%C3%BCn%C3%AF/%E2%9C%93%20c%23d%3F.md"
        run = ingest(app(tmp_path), aws_url)
        assert run.written == 5
        assert [failure.document for failure in run.failures] == ["'nul\\x01.md'"]

    def test_pages_are_published_without_their_ending(self, s3: Any, aws_url: str) -> None:
        s3.put_object(Bucket="docs", Key="a/b c.html", Body=b"x")
        s3.put_object(Bucket="docs", Key="a/plan.PDF", Body=b"x")
        listed = items(aws_url, prefix="a/", base_url="https://help.example/")
        assert listed["b c.html"].url == "https://help.example/b%20c"
        assert (listed["plan.PDF"].url, listed["plan.PDF"].format) == ("https://help.example/plan.PDF", ".pdf")

    def test_one_that_is_too_large_is_not_fetched(self, s3: Any, aws_url: str) -> None:
        s3.put_object(Bucket="docs", Key="huge.md", Body=b"x" * (MAX_BYTES + 1))
        read = source(aws_url)
        (item,) = read.items()
        with pytest.raises(RejectedError, match="larger than 100 MB"):
            read.read(item)


class TestTrouble:
    def test_a_bucket_that_is_not_there_says_what_to_check(self, s3: Any, aws_url: str) -> None:
        with pytest.raises(MisconfiguredError, match=r"bucket nowhere may not be used \(NoSuchBucket\).*s3:ListBucket"):
            items(aws_url, name="nowhere")

    def test_away_it_is_to_be_tried_again(self, s3: Any) -> None:
        with pytest.raises(UnavailableError, match="the bucket docs cannot be reached"):
            items(f"http://127.0.0.1:{free_port()}")

    def test_an_archived_object_is_named(self, s3: Any, aws_url: str) -> None:
        s3.put_object(Bucket="docs", Key="old.md", Body=b"x", StorageClass="GLACIER")
        read = source(aws_url)
        (item,) = read.items()
        with pytest.raises(RejectedError, match="archived"):
            read.read(item)
