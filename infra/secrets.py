"""The installation's secret: one JSON with a field for each setting that is nobody's to see.

A value is never printed and never an argument of a command.
"""

import json
import re
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import boto3

from infra.accounts import DeployingError, Installation, told

CALLERS, SMOKE = "api_callers", "make deploy"  # the caller who asks the first question
FIELD = re.compile(r"secret:[^#]+#(\w+)")


class Secrets:
    """Those of one installation. Raises DeployingError, here and below."""

    def __init__(self, of: Installation) -> None:
        self._of, self._client = of, boto3.client("secretsmanager")
        with told(f"the secret {of.secret} cannot be read"):
            text = self._client.get_secret_value(SecretId=of.secret)["SecretString"]
        self._held = _object(text, of.secret)

    def missing(self) -> list[str]:
        """Fields that a setting names and that are empty."""
        named = (FIELD.fullmatch(value) for value in self._of.settings().values())
        return sorted({found[1] for found in named if found and found[1] != CALLERS and not self._held.get(found[1])})

    def put(self, values: Mapping[str, str]) -> str:
        """Keep them, and a new key for the first question, which is given; the key before it is good no more."""
        key = secrets.token_urlsafe(32)
        caller = {"name": SMOKE, "key_sha256": [sha256(key.encode()).hexdigest()]}
        others = [each for each in self._held.get(CALLERS, []) if each.get("name") != SMOKE]
        given = {name: value.strip() for name, value in values.items() if value.strip()}
        self._held = {**self._held, **given, CALLERS: [*others, caller]}
        with told(f"the secret {self._of.secret} cannot be written"):
            self._client.put_secret_value(SecretId=self._of.secret, SecretString=json.dumps(self._held))
        return key

    @property
    def version(self) -> str:
        with told(f"the secret {self._of.secret} cannot be read"):
            return str(self._client.get_secret_value(SecretId=self._of.secret)["VersionId"])


def _object(text: str, name: str) -> dict[str, Any]:
    """What a person wrote into it; a wrong one is not quoted."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise DeployingError(f"the secret {name} is no JSON object: mend it in Secrets Manager, and deploy again")
    callers = found.get(CALLERS, [])
    if not isinstance(callers, list) or not all(isinstance(each, dict) for each in callers):
        raise DeployingError(
            f'{CALLERS} of the secret {name} is no list of {{"name": ..., "key_sha256": [...]}} (docs/api.md): mend it '
            "in Secrets Manager, and deploy again"
        )
    return found
