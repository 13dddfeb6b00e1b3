"""Seal what is secret under a key of the operator's: the database alone opens nothing.

Fernet does not bind a text to where it lies, so the place is sealed in with it: in another's place it does not open.
"""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from rag_core.errors import MisconfiguredError

UNFIT = (
    "SUPPORTBOT_SLACK_ENCRYPTION_KEY is wrong: it is 32 random bytes in URL-safe base64, such as the output of "
    "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'; several by commas, "
    "the newest first"
)


class Seal:
    """Closes with the newest key, opens with every one. Raises MisconfiguredError for keys that are none."""

    def __init__(self, keys: str) -> None:
        """`keys`: by commas or blanks, the newest first."""
        try:
            self._keys = [Fernet(key) for key in keys.replace(",", " ").split()]
        except ValueError:
            raise MisconfiguredError(UNFIT) from None  # the cause quotes the key
        if not self._keys:
            raise MisconfiguredError(UNFIT)

    def close(self, place: str, value: Mapping[str, Any]) -> bytes:
        return self._keys[0].encrypt(json.dumps({"place": place, "value": value}).encode())

    def open(self, place: str, sealed: bytes) -> tuple[dict[str, Any], bool]:
        """What was closed for this place, and whether an older key closed it."""
        for number, key in enumerate(self._keys):
            try:
                found = json.loads(key.decrypt(sealed))
            except InvalidToken:
                continue
            if found["place"] != place:
                raise MisconfiguredError(f"what is stored for {place} is another's: install the app there again")
            return found["value"], number > 0
        raise MisconfiguredError(
            f"what is stored for {place} does not open with SUPPORTBOT_SLACK_ENCRYPTION_KEY: add the former key behind "
            "the newest, or install the app there again"
        )
