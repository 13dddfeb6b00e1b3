"""Open a modal while its trigger lives: three seconds from the click, so before the queue, and without slack_sdk."""

import json
import re
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from rag_core.errors import RejectedError, UnavailableError

API = "https://slack.com/api/"
TIMEOUT = 1.2  # seconds for each of connecting and the answer; Slack and the person wait meanwhile
CODE = re.compile(r"[a-z_]{1,60}", re.ASCII)

TokenOf = Callable[[Mapping[str, Any]], str]


class Opener:
    """Calls views.open; `token_of` gives the token of the workspace that a payload is from."""

    def __init__(self, token_of: TokenOf, url: str = API, *, timeout: float = TIMEOUT) -> None:
        self._token_of, self._timeout = token_of, timeout
        self._address = urlsplit(url)

    def open(self, payload: Mapping[str, Any], view: Mapping[str, Any]) -> None:
        """Raises RejectedError for what Slack refuses, UnavailableError where it cannot be told."""
        asked = {"trigger_id": payload.get("trigger_id"), "view": view}
        answer = self._post(json.dumps(asked).encode(), self._token_of(payload))
        if answer.get("ok") is not True:
            code = str(answer.get("error"))
            raise RejectedError(f"Slack opens no modal: {code if CODE.fullmatch(code) else 'it does not say why'}")

    def _post(self, body: bytes, token: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"}
        connection = self._connection()
        try:
            connection.request("POST", f"{self._address.path.rstrip('/')}/views.open", body, headers)
            answer = json.loads(connection.getresponse().read())
        except (OSError, HTTPException, ValueError) as error:  # ValueError: no JSON, or a token that is no header
            raise UnavailableError(f"Slack cannot be reached ({type(error).__name__})") from error
        finally:
            connection.close()
        if not isinstance(answer, dict):
            raise UnavailableError("Slack sent half an answer")
        return answer

    def _connection(self) -> HTTPConnection:
        kind = HTTPSConnection if self._address.scheme == "https" else HTTPConnection
        return kind(self._address.hostname or "", self._address.port, timeout=self._timeout)
