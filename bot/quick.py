"""The parts of a function that must be up at once: AWS without boto3, whose import takes longer than all the rest.

Where the environment has no keys to sign with, as on a laptop that is signed in by SSO, they are made by bot.aws.
"""

from typing import TYPE_CHECKING

from bot.settings import SECRET, Settings, keys
from rag_core.errors import MisconfiguredError

if TYPE_CHECKING:
    from rag_core.ports import JobQueue


def queue(settings: Settings) -> "JobQueue":
    """Of SQS. Raises MisconfiguredError where none is set."""
    if not settings.queue_url:
        raise MisconfiguredError("there is no queue to put events on: set SUPPORTBOT_QUEUE_URL")
    found = keys()
    if found is None:
        from bot import aws

        return aws.queue(settings)
    from rag_core.backends.plain_aws.calling import Credentials
    from rag_core.backends.plain_aws.queue import PlainSqsQueue, Queue

    own = Queue(settings.queue_url, _region(settings), settings.aws_url or None)
    return PlainSqsQueue(own, Credentials(*found))


def revealed(settings: Settings, stated: str) -> str:
    """A setting as it is, or what the secret holds that it names. Raises MisconfiguredError, UnavailableError."""
    if not stated.startswith(SECRET):
        return stated
    found, name = keys(), stated.removeprefix(SECRET).strip()
    if found is None:
        from bot import aws

        return aws.secret(settings, name).strip()
    from rag_core.backends.plain_aws.calling import Credentials
    from rag_core.backends.plain_aws.secrets import secret

    return secret(name, _region(settings), Credentials(*found), settings.aws_url or None).strip()


def _region(settings: Settings) -> str:
    if not settings.region:
        raise MisconfiguredError("AWS needs a region: set AWS_REGION or SUPPORTBOT_REGION")
    return settings.region
