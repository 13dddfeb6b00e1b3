"""Whether DynamoDB ends what is to end, and SQS puts aside what never succeeds, for the doctor.

Only the doctor asks that, so it is no part of what answers use: their role needs no right to it.
"""

from typing import Any, cast

import msgspec

from bot import aws
from bot.settings import PREFIX, Settings
from rag_core.errors import MisconfiguredError

ATTRIBUTE = "expires"  # as the table's definition has it
ON = ("ENABLED", "ENABLING")


def queue(settings: Settings, name: str) -> str:
    """How many jobs wait in the queue that the setting `name` names. Raises MisconfiguredError."""
    found = aws.queue_attributes(settings, name)
    if "RedrivePolicy" not in found:
        raise MisconfiguredError("the queue has no dead-letter queue: a job that always fails would never end")
    delivered = int(msgspec.json.decode(found["RedrivePolicy"], type=dict[str, Any])["maxReceiveCount"])
    if delivered != settings.deliveries:
        raise MisconfiguredError(
            f"the queue of {PREFIX}{name.upper()} delivers {delivered} times (maxReceiveCount), and "
            f"{PREFIX}DELIVERIES says {settings.deliveries}: nobody would be told of a job that fails for good"
        )
    return f"{found['ApproximateNumberOfMessages']} jobs wait"


def endings(settings: Settings) -> str:
    """What is known of the table's TTL; a role that may not ask is no fault. Raises MisconfiguredError: it is off."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    waits = Config(
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    try:
        asked = cast(Any, boto3).client(
            "dynamodb", region_name=settings.region, endpoint_url=settings.aws_url or None, config=waits
        )
        found = asked.describe_time_to_live(TableName=settings.table)["TimeToLiveDescription"]
    except (ClientError, BotoCoreError) as error:
        why = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        return f"whether items end by themselves is not known ({why}: allow dynamodb:DescribeTimeToLive to see it)"
    if found.get("TimeToLiveStatus") not in ON or found.get("AttributeName") != ATTRIBUTE:
        raise MisconfiguredError(
            f"nothing ends by itself in the table {settings.table}, so questions and answers are kept for ever: switch "
            f"its TTL on, with the attribute '{ATTRIBUTE}'"
        )
    return "items end by themselves"
