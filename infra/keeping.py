"""What stays of an installation that is removed, by the names that it has in the template.

CloudFormation makes nothing of a name that is taken, so what was kept is in the way of the next installation of its
stage: that is said before anything is made.
"""

from collections.abc import Callable
from dataclasses import dataclass

import boto3
from botocore.exceptions import ClientError

from infra.accounts import Account, DeployingError, told

ABSENT = {"404", "NoSuchBucket", "ResourceNotFoundException"}


@dataclass(frozen=True)
class Kept:
    """`command` takes it away."""

    what: str
    command: str

    def __str__(self) -> str:
        return f"  {self.what}: {self.command}"


def kept(account: Account, stage: str) -> list[Kept]:
    """Raises DeployingError where it cannot be told."""
    buckets = {
        "the documents": f"supportbot-{stage}-{account.number}-{account.region}",
        "what runs had staged": f"supportbot-{stage}-staging-{account.number}-{account.region}",
    }
    s3, table, secret = boto3.client("s3"), f"supportbot-{stage}", f"supportbot/{stage}"
    found = [
        Kept(what, f"Empty s3://{name} in S3's console, former versions too, then aws s3 rb s3://{name}")
        for what, name in buckets.items()
        if _is_there(name, lambda name: s3.head_bucket(Bucket=name))
    ]
    if _is_there(table, lambda name: boto3.client("dynamodb").describe_table(TableName=name)):
        found.append(Kept("answers and ratings", f"aws dynamodb delete-table --table-name {table}"))
    if _is_there(secret, lambda name: boto3.client("secretsmanager").describe_secret(SecretId=name)):
        command = f"aws secretsmanager delete-secret --secret-id {secret} --force-delete-without-recovery"
        found.append(Kept("the secret", command))
    return found


def make_way(account: Account, stage: str) -> None:
    """Raises DeployingError where a new installation could not be made."""
    if there := kept(account, stage):
        raise DeployingError(
            f"there is no supportbot-{stage} in {account}, but what a former one left has the names that it needs:\n"
            + "\n".join(map(str, there))
            + "\nTake another STAGE, or take these away, if nobody needs them any more; nothing was done"
        )


def _is_there(name: str, ask: Callable[[str], object]) -> bool:
    with told(f"whether {name} is there cannot be told"):
        try:
            ask(name)
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                return False
            raise
    return True
