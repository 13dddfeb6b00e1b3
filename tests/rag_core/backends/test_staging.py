from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest

from rag_core.backends.folder_staging import FolderStaging
from rag_core.backends.s3_staging import Place, S3Staging
from rag_core.calling import Patience
from rag_core.errors import MisconfiguredError
from rag_core.ports import Staging
from tests.contracts.staging import StagingContract
from tests.services.aws import REGION
from tests.services.ports import free_port

QUICK = Patience(first_wait=0.01, longest_wait=0.02)


class TestFolderStaging(StagingContract):
    @pytest.fixture
    def staging(self, tmp_path: Path) -> Staging:
        return FolderStaging(tmp_path / "staged")

    @pytest.fixture
    def unavailable(self, tmp_path: Path) -> Staging:
        (tmp_path / "file").touch()
        return FolderStaging(tmp_path / "file")

    def test_a_reader_finds_one_whole_content(self, staging: Staging) -> None:
        contents = [bytes([number]) * 200_000 for number in range(8)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda content: staging.put("run", "same", content), contents))
            found = list(pool.map(lambda _: staging.get("run", "same"), range(8)))
        assert set(found) <= set(contents)


class TestS3Staging(StagingContract):
    @pytest.fixture
    def staging(self, aws_url: str, monkeypatch: pytest.MonkeyPatch) -> Staging:
        monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")  # of a list's page; on AWS 1,000
        boto3.client("s3").create_bucket(
            Bucket="staging", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        return S3Staging(Place("staging", REGION, aws_url), QUICK)

    @pytest.fixture
    def unavailable(self, aws_url: str) -> Staging:
        return S3Staging(Place("staging", REGION, f"http://127.0.0.1:{free_port()}"), QUICK)

    def test_a_bucket_that_is_not_there_stops_an_operator(self, aws_url: str) -> None:
        with pytest.raises(MisconfiguredError, match="SUPPORTBOT_STAGING_BUCKET"):
            S3Staging(Place("missing", REGION, aws_url), QUICK).put("run", "x", b"")
