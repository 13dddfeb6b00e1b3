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

from infra.accounts import Installation

CALLERS, SMOKE = "api_callers", "make deploy"  # the caller who asks the first question
FIELD = re.compile(r"secret:[^#]+#(\w+)")


class Secrets:
    """Those of one installation."""

    def __init__(self, of: Installation) -> None:
        self._of, self._client = of, boto3.client("secretsmanager")
        self._held: dict[str, Any] = json.loads(self._client.get_secret_value(SecretId=of.secret)["SecretString"])

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
        self._client.put_secret_value(SecretId=self._of.secret, SecretString=json.dumps(self._held))
        return key

    @property
    def version(self) -> str:
        return str(self._client.get_secret_value(SecretId=self._of.secret)["VersionId"])
