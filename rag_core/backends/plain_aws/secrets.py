"""A secret of Secrets Manager, without boto3."""

from rag_core.backends.plain_aws.calling import Calls, Credentials, Service
from rag_core.errors import MisconfiguredError

TIMEOUT = 3.0  # seconds


def secret(name: str, region: str, credentials: Credentials, endpoint_url: str | None = None) -> str:
    """Raises MisconfiguredError, UnavailableError."""
    url = endpoint_url or f"https://secretsmanager.{region}.amazonaws.com"
    calls = Calls(Service("Secrets Manager", "secretsmanager", "secretsmanager", "1.1", region, url), credentials)
    try:
        found = calls.call("GetSecretValue", {"SecretId": name}, TIMEOUT).get("SecretString")
    finally:
        calls.close()
    if not isinstance(found, str):
        raise MisconfiguredError(f"the secret {name} holds no text")
    return found
