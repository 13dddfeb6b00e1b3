"""The first documents of an installation, if they are asked for: a folder into its bucket, or runs of its sources."""

import json
import mimetypes
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError

from infra.accounts import DeployingError, Installation

TEXTS = frozenset({".md", ".markdown", ".html", ".htm", ".txt", ".csv"})  # whose size is that of their text
OTHERS = frozenset({".pdf", ".docx", ".png", ".jpg", ".jpeg", ".tif", ".tiff"})
CHUNK = 1_000  # characters


@dataclass(frozen=True)
class Folder:
    """Documents on this machine. What is hidden, and what no source reads, is none."""

    path: Path

    def __post_init__(self) -> None:
        if not self.path.is_dir():
            raise DeployingError(f"{self.path} is no folder: name one with documents, or leave it out")
        if not self.files:
            raise DeployingError(f"there are no documents in {self.path}: {', '.join(sorted(TEXTS | OTHERS))}")

    @property
    def files(self) -> list[Path]:
        found = (each for each in self.path.rglob("*") if each.is_file() and each.suffix.lower() in TEXTS | OTHERS)
        return sorted(each for each in found if not any(p.startswith(".") for p in each.relative_to(self.path).parts))

    def price(self, asked: Callable[..., str]) -> str:
        """Of reading it once, in words; `asked`: what the command says."""
        texts = [each for each in self.files if each.suffix.lower() in TEXTS]
        chunks = sum(each.stat().st_size for each in texts) // CHUNK + len(texts)
        made = asked("costs", "--estimate", "--json", "--size", "small", "--chunks", str(chunks))
        said = f"{len(self.files)} documents"
        if not made:  # a setting is wrong, which the doctor has told
            return said
        said += f"; to read {len(texts)} of them costs about ${json.loads(made)['sizes'][0]['usd']['once']:.2f}"
        rest = len(self.files) - len(texts)
        return said + (f", and of {rest} the text is not known beforehand" if rest else "")

    def put(self, there: Installation) -> None:
        """Raises DeployingError."""
        client = boto3.client("s3")
        for each in self.files:
            kind = {"ContentType": guessed} if (guessed := mimetypes.guess_type(each.name)[0]) else {}
            key = each.relative_to(self.path).as_posix()
            try:
                client.upload_file(os.fspath(each), there.documents, key, ExtraArgs=kind)
            except (ClientError, S3UploadFailedError, OSError) as error:
                raise DeployingError(f"{key} could not be put into s3://{there.documents}: {error}") from error
