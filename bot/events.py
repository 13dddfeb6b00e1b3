"""What API Gateway hands over, of either payload version, or a function URL: read without trusting its form.

The body's bytes are those that were signed.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from integrations.http import Headers

Event = Mapping[str, Any]


def headers(event: Event) -> Headers:
    """With several values where the event has them; version 2.0 has its cookies apart."""
    found, cookies = event.get("multiValueHeaders") or event.get("headers"), event.get("cookies")
    given = found if isinstance(found, dict) else {}
    stated = {name: value for name, value in given.items() if isinstance(value, str | list)}
    return {**stated, "cookie": "; ".join(map(str, cookies))} if isinstance(cookies, list) else stated


def method(event: Event) -> str:
    http = _about(event).get("http")
    return str((http.get("method") if isinstance(http, dict) else None) or event.get("httpMethod") or "")


def path(event: Event) -> str:
    """Version 2.0 alone puts the stage's name before it, unless that is the default one."""
    raw, stage = str(event.get("rawPath") or ""), f"/{_about(event).get('stage')}"
    return raw.removeprefix(stage) if raw.startswith(f"{stage}/") else raw or str(event.get("path") or "")


def query(event: Event) -> Mapping[str, str]:
    """Of a name that stands twice version 2.0 has both values in one, by a comma."""
    found = event.get("queryStringParameters")
    given = found if isinstance(found, dict) else {}
    return {name: value for name, value in given.items() if isinstance(value, str)}


def body(event: Event) -> bytes:
    """What is no base64 though it should be is no body that was signed either."""
    found = event.get("body")
    if not isinstance(found, str):
        return b""
    if not event.get("isBase64Encoded"):
        return found.encode(errors="replace")
    try:
        return b64decode(found, validate=True)
    except ValueError:
        return b""


def _about(event: Event) -> Mapping[str, Any]:
    found = event.get("requestContext")
    return found if isinstance(found, dict) else {}
