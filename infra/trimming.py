"""Take out of installed distributions what no function of ours reads.

What stays besides code is what a scanner or a lawyer reads: every METADATA, licence and bill of materials.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

# Of AWS's services those that the code calls, and what stands around them; the others are 25 MB of descriptions.
SERVICES = frozenset(
    {
        *("bedrock-agent-runtime", "bedrock-runtime", "textract"),
        *("dynamodb", "elasticache", "opensearch", "opensearchserverless", "s3"),
        *("events", "lambda", "scheduler", "sns", "sqs"),
        *("kms", "secretsmanager", "sso", "sso-oidc", "sts"),
        *("ce", "cloudwatch", "logs"),
    }
)
DATA = (("botocore", "data"), ("boto3", "data"))
FOLDERS = frozenset({"bin", "tests", "__pycache__"})
FILES = frozenset({".lock", "RECORD", "INSTALLER", "REQUESTED", "zip-safe", "examples-1.json"})
SUFFIXES = frozenset({".a", ".c", ".h", ".pxd", ".pxi", ".pyi", ".pyx"})


def trim(folder: Path) -> None:
    for path in [*_services(folder), *_folders(folder)]:
        shutil.rmtree(path, ignore_errors=True)  # it may have gone with the one around it
    for path in folder.rglob("*"):
        if path.is_file() and (path.name in FILES or path.suffix in SUFFIXES):
            path.unlink()


def _services(folder: Path) -> Iterator[Path]:
    """Of those we don't call; the files beside them (partitions, endpoints, retries) are everybody's."""
    for names in DATA:
        data = folder.joinpath(*names)
        if data.is_dir():
            yield from [each for each in data.iterdir() if each.is_dir() and each.name not in SERVICES]


def _folders(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_dir() and each.name in FOLDERS]
