"""Ask the deployed API one question, as a program would."""

import json
import time
import urllib.error
import urllib.request
from typing import Any

QUESTION = "What can you help me with?"
OK, HOPELESS = 200, (401, 403, 500)  # to which waiting makes no difference
WAIT, EVERY = 120.0, 5.0  # seconds: a collection that slept takes up to 30 to come back, a new domain longer


def smoke(url: str, key: str, *, wait: float = WAIT, every: float = EVERY) -> str:
    """What came, for a person. An honest "I don't know" is as good as an answer; an empty index is no failure."""
    until = time.monotonic() + wait
    while True:
        status, found = _asked(url, key)
        if status == OK:
            return f"smoke question: it answers (outcome {found.get('outcome')})"
        if status in HOPELESS or time.monotonic() >= until:
            return f"smoke question: no answer ({status}, {_said(found)}): are there documents in the bucket yet?"
        time.sleep(every)


def _said(found: dict[str, Any]) -> str:
    error = found.get("error")
    return str(error.get("message", "")) if isinstance(error, dict) else str(found.get("message", "nothing said"))


def _asked(url: str, key: str) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{url}/query", json.dumps({"query": QUESTION}).encode(), headers)  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=40) as response:  # noqa: S310
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        try:
            return error.code, json.load(error)
        except ValueError:
            return error.code, {}
    except OSError as error:
        return 0, {"error": {"message": f"{url} cannot be reached ({type(error).__name__})"}}
