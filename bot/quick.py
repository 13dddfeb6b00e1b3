"""The parts of a function that must be up at once: AWS without boto3, whose import takes longer than all the rest.

Where the environment has no keys to sign with, as on a laptop that is signed in by SSO, they are made by bot.aws.
"""

import json
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
    """A setting as it is, or what the secret holds that it names. Raises MisconfiguredError, UnavailableError.

    `secret:name#field` is one field of a secret that is JSON, as Secrets Manager's console writes it.
    """
    if not stated.startswith(SECRET):
        return stated
    name, _, field = stated.removeprefix(SECRET).strip().partition("#")
    held = _secret(settings, name)
    return (_field(held, name, field) if field else held).strip()


def _secret(settings: Settings, name: str) -> str:
    found = keys()
    if found is None:
        from bot import aws

        return aws.secret(settings, name)
    from rag_core.backends.plain_aws.calling import Credentials
    from rag_core.backends.plain_aws.secrets import secret

    return secret(name, _region(settings), Credentials(*found), settings.aws_url or None)


def _field(held: str, name: str, field: str) -> str:
    """Nothing of what is held is in an error."""
    try:
        found = json.loads(held).get(field)
    except (ValueError, AttributeError):
        raise MisconfiguredError(f'the secret {name} is not JSON with fields: it reads {{"{field}": "..."}}') from None
    if found is None:
        raise MisconfiguredError(f"the secret {name} has no field {field}: add it")
    return found if isinstance(found, str) else json.dumps(found)


def _region(settings: Settings) -> str:
    if not settings.region:
        raise MisconfiguredError("AWS needs a region: set AWS_REGION or SUPPORTBOT_REGION")
    return settings.region
