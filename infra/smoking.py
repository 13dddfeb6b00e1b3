"""Ask the deployed API one question, as a program would."""

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

QUESTION = "What can you help me with?"
OK, HOPELESS = 200, (401, 403, 500)  # to which waiting makes no difference
OUTCOMES = ("answered", "no_evidence", "unsupported")  # an honest "I don't know" is as good as an answer
WAIT, EVERY = 120.0, 5.0  # seconds: a collection that slept takes up to 30 to come back, a new domain longer
LONGEST = 1_000_000  # bytes of what answers, whoever that is


@dataclass(frozen=True)
class Smoke:
    """What came, for a person."""

    well: bool
    text: str


def smoke(url: str, key: str, *, wait: float = WAIT, every: float = EVERY) -> Smoke:
    until = time.monotonic() + wait
    while True:
        status, found = _asked(url, key)
        if status == OK and found.get("outcome") in OUTCOMES:
            return Smoke(True, f"it answers (outcome {found['outcome']})")
        if status in HOPELESS or time.monotonic() >= until:
            return Smoke(False, f"no answer ({status}, {_said(found)})")
        time.sleep(every)


def _said(found: dict[str, Any]) -> str:
    error = found.get("error")
    return str(error.get("message", "")) if isinstance(error, dict) else str(found.get("message", "nothing said"))


def _asked(url: str, key: str) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{url}/query", json.dumps({"query": QUESTION}).encode(), headers)  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=40) as response:  # noqa: S310
            return response.status, _object(response.read(LONGEST), url)
    except urllib.error.HTTPError as error:
        return error.code, _object(error.read(LONGEST), url)
    except (OSError, HTTPException) as error:
        return 0, {"message": f"{url} cannot be reached ({type(error).__name__})"}


def _object(body: bytes, url: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"message": f"what answers at {url} is not the query API"}
